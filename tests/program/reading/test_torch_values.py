from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.reading.torch_program import reading_of
from netmend.program.reading.torch_values import argument_element, numeric, write_number
from netmend.program.source import Program


def changed(text: str, value: Value) -> tuple[Value, bool, str]:
    """The value of the argument `lr` of the last call of f, whether it is absent, and the text with another value."""
    program = Program.from_text(text)
    reading = reading_of(program)
    call = [each for each in reading.bindings.calls if each.site.text.startswith("f(")][-1]
    element = argument_element(reading, "learning-rate", call, "lr", 1, 0.5, "f")
    return element.value, element.absent, program.patched(write_number(element, value)).main.text


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("f(p, 0.1)", 0.1, "f(p, 0.01)"),
        ("f(p, lr=1e-1)", 0.1, "f(p, lr=0.01)"),
        ("LR = 0.1\nf(p, lr=LR)", 0.1, "LR = 0.01\nf(p, lr=LR)"),
        ("f(p, lr=0.1 * 2)", 0.2, "f(p, lr=0.01)"),
        ("c = {'lr': 0.1}\nf(p, **c)", 0.1, "c = {'lr': 0.01}\nf(p, **c)"),
        ("def g(lr=0.1):\n    f(p, lr=lr)\ng()", 0.1, "def g(lr=0.01):\n    f(p, lr=lr)\ng()"),
        ("f(p, lr=compute())", None, "f(p, lr=0.01)"),
        ("f(p, lr='fast')", None, "f(p, lr=0.01)"),
    ],
)
def test_a_written_value_is_changed_where_it_is_written(text: str, value: Value, after: str) -> None:
    assert changed(text, 0.01) == (value, False, after)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("f(p)", "f(p, lr=1e-5)"),
        ("f(\n    p,\n)", "f(\n    p,\n    lr=1e-5,\n)"),
        ("c = {'eps': 1}\nf(p, **c)", "c = {'eps': 1}\nf(p, **c, lr=1e-5)"),
    ],
)
def test_an_absent_value_has_the_default_and_is_added(text: str, after: str) -> None:
    assert changed(text, 1e-5) == (0.5, True, after)


@pytest.mark.parametrize(("text", "value"), [("f(p, **c)", 0.1), ("f(*a)", 0.1), ("f(p)", "high"), ("f(p)", True)])
def test_what_cannot_be_seen_or_is_no_number_is_refused(text: str, value: Value) -> None:
    with pytest.raises(Unchangeable):
        changed(text, value)


def test_numeric() -> None:
    assert [numeric(each) for each in (1, 0.5, True, "1", None)] == [1, 0.5, None, None, None]
