from netmend.program.elements.sequence_axis import kind
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint.steps_taken_for_rows import rule
from netmend.program.source import Program


def test_the_other_axis_is_offered():
    program = Program.from_text(rule.fires_on[0])
    (element,) = kind.find(program)
    assert (element.value, kind.values(element)) == ("first", ("second",))
    (changed,) = kind.find(program.patched(kind.change(program, element, "second")))
    assert (changed.value, kind.values(changed)) == ("second", ("first",))


def test_programs_without_recurrent_layers_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
