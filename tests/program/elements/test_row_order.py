from netmend.program.elements.row_order import kind
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint.rows_shuffled_apart import rule
from netmend.program.source import Program


def test_rows_that_were_shuffled_apart_are_shuffled_together():
    for text in rule.fires_on:
        program = Program.from_text(text)
        (element,) = kind.find(program)
        assert (element.value, kind.values(element)) == ("one alone", ("together",))
        (after,) = kind.find(program.patched(kind.change(program, element, "together")))
        assert (after.value, kind.values(after)) == ("together", ())


def test_programs_that_shuffle_nothing_in_place_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
