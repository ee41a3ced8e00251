from netmend.program.elements.train_mode import kind
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint.trained_in_evaluation_mode import rule
from netmend.program.source import Program


def test_only_each_epoch_is_offered():
    values = []
    for text in rule.fires_on:
        program = Program.from_text(text)
        (element,) = kind.find(program)
        values.append(element.value)
        assert kind.values(element) == ("each epoch",)
        (after,) = kind.find(program.patched(kind.change(program, element, "each epoch")))
        assert (after.value, kind.values(after)) == ("each epoch", ())
    assert values == ["until the first evaluation", "never"]


def test_programs_that_never_evaluate_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
