from netmend.program.elements.rate_schedule import kind
from netmend.program.lint._examples import keras_program
from netmend.program.source import Program
from netmend.repairs.program.operators.ease_schedule import STEPPED


def test_a_schedule_is_stepped_less_often_or_not_at_all():
    (element,) = kind.find(Program.from_text(STEPPED))
    assert (element.value, kind.values(element)) == ("each update", ("each epoch", "none"))
    (rarer,) = kind.find(Program.from_text(STEPPED.replace("        decay", "    decay")))
    assert (rarer.value, kind.values(rarer)) == ("each epoch", ("none",))


def test_a_program_without_one_has_no_such_element():
    assert not kind.find(Program.from_text(keras_program()))
