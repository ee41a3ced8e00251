from netmend.program.elements.better_is import kind
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint.improvement_read_backwards import rule
from netmend.program.source import Program


def test_the_name_of_what_is_watched_decides_if_nothing_else():
    program = Program.from_text(rule.fires_on[0])
    (element,) = kind.find(program)
    assert (element.value, kind.values(element)) == ("min", ("auto", "max"))
    assert 'mode="auto"' in program.patched(kind.change(program, element, "auto")).main.text


def test_programs_that_state_none_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
