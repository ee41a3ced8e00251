"""Contributions are found by walking a folder, and a malformed one is refused by name."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import netmend
from netmend.core.discover import contributions
from netmend.core.errors import Malformed
from netmend.training.symptoms._base import Symptom

SHAPE = '''"""The shape."""
from dataclasses import dataclass
@dataclass(frozen=True)
class Shape:
    number: int
'''
GOOD = '"""{doc}"""\nfrom {package}._base import Shape\nTHING = Shape({number})\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of contributions, importable under a name of its own; forgotten after the test."""
    package = f"contributions_of_{tmp_path.name}"
    path = tmp_path / package
    path.mkdir()
    (path / "__init__.py").write_text("")
    (path / "_base.py").write_text(SHAPE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield path
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def shape_of(folder):
    return importlib.import_module(f"{folder.name}._base").Shape


def add(folder, name, text=GOOD, doc="What it is.\n\nMore.", number=1):
    (folder / name).write_text(text.format(doc=doc, package=folder.name, number=number))


def found_in(folder):
    return contributions(folder.name, shape_of(folder))


def test_every_file_contributes_one_object_under_its_name_with_hyphens(folder):
    add(folder, "second_thing.py", number=2)
    add(folder, "first.py", number=1)
    found = found_in(folder)
    assert [(name, item.value.number) for name, item in found.items()] == [("first", 1), ("second-thing", 2)]
    assert all(item.name == name for name, item in found.items())


def test_the_docstring_is_the_documentation_and_its_first_line_the_summary(folder):
    add(folder, "thing.py", doc="What it is.\n\n    Indented.")
    thing = found_in(folder)["thing"]
    assert thing.summary == "What it is."
    assert thing.documentation == "What it is.\n\nIndented."


def test_files_that_begin_with_an_underscore_are_the_folder_s_own(folder):
    add(folder, "_private.py")
    add(folder, "thing.py")
    assert list(found_in(folder)) == ["thing"]


def test_an_object_with_a_private_name_does_not_count(folder):
    add(folder, "thing.py", GOOD + "_EXAMPLE = Shape(7)\n")
    assert found_in(folder)["thing"].value.number == 1


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("from {package}._base import Shape\nTHING = Shape(1)\n", "needs a docstring"),
        ('"""   """\nfrom {package}._base import Shape\nTHING = Shape(1)\n', "needs a docstring"),
        ('"""A thing."""\n', "exactly one Shape at module level, found 0"),
        (GOOD + "OTHER = Shape(2)\n", "exactly one Shape at module level, found 2"),
        (GOOD.replace("Shape(", "type('Other', (Shape,), {{}})("), "found 0"),
    ],
    ids=["no docstring", "blank docstring", "nothing", "two", "a subclass"],
)
def test_a_malformed_contribution_is_refused_with_its_file_and_the_rule(folder, text, rule):
    add(folder, "thing.py", text)
    with pytest.raises(Malformed, match=rule) as raised:
        found_in(folder)
    assert raised.value.where == f"{folder / 'thing.py'}:1"


def test_an_empty_folder_is_no_error(folder):
    assert found_in(folder) == {}


def test_every_folder_of_the_package_is_found_whole():
    """Counted a second way: by the names of the files."""
    files = {path.stem for path in (Path(netmend.__file__).parent / "training" / "symptoms").glob("[a-z]*.py")}
    assert {name.replace("-", "_") for name in contributions("netmend.training.symptoms", Symptom)} == files


def test_a_contribution_is_a_frozen_value(folder):
    add(folder, "thing.py")
    thing = found_in(folder)["thing"]
    with pytest.raises(AttributeError):
        thing.name = "other"


@dataclass(frozen=True)
class Stranger:
    """A shape no file has."""


def test_asking_for_another_shape_says_what_was_expected(folder):
    add(folder, "thing.py")
    with pytest.raises(Malformed, match="Stranger"):
        contributions(folder.name, Stranger)
