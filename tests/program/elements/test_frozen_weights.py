from netmend.program.elements.frozen_weights import kind
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint.frozen_random_weights import rule
from netmend.program.source import Program


def test_frozen_weights_can_be_trained_and_trained_ones_stay():
    for text in rule.fires_on:
        (element,) = kind.find(Program.from_text(text))
        assert (element.value, kind.values(element)) == ("frozen", ("trained",))
        program = Program.from_text(text)
        (thawed,) = kind.find(program.patched(kind.change(program, element, "trained")))
        assert (thawed.value, kind.values(thawed)) == ("trained", ())


def test_programs_that_freeze_nothing_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
