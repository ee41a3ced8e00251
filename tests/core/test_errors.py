"""The tree that is drawn is the tree that there is, and every status is the documented one."""

import re
from pathlib import Path

import pytest

from netmend.core import errors
from netmend.core.errors import NetmendError

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
STATUSES = Path(__file__).parents[2] / "docs" / "exit-status.md"


def drawn():
    """Each class in the drawing with its parent, read off the indentation."""
    above, parents = [], {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│ ├└─]*)([A-Z]\w+)", line)
        if match and line.startswith("    "):
            depth = len(match[1]) // 4
            above[depth:] = [match[2]]
            parents[match[2]] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    assert drawn() == {each.__name__: each.__base__.__name__ for each in CLASSES}


def test_an_error_says_what_where_and_what_to_do_one_line_each():
    error = NetmendError("it broke", where="train.py:3", hint="mend it")
    assert str(error) == "it broke\ntrain.py:3\nmend it"
    assert (error.what, error.where, error.hint) == ("it broke", "train.py:3", "mend it")


@pytest.mark.parametrize(("where", "hint", "text"), [("", "", "a"), ("", "c", "a\nc"), ("b", "", "a\nb")])
def test_what_is_empty_takes_no_line(where, hint, text):
    assert str(NetmendError("a", where=where, hint=hint)) == text


def documented():
    return {int(number) for number in re.findall(r"^\| (\d+) \|", STATUSES.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_status_is_documented(kind):
    assert kind.status in documented()


def test_errors_that_a_user_sees_do_not_share_a_status_with_success_or_a_bug():
    seen = [errors.UsageError, errors.SubjectError, errors.ControlFailed, errors.EnvironmentFault]
    assert len({kind.status for kind in seen} | {0, 1, 70, 130}) == len(seen) + 4
    for kind in CLASSES:
        family = next((other for other in seen if issubclass(kind, other)), NetmendError)
        assert kind.status == family.status
