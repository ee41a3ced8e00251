import sys

import pytest

from netmend.training.probes.outcome import ended, text


def exits(code):
    return lambda: sys.exit(code)


def test_a_script_that_comes_to_its_end_has_finished():
    assert ended(lambda: None, "/folder") == {"status": "finished", "exit": 0}


@pytest.mark.parametrize(
    ("code", "expected"), [(None, 0), (0, 0), (3, 3), (256, 0), (-1, 255), ("no data", 1), ([], 1)]
)
def test_a_script_exits_as_under_the_interpreter(code, expected, capfd):
    found = ended(exits(code), "/folder")
    assert (found["status"], found["exit"]) == ("exit", expected)
    assert capfd.readouterr().err == ("" if expected != 1 else f"{code}\n")


@pytest.fixture
def script(tmp_path):
    """Runs a text as the script of a folder does."""

    def run(source, name="train.py"):
        path = tmp_path / name
        return ended(lambda: exec(compile(source, str(path), "exec"), {}), str(tmp_path))

    return run


def test_an_exception_is_told_with_its_place_and_the_traceback_without_frames_of_ours(script, capfd):
    found = script("import json\n\njson.loads('{')\n")
    assert (found["type"], found["exit"]) == ("JSONDecodeError", 1)
    assert found["mro"][:2] == ["JSONDecodeError", "ValueError"] and found["message"].startswith("Expecting property")
    assert (found["file"], found["line"]) == ("train.py", 3)
    shown = capfd.readouterr().err
    assert "train.py" in shown and "/outcome.py" not in shown


def test_a_notebook_is_named_by_its_own_name(script):
    assert script("a = 1\nb\n", "book.ipynb.py")["file"] == "book.ipynb"


def test_a_syntax_error_is_placed_where_it_stands(script):
    found = script("a = 1\nb = = 2\n")
    assert (found["type"], found["file"], found["line"]) == ("SyntaxError", "train.py", 2)


def test_a_full_disk_and_a_missing_package_are_told_apart_from_faults(script):
    assert script("raise OSError(28, 'No space left')")["errno"] == 28
    assert script("import there_is_no_such_package")["missing"] == "there_is_no_such_package"
    assert "missing" not in script("import json.there_is_no_such_module")


def test_a_message_that_cannot_be_shown_is_no_second_error():
    class Silent(Exception):
        def __str__(self):
            raise ValueError

    assert text(Silent()) == "(its message cannot be shown)"
    assert len(text(ValueError("x" * 10_000))) == 2000


@pytest.mark.torch
def test_an_embedding_that_lacks_a_row_tells_which_in_the_first_line_of_the_message(script):
    found = script("import torch\ntorch.nn.Embedding(5, 2)(torch.tensor([7]))\n")
    assert found["message"].splitlines()[0].endswith("in self: an embedding of 5 rows was asked for row 7")
    assert script("[][1]")["message"] == "list index out of range"
