import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements import betas, momentum
from netmend.program.elements._find import change
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program


def changed(kind, call, value):
    program = Program.from_text(torch_program(optimiser=f"{call}"))
    (element,) = kind.find(program)
    return element.value, program.patched(change(program, element, value)).main.text


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("SGD(model.parameters(), lr=0.1, momentum=1.5)", 1.5, "SGD(model.parameters(), lr=0.1, momentum=0.9)"),
        ("SGD(model.parameters(), 0.1, 0.999)", 0.999, "SGD(model.parameters(), 0.1, 0.9)"),
        ("SGD(model.parameters(), lr=0.1)", 0.0, "SGD(model.parameters(), lr=0.1, momentum=0.9)"),
        ("RMSprop(model.parameters(), momentum=1)", 1, "RMSprop(model.parameters(), momentum=0.9)"),
    ],
)
def test_momentum_is_read_and_written(before, value, after):
    assert changed(momentum.kind, before, 0.9) == (value, torch_program(optimiser=after))


@pytest.mark.parametrize("pair", ["(0.999, 0.9)", "[0.999, 0.9]"])
def test_betas_are_read_and_written(pair):
    right = torch_program(optimiser="AdamW(model.parameters(), lr=0.1, betas=(0.9, 0.999))")
    assert changed(betas.kind, f"AdamW(model.parameters(), lr=0.1, betas={pair})", "0.9, 0.999") == (
        "0.999, 0.9",
        right,
    )
    with pytest.raises(Unchangeable, match="two numbers"):
        changed(betas.kind, f"AdamW(model.parameters(), betas={pair})", "none")


def test_a_variable_is_changed_where_it_is_written():
    text = torch_program(optimiser="SGD(model.parameters(), lr=0.1, momentum=MOMENTUM)").replace(
        "criterion =", "MOMENTUM = 1.1\ncriterion ="
    )
    program = Program.from_text(text)
    (element,) = momentum.kind.find(program)
    assert program.patched(change(program, element, 0.9)).main.text == text.replace("1.1", "0.9")
