"""The tests mirror the house, every file says what it is, and no file has outgrown its subject."""

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
}
LONGEST = 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_source_file_has_its_test_file(path):
    relative = path.relative_to(ROOT)
    folder = relative.parent.as_posix()
    if folder in BY_CONFORMANCE:
        assert (TESTS / BY_CONFORMANCE[folder]).is_file()
        return
    if relative.name.startswith("_"):
        return
    expected = TESTS / relative.parent / f"test_{relative.name}"
    assert expected.is_file(), f"{relative} has no {expected.relative_to(TESTS)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_short_enough_to_read(path):
    if path.parent.name == "probes":
        return  # self-contained by contract: they cannot be divided
    assert len(path.read_text().splitlines()) <= LONGEST
