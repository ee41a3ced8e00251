"""The tests mirror the house, every file says what it is, and no file has outgrown its subject."""

import ast
from pathlib import Path

import pytest

import netmend

ROOT = Path(netmend.__file__).parent
TESTS = Path(__file__).parents[1]
FILES = [path for path in sorted(ROOT.rglob("*.py")) if path.name != "__init__.py"]

# Contributions are tested by the conformance test of their folder, over everything found there.
BY_CONFORMANCE = {
    "training/symptoms": "conformance/test_symptoms.py",
    "program/lint": "conformance/test_lint.py",
    "repairs/program/operators": "conformance/test_operators.py",
    "mutation/operators": "conformance/test_mutation_operators.py",
    "network/ops": "conformance/test_ops.py",
    "convert/converters": "conformance/test_converters.py",
    "convert/rewrites": "conformance/test_rewrites.py",
    "repairs/conversion/faults": "conformance/test_faults.py",
}
# Nothing here can be wrong by itself: fields without behaviour, which the tests of those who fill and read them hold.
ONLY_VALUES = {
    "core/records.py": "the values that flow through every repair",
    "core/exhibits.py": "what a report shows; filled by the repairs, rendered by the report",
    "repairs/conversion/evidence.py": "what a trial showed; filled and judged by the repairer",
    "repairs/conversion/subject.py": "what is repaired and what must hold; read by those who examine and judge it",
    "repairs/weights/subject.py": "what is repaired and by what it is judged; read by those who repair and check it",
    "training/subject.py": "what is repaired and what it must reach; read by those who run and judge it",
    "program/blame.py": "what rules and symptoms point to; checked over all of them by their conformance tests",
}
LONGEST = 400


def every(files):
    return pytest.mark.parametrize("path", files, ids=lambda path: path.relative_to(ROOT).as_posix())


@every(FILES)
def test_a_source_file_has_its_test_file(path):
    relative = path.relative_to(ROOT)
    folder = relative.parent.as_posix()
    if folder in BY_CONFORMANCE:
        assert (TESTS / BY_CONFORMANCE[folder]).is_file()
        return
    if relative.name.startswith("_") or relative.as_posix() in ONLY_VALUES:
        return
    expected = TESTS / relative.parent / f"test_{relative.name}"
    assert expected.is_file(), f"{relative} has no {expected.relative_to(TESTS)}"


@every([ROOT / name for name in ONLY_VALUES])
def test_a_file_that_only_defines_values_has_no_behaviour(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Lambda), f"{path.name}:{node.lineno} computes something: it needs a test file"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert not body, f"{path.name}:{node.lineno} {node.name} does something: it needs a test file"


@every(FILES)
def test_a_file_says_what_it_is_in_one_sentence(path):
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n\n")[0]
    assert first.rstrip()[-1:] in tuple(".:?"), f"{path.relative_to(ROOT)}: {first!r}"


@every(FILES)
def test_a_file_is_short_enough_to_read(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_a_folder_of_tests_tests_a_room_that_there_is():
    """Tests of a room that has moved or gone would look like coverage."""
    beside = {"architecture", "conformance", "end_to_end"}
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    rooms = {folder for folder in folders if (ROOT / folder).is_dir() or (ROOT.parent / folder).is_dir()}
    assert not {folder.as_posix() for folder in folders - rooms} - beside
