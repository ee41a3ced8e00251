import pytest

from netmend.program.elements.betas import converges, kind, numbers
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program


def test_the_values_of_the_authors_are_offered():
    (element,) = kind.find(Program.from_text(torch_program(optimiser="Adam(model.parameters(), betas=(0.5, 0.9))")))
    assert (element.value, kind.values(element)) == ("0.5, 0.9", ("0.9, 0.999",))
    assert not kind.find(Program.from_text(torch_program()))


@pytest.mark.parametrize(
    ("value", "right"),
    [("0.9, 0.999", True), ("0.0, 0.9", True), ("0.9, 0.9", True), ("0.999, 0.9", False), ("0.9, 1", False)],
)
def test_which_rates_let_adam_converge(value, right):
    assert converges(*numbers(value)) is right


def test_other_values_are_no_rates():
    assert numbers("none") is None and numbers(None) is None
