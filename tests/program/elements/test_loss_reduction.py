import pytest

from netmend.program.elements.loss_reduction import kind
from netmend.program.lint._examples import HEALTHY, torch_program
from netmend.program.source import Program


@pytest.mark.parametrize(("value", "offered"), [("none", ("mean", "sum")), ("sum", ("mean",)), ("mean", ("sum",))])
def test_the_mean_is_offered_first(value, offered):
    (element,) = kind.find(Program.from_text(torch_program(loss=f'CrossEntropyLoss(reduction="{value}")')))
    assert (element.value, kind.values(element)) == (value, offered)


def test_programs_that_state_none_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
