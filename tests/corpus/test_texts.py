import ast
import json

from netmend.corpus.texts import read


def said(raw, name="x.py"):
    text = read(raw.encode() if isinstance(raw, str) else raw, name)
    return None if text is None else (ast.unparse(text.tree), text.left_out)


def notebook(*cells, **content):
    made = [{"cell_type": kind, "source": source} for kind, source in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": made, **content})


def test_a_program_of_today_is_read_as_it_is():
    assert said("x = 1\nprint(x)\n") == ("x = 1\nprint(x)", 0)


def test_what_python_2_wrote_otherwise_is_read():
    old = (
        "print 'epoch', x\n"
        "if x: print x, y,\n"
        "print ('%d of %d') % (1, 2)\n"
        "print >>log, x\n"
        "print\n"
        "try:\n    pass\nexcept IOError, error:\n    raise ValueError, 'bad'\n"
        "a = 10L + 017\n"
        "b = 0.05 if a <> 3 else 1e05\n"
        "c = ur'x'\n"
    )
    text, left_out = said(old)
    assert left_out == 0
    assert "print('epoch', x)" in text
    assert "print(x, y)" in text
    assert "print('%d of %d' % (1, 2))" in text
    assert "print(x)" in text
    assert "except IOError as error" in text
    assert "raise ValueError('bad')" in text
    assert "a = 10 + 17" in text
    assert "b = 0.05 if a != 3 else 100000.0" in text


def test_a_line_that_nothing_can_read_is_left_out_and_counted():
    assert said("x = 1\ny = = 2\nz = 3\n") == ("x = 1\npass\nz = 3", 1)


def test_a_text_that_is_no_program_is_not_read():
    assert said("\n".join(f"this is line {n} of a letter" for n in range(30))) is None
    assert said("{}", "x.ipynb") is None
    assert said("not json", "x.ipynb") is None


def test_bytes_of_no_known_encoding_are_read_as_far_as_they_go():
    text, _ = said("# caf\xe9\nx = 1\n".encode("latin-1"))
    assert text == "x = 1"


def test_the_code_cells_of_a_notebook_are_one_program_without_magics():
    raw = notebook(("markdown", "# y = 1"), ("code", ["%matplotlib inline\n", "x = 1\n"]), ("code", "!pip list\nz = x"))
    text, left_out = said(raw, "x.ipynb")
    assert [line for line in text.splitlines() if line != "pass"] == ["x = 1", "z = x"]
    assert left_out == 0


def test_notebooks_of_format_3_are_read_too():
    sheet = {"cells": [{"cell_type": "code", "input": ["x = 1\n", "print x"], "language": "python"}]}
    text, _ = said(json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [sheet]}), "x.ipynb")
    assert text == "x = 1\nprint(x)"


def test_a_cell_that_is_no_python_takes_nothing_else_with_it():
    letter = "\n".join(f"this is line {n}" for n in range(9))
    text, left_out = said(notebook(("code", "x = 1"), ("code", letter), ("code", "z = 2")), "x.ipynb")
    assert text == "x = 1\nz = 2"
    assert left_out == 1
