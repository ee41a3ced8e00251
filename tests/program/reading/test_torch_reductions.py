import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import torch_program
from netmend.program.reading import torch
from netmend.program.source import Program


def reduction(text):
    program = Program.from_text(text)
    found = [each for each in torch.read(program) if each.kind == "loss-reduction"]
    return program, found[0] if found else None


def module(value):
    return torch_program(loss=f"CrossEntropyLoss(reduction='{value}')")


@pytest.mark.parametrize("value", ["mean", "sum", "none"])
def test_it_is_read_and_written_in_the_quotes_that_stand_there(value):
    program, element = reduction(module(value))
    assert (element.value, element.owner) == (value, "CrossEntropyLoss")
    assert program.patched(torch.write(program, element, "sum")).main.text == module("sum")


def test_a_loss_function_has_one_too():
    text = module("sum").replace(
        "criterion(model(rows), labels)", 'nn.functional.mse_loss(model(rows), labels, reduction="sum")'
    )
    assert reduction(text)[1].owner == "mse_loss"


@pytest.mark.parametrize(
    ("value", "backward"),
    [("none", "loss.mean().backward"), ("sum", "(loss / 32).backward"), ("none", "loss.sum().backward")],
)
def test_what_the_program_reduces_itself_is_left_alone(value, backward):
    assert reduction(module(value).replace("loss.backward", backward))[1] is None


def test_an_unstated_reduction_is_no_element():
    assert reduction(torch_program())[1] is None


def test_only_reductions_that_there_are_can_be_written():
    program, element = reduction(module("sum"))
    with pytest.raises(Unchangeable):
        torch.write(program, element, "median")
