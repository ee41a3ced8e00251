import json
import random

import pytest

from netmend.core.errors import SourceError, Unchangeable
from netmend.program.notebook import Notebook
from netmend.program.places import Edit
from netmend.program.source import SourceFile

CELLS = [
    "%matplotlib inline\nimport numpy as np\n",
    "rate = 0.1\nname = 'Grüße \U0001f600 \\n\t\"'\nepochs = 5",
    "",
    "%%bash\nls\n",
    "%%time\nfor epoch in range(epochs):\n    !ls\n    x = epoch\n",
]


def notebook(cells=CELLS, as_list=True, **dump):
    def source(text):
        return text.splitlines(keepends=True) if as_list else text

    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}, "source": ["no cell"]},
        "cells": [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": source("# Title\nrate = 0.1\n")}]
        + [
            {"outputs": [{"source": "x"}], "cell_type": "code", "id": str(n), "metadata": {}, "source": source(text)}
            for n, text in enumerate(cells)
        ],
    }
    return json.dumps(content, **dump).encode() + b"\n"


LAYOUTS = [
    {"indent": 1, "ensure_ascii": False},
    {"indent": 4},
    {"separators": (",", ":")},
    {"as_list": False, "indent": "\t"},
    {"as_list": False, "ensure_ascii": False},
]


