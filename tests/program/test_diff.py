import json
import random
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from netmend.program.diff import diff_bytes, reading_diff, unified_diff
from netmend.program.edits import Change, SourcePatch
from netmend.program.places import Edit
from netmend.program.source import Program, SourceFile

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

LINES = "".join(f"line{number} = {number}\n" for number in range(30))


def patch_of(program, *changes):
    """A patch out of (file name, text before, text after) triples."""
    patch = SourcePatch(program)
    for name, before, after in changes:
        file = program.file(name)
        at = file.text.index(before)
        edit = Edit(name, at, at + len(before), after)
        patch = patch.with_change(Change("text", file.place(at), "test", before, after, (edit,)))
    return patch


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def check_with_git(tmp_path, program, patch, under="."):
    """Apply with git in a copy, compare with the patched bytes, and take it back."""
    copy = tmp_path / "copy"
    folder = copy / under
    for file in program.files:
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_bytes(file.raw)
    if under != ".":
        git(copy, "init", "--quiet")
    diff = tmp_path / "patch.diff"
    diff.write_bytes(diff_bytes(patch))
    for direction, files in (((), patch.patched_program().files), (("--reverse",), program.files)):
        git(folder, "apply", "--check", *direction, str(diff))
        git(folder, "apply", *direction, str(diff))
        for file in files:
            assert (folder / file.name).read_bytes() == file.raw
    shutil.rmtree(copy)


def written(tmp_path, files):
    for name, raw in files.items():
        path = tmp_path / "program" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return Program.read(tmp_path / "program" / next(iter(files)))


CASES = {
    "lf": ("train.py", LINES.encode()),
    "crlf": ("train.py", LINES.replace("\n", "\r\n").encode()),
    "cr": ("train.py", LINES.replace("\n", "\r").encode()),
    "mixed": ("train.py", LINES.replace("7\n", "7\r\n").encode()),
    "no newline at end": ("train.py", LINES.rstrip().encode()),
    "crlf, no newline at end": ("train.py", LINES.rstrip().replace("\n", "\r\n").encode()),
    "one line": ("train.py", b"line12 = line20 = 29"),
    "latin-1": ("train.py", ("# coding: latin-1\n# \xe9\n" + LINES).encode("latin-1")),
    "gbk": ("train.py", ("# coding: gbk\n# 训练\n" + LINES).encode("gbk")),
    "byte order mark": ("train.py", b"\xef\xbb\xbf" + LINES.encode()),
    "form feed and other separators": ("train.py", ("#\x0c\n#\u2028\x1c\x85\n" + LINES).encode()),
    "spaces": ("my train script.py", LINES.encode()),
    "non-ASCII name": ("trainé 训.py", LINES.encode()),
    "quotes": ('it\'s "quoted".py', LINES.encode()),
    "quotes and non-ASCII": ('"é".py', LINES.encode()),
    "leading dash": ("-train.py", LINES.encode()),
    "tab": ("a\tb.py", LINES.encode()),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("after", ["y = line12", "x = 1\nline12"])
def test_git_applies_and_reverses_the_diff(tmp_path, case, after):
    name, raw = CASES[case]
    program = written(tmp_path, {name: raw})
    check_with_git(tmp_path, program, patch_of(program, (name, "line12", after), (name, "= 29", "= 30")))


def test_git_applies_it_in_a_folder_of_a_repository(tmp_path):
    program = written(tmp_path, {"train.py": LINES.encode()})
    check_with_git(tmp_path, program, patch_of(program, ("train.py", "= 12", "= 13")), under="deep/er folder")


def test_files_of_subfolders_are_in_one_diff(tmp_path):
    files = {
        "train.py": b"import package.model\nrate = 0.1\n",
        "package/__init__.py": b"",
        "package/model.py": b"units = 3\r\n",
    }
    files["package/__init__.py"] = b"# nothing\n"
    program = written(tmp_path, files)
    patch = patch_of(program, ("train.py", "0.1", "0.01"), ("package/model.py", "3", "30"))
    check_with_git(tmp_path, program, patch)
    assert unified_diff(program, patch) == (
        "--- a/train.py\n+++ b/train.py\n@@ -1,2 +1,2 @@\n import package.model\n-rate = 0.1\n+rate = 0.01\n"
        "--- a/package/model.py\n+++ b/package/model.py\n@@ -1 +1 @@\n-units = 3\r\n+units = 30\r\n"
    )


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("dump", [{"indent": 1, "ensure_ascii": False}, {}])
def test_a_notebook_is_patched_through_its_json(tmp_path, dump, end):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": ["a = 'é'\n", "rate = 0.1"]}
    raw = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **dump) + end
    program = written(tmp_path, {"n.ipynb": raw.encode()})
    patch = patch_of(program, ("n.ipynb", "0.1", "0.01\nepochs = 5"))
    check_with_git(tmp_path, program, patch)
    assert unified_diff(program, patch).encode() == diff_bytes(patch)


def test_the_text_is_readable_where_the_bytes_are_not_utf8(tmp_path):
    program = written(tmp_path, {"é.py": "# coding: latin-1\nname = 'é'; rate = 0.1\n".encode("latin-1")})
    patch = patch_of(program, ("é.py", "0.1", "0.01"))
    assert "--- a/é.py\n" in unified_diff(program, patch)
    assert "+name = 'é'; rate = 0.01\n" in unified_diff(program, patch)
    assert b"+name = '\xe9'; rate = 0.01\n" in diff_bytes(patch)


def test_the_empty_patch_has_an_empty_diff():
    program = Program.from_text(LINES)
    assert unified_diff(program, SourcePatch(program)) == ""


def test_random_patches_of_standard_library_files_apply(tmp_path):
    choose = random.Random(3)
    for path in choose.sample(sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")), 8):
        program = Program(Path(), (SourceFile.from_bytes(path.name, path.read_bytes()),))
        text = program.main.text
        lines = [at + 1 for at, character in enumerate(text) if character == "\n"][:-1]
        edits = tuple(Edit(path.name, at, at, f"# {at}\n") for at in choose.sample(lines, min(3, len(lines))))
        change = Change("comment", program.main.place(0), path.name, "", "", edits)
        check_with_git(tmp_path, program, SourcePatch(program, (change,)))


def test_a_notebook_is_read_as_the_code_of_its_cells():
    cells = [{"cell_type": "code", "metadata": {}, "source": text} for text in ("rate = 1\n", "print(rate)")]
    raw = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    book, script = Program(Path(), (SourceFile.from_bytes("n.ipynb", raw),)), Program.from_text("rate = 1\n", "n.py")
    patch = patch_of(book, ("n.ipynb", "rate = 1", "rate = 2"))
    assert reading_diff(book, patch).splitlines()[:5] == [
        "--- a/n.ipynb",
        "+++ b/n.ipynb",
        "@@ -1,5 +1,5 @@",
        " # %% code cell 1",
        "-rate = 1",
    ]
    assert reading_diff(script, patch_of(script, ("n.py", "1", "2"))) == ""
