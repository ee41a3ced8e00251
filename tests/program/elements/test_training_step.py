"""Training steps that do not train: of which programs they are an element."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.elements.training_step import kind
from netmend.program.lint._examples import HEALTHY, torch_program
from netmend.program.source import Program

CUT_OFF = torch_program().replace("model(rows)", "model(rows).detach()")


@pytest.mark.parametrize("text", HEALTHY)
def test_a_program_that_trains_has_none(text):
    assert not kind.find(Program.from_text(text))


@pytest.mark.parametrize("crashed", [True, False])
def test_outputs_may_be_cut_off_on_purpose_in_a_program_that_runs(crashed):
    found = [each for each in find_all(Program.from_text(CUT_OFF), crashed=crashed) if each.kind == "training-step"]
    assert len(found) is int(crashed)


def test_what_is_wrong_can_only_go():
    (element,) = kind.find(Program.from_text(torch_program().replace("        optimiser.step()\n", "")))
    assert (element.value, kind.values(element)) == ("no step", (None,))