def sources(raw):
    return ["".join(cell["source"]) for cell in json.loads(raw)["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_code_cells_make_one_script(layout):
    book = Notebook.read(notebook(**layout), "n.ipynb")
    assert book.text == (
        "# %% code cell 1\n# %matplotlib inline\nimport numpy as np\n\n"
        "# %% code cell 2\nrate = 0.1\nname = 'Grüße \U0001f600 \\n\t\"'\nepochs = 5\n"
        "# %% code cell 3\n\n"
        "# %% code cell 4\n# %%bash\n# ls\n\n"
        "# %% code cell 5\n# %%time\nfor epoch in range(epochs):\n    pass  # !ls\n    x = epoch\n\n"
    )
    assert book.notes == (
        "code cell 1, line 1 is not Python and is left out: %matplotlib inline",
        "code cell 4, line 1 is not Python and is left out: %%bash",
        "code cell 5, line 1 is not Python and is left out: %%time",
        "code cell 5, line 3 is not Python and is left out: !ls",
    )
    assert book.locate(book.text[: book.text.index("epochs")].count("\n") + 1) == "n.ipynb, code cell 2, line 3"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_changed_number_changes_its_own_bytes_only(layout):
    raw = notebook(**layout)
    file = SourceFile.from_bytes("n.ipynb", raw)
    start = file.text.index("0.1")
    patched = file.patched((Edit("n.ipynb", start, start + 3, "0.01"),))
    # The first "rate = 0.1" is in the markdown cell, the second in the code cell.
    head, markdown, tail = raw.partition(b"rate = 0.1")
    assert patched.raw == head + markdown + tail.replace(b"rate = 0.1", b"rate = 0.01", 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_random_edits_do_in_the_cells_what_they_do_in_the_script(layout):
    choose = random.Random(str(layout))
    raw = notebook(cells=['ab\n"cé"\n\\d\n\U0001f600e', "fgh\n\nij\n"], **layout)
    book = Notebook.read(raw, "n.ipynb")
    for _ in range(300):
        cell = choose.choice(sources(raw))
        first = book.text.index(cell)
        start, end = sorted(choose.choices(range(len(cell) + 1), k=2))
        text = "".join(choose.choices(["x", "\n", "é", '"', "\\", "\\n", ""], k=choose.randrange(5)))
        patched = book.patched((Edit("n.ipynb", first + start, first + end, text),))
        expected = [cell[:start] + text + cell[end:] if other == cell else other for other in sources(raw)]
        assert sources(patched) == expected
        before, after = json.loads(raw), json.loads(patched)
        for content in (before, after):
            for other in content["cells"]:
                del other["source"]
        assert before == after


@pytest.mark.parametrize("layout", LAYOUTS[:3])
def test_lists_keep_one_line_per_string(layout):
    file = SourceFile.from_bytes("n.ipynb", notebook(cells=["a = 1\nb = 2\nc = 3"], **layout))
    at = file.text.index("b = 2")
    end = file.text.index("c = 3") + 5
    edits = {
        "a = 1\nx = 0\ny = 0\nb = 2\nc = 3": Edit("n.ipynb", at, at, "x = 0\ny = 0\n"),
        "a = 1\nc = 3": Edit("n.ipynb", at, at + 6, ""),
        "a = 1\nx = 0\nc = 3": Edit("n.ipynb", at, at + 6, "x = 0\n"),
        "a = 1\nb = 2; c = 3": Edit("n.ipynb", at + 5, at + 6, "; "),
        "a = 1\nb = 2\nc = 3\nx = 0\n": Edit("n.ipynb", end, end, "\nx = 0\n"),
        "a = (\n    1)\nb = 2\nc = 3": Edit("n.ipynb", at - 2, at - 1, "(\n    1)"),
        "a = 1\nx = (0,\n9)\nc = 3": Edit("n.ipynb", at, at + 5, "x = (0,\n9)"),
        "q = 2\nc = 3": Edit("n.ipynb", at - 6, at + 1, "q"),
    }
    for expected, edit in edits.items():
        raw = file.patched((edit,)).raw
        assert json.loads(raw)["cells"][1]["source"] == expected.splitlines(keepends=True)
    both = (edits["a = 1\nx = 0\ny = 0\nb = 2\nc = 3"], edits["a = 1\nx = 0\nc = 3"])
    assert json.loads(file.patched(both).raw)["cells"][1]["source"] == [
        "a = 1\n", "x = 0\n", "y = 0\n", "x = 0\n", "c = 3",
    ]  # fmt: skip


def test_a_list_of_one_line_grows_in_its_own_style():
    raw = notebook(cells=["a = 1"], indent=1)
    file = SourceFile.from_bytes("n.ipynb", raw)
    at = file.text.index("a = 1") + 5
    assert file.patched((Edit("n.ipynb", at, at, "\nb = 2"),)).raw == notebook(cells=["a = 1\nb = 2"], indent=1)


@pytest.mark.parametrize("phrase", ["# %matplotlib", "code cell 2", "# ls", "pass  # !ls"])
def test_what_is_not_code_of_a_cell_cannot_be_edited(phrase):
    file = SourceFile.from_bytes("n.ipynb", notebook())
    start = file.text.index(phrase)
    with pytest.raises(Unchangeable, match="not the code of one cell"):
        file.patched((Edit("n.ipynb", start, start + len(phrase), ""),))


def test_an_edit_across_cells_is_refused():
    file = SourceFile.from_bytes("n.ipynb", notebook())
    start, end = file.text.index("as np"), file.text.index("0.1")
    with pytest.raises(Unchangeable, match="not the code of one cell"):
        file.patched((Edit("n.ipynb", start, end, "as np\nrate = "),))


def test_byte_order_mark_and_line_ends_of_the_document_stay():
    raw = b"\xef\xbb\xbf" + notebook(indent=1).replace(b"\n", b"\r\n")
    file = SourceFile.from_bytes("n.ipynb", raw)
    start = file.text.index("5\n")
    patched = file.patched((Edit("n.ipynb", start, start + 1, "50"),))
    assert patched.raw == raw.replace(b"epochs = 5", b"epochs = 50")


def test_the_last_of_repeated_keys_counts_as_in_json():
    raw = notebook(cells=["a = 1"]).replace(b'"source": ["a = 1"]', b'"source": ["b"], "source": ["a = 1"]')
    file = SourceFile.from_bytes("n.ipynb", raw)
    at = file.text.index("a = 1") + 4
    assert file.patched((Edit("n.ipynb", at, at + 1, "2"),)).raw == raw.replace(b"a = 1", b"a = 2")


@pytest.mark.parametrize(
    ("raw", "phrase"),
    [
        (b"", "not JSON"),
        (b'{"cells": [', r"not JSON.*\n?n.ipynb:1:12"),
        (b"[1, 2]", "no notebook"),
        (b"\xff\xfe", "utf-8"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [{}]}', "cell 1 has no type"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "source of cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', "source of cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [" \\n"]}]}', "no code"),
        (b'{"nbformat": 4, "cells": [], "metadata": {"language_info": {"name": "R"}}}', "language is R"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_what_is_no_python_notebook_is_named(raw, phrase):
    with pytest.raises(SourceError, match=phrase):
        Notebook.read(raw, "n.ipynb")


def test_a_syntax_error_in_a_cell_is_shown_with_its_line():
    with pytest.raises(SourceError, match=r"n.ipynb, code cell 2, line 2:5\n    x = \(1\n"):
        SourceFile.from_bytes("n.ipynb", notebook(cells=["a = 1\n", "\nx = (1\n"]))
