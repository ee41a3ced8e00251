"""Outdated names: of which programs they are an element."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.elements.outdated_names import kind
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.source import Program

OLD = (
    keras_program(optimizer="keras.optimizers.Adam(lr=0.1)"),
    torch_program().replace("optimiser.step()", "optimiser.step()\n        print(loss.data[0])"),
)


@pytest.mark.parametrize("crashed", [True, False])
@pytest.mark.parametrize("text", OLD)
def test_it_is_an_element_of_programs_that_crash_alone(text, crashed):
    found = [each for each in find_all(Program.from_text(text), crashed=crashed) if each.kind == "outdated-names"]
    assert len(found) is int(crashed)


@pytest.mark.parametrize("text", HEALTHY)
def test_a_program_of_today_has_none(text):
    assert not kind.find(Program.from_text(text))


def test_old_names_can_only_go():
    (element,) = kind.find(Program.from_text(OLD[0]))
    assert (element.value, kind.values(element)) == ("outdated", (None,))
    assert element.owner == "lr= (now learning_rate=)"
