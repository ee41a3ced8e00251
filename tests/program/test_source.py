import ast
import random
import sysconfig
import tokenize
from itertools import pairwise
from pathlib import Path

import pytest

from netmend.core.errors import SourceError, Unchangeable
from netmend.program.places import Edit, Place
from netmend.program.source import Program, SourceFile, spliced


def numbers(file: SourceFile) -> list[ast.Constant]:
    constants = (node for node in ast.walk(file.tree) if isinstance(node, ast.Constant) and type(node.value) is int)
    # A number inside an f-string has no reliable position before Python 3.12.
    return [node for node in constants if file.text[slice(*file.span(node))].isdigit()]


def test_spans_point_at_the_text_whatever_stands_before():
    text = "# ü\u2028\x0c\na = 'ß\x1c', 12; b = 34\r\n\x0cc = 56\rd = '\U0001f600', 78"
    file = SourceFile("f.py", text, text.encode())
    assert [text[slice(*file.span(node))] for node in sorted(numbers(file), key=file.span)] == ["12", "34", "56", "78"]


def test_places_count_lines_and_columns_from_one():
    file = SourceFile("f.py", "a = 1\r\nbé = 22\n", b"")
    assert file.place(0) == Place("f.py", 1, 1)
    assert file.place(file.text.index("22")) == Place("f.py", 2, 6)
    assert file.place(len(file.text)) == Place("f.py", 3, 1)


def test_offsets_agree_with_the_tokenizer_on_standard_library_files():
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    for path in random.Random(1).sample(files, 10):
        file = SourceFile.from_bytes(path.name, path.read_bytes())
        lines = file.text.splitlines(keepends=True)
        with tokenize.open(path) as stream:
            for token in tokenize.generate_tokens(stream.readline):
                if token.type == tokenize.NAME:
                    line, column = token.start
                    offset = sum(map(len, lines[: line - 1])) + column
                    assert file.offset(line, len(lines[line - 1][:column].encode())) == offset
                    assert file.place(offset) == Place(path.name, line, column + 1)
                    break


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_random_edits_change_no_other_byte(end, encoding):
    random_numbers = random.Random(f"{end}{encoding}")
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    tried = 0
    for path in random_numbers.sample(files, 12):
        text = f"# coding: {encoding}\n# é\n" + path.read_bytes().decode(errors="replace")
        raw = text.encode(encoding, "replace").replace(b"\r\n", b"\n").replace(b"\n", end.encode())
        file = SourceFile.from_bytes(path.name, raw)
        found = numbers(file)
        if not found:
            continue
        chosen = random_numbers.sample(found, min(5, len(found)))
        edits = tuple(Edit(path.name, *file.span(node), f"12{index}") for index, node in enumerate(chosen))
        patched = file.patched(edits)
        # The slow and obvious way: cut the bytes at the edits.
        expected = raw
        for edit in sorted(edits, reverse=True):
            start, stop = (len(file.text[:offset].encode(encoding)) for offset in (edit.start, edit.end))
            expected = expected[:start] + edit.text.encode() + expected[stop:]
        assert patched.raw == expected
        values = {id(node): int(edit.text) for node, edit in zip(chosen, edits, strict=True)}
        for node in ast.walk(file.tree):
            if id(node) in values:
                node.value = values[id(node)]
        assert ast.dump(file.tree) == ast.dump(patched.tree)
        tried += 1
    assert tried >= 5


def test_an_inserted_line_takes_the_line_end_of_its_neighbour():
    raw = b"a = 1\r\nb = 2\nc = 3"
    file = SourceFile.from_bytes("f.py", raw)
    assert file.patched((Edit("f.py", 0, 0, "x = 0\n"),)).raw == b"x = 0\r\n" + raw
    assert file.patched((Edit("f.py", 7, 7, "x = 0\n"),)).raw == b"a = 1\r\nx = 0\nb = 2\nc = 3"
    assert file.patched((Edit("f.py", len(raw), len(raw), "\nx = 0"),)).raw == raw + b"\nx = 0"


def test_insertions_at_one_place_have_one_order_and_repeated_edits_are_made_once():
    edits = (Edit("f", 1, 1, "b"), Edit("f", 1, 2, "X"), Edit("f", 1, 1, "a"), Edit("f", 1, 1, "b"))
    assert spliced("0123", edits) == spliced("0123", edits[::-1]) == "0abX23"


@pytest.mark.parametrize(
    "edits",
    [
        (Edit("f", 1, 3, "x"), Edit("f", 2, 4, "y")),
        (Edit("f", 1, 3, "x"), Edit("f", 1, 3, "y")),
        (Edit("f", 1, 4, "x"), Edit("f", 2, 2, "y")),
        (Edit("f", 3, 5, "x"),),
        (Edit("f", 3, 2, "x"),),
        (Edit("f", -1, 2, "x"),),
    ],
)
def test_edits_that_overlap_or_lie_outside_are_refused(edits):
    with pytest.raises(Unchangeable):
        spliced("0123", edits)


def test_an_edit_that_does_not_compile_is_unchangeable():
    program = Program.from_text("f(a=1)\n")
    with pytest.raises(Unchangeable, match="does not compile"):
        program.patched((Edit("train.py", 5, 5, ", a=2"),))


def test_an_edit_the_encoding_cannot_write_is_unchangeable():
    file = SourceFile.from_bytes("f.py", b"# coding: ascii\nx = 'a'\n")
    with pytest.raises(Unchangeable, match="ascii cannot write 'é'"):
        file.patched((Edit("f.py", 21, 22, "é"),))


def test_a_patch_of_an_unknown_file_is_unchangeable():
    with pytest.raises(Unchangeable, match="no such file"):
        Program.from_text("x = 1\n").patched((Edit("other.py", 0, 0, "y = 1\n"),))


def test_byte_order_mark_is_no_text_and_is_kept():
    file = SourceFile.from_bytes("f.py", b"\xef\xbb\xbfx = 1\n")
    assert file.text == "x = 1\n"
    assert file.patched((Edit("f.py", 4, 5, "2"),)).raw == b"\xef\xbb\xbfx = 2\n"


def test_digest_follows_names_and_bytes():
    one = Program.from_text("x = 1\n")
    assert one.digest == Program.from_text("x = 1\n").digest
    assert one.digest != Program.from_text("x = 2\n").digest
    assert one.digest != Program.from_text("x = 1\n", "other.py").digest


def test_read_finds_main_and_its_folder(tmp_path):
    path = tmp_path / "ein Programm 'é'.py"
    path.write_text("x = 1\n")
    program = Program.read(path)
    assert program.folder == tmp_path.resolve()
    assert program.main is program.file("ein Programm 'é'.py")


def test_a_broken_local_module_is_named(tmp_path):
    (tmp_path / "train.py").write_text("import model\n")
    (tmp_path / "model.py").write_text("def f(:\n")
    with pytest.raises(SourceError, match=r"model\.py:1:"):
        Program.read(tmp_path / "train.py")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_inverse_of_random_edits_gives_the_original_back(end):
    chance = random.Random(7)
    program = Program.from_text(f"a = 1{end}b = [2, 3]{end}c = (4 + 5) * 6{end}" * 5)
    for _ in range(100):
        edits = []
        for node in chance.sample(numbers(program.main), 4):
            start, stop = program.main.span(node)
            edits.append(Edit("train.py", start, stop, chance.choice(["7", "(8\n)", "90"])))
            edits += [Edit("train.py", stop, stop, "  ")] if chance.random() < 0.5 else []
        edits.append(Edit("train.py", 0, 0, "import os\n"))
        back = program.inverse(tuple(edits))
        assert program.patched(tuple(edits)).patched(back) == program
        assert all(later.start > earlier.end for earlier, later in pairwise(back))
