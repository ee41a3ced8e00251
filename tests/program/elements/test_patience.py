from netmend.program.elements.patience import kind
from netmend.program.lint._examples import HEALTHY, keras_program
from netmend.program.source import Program


def test_values_in_common_use_are_offered():
    text = keras_program(fit="epochs=9, callbacks=[keras.callbacks.EarlyStopping(patience=5)]")
    program = Program.from_text(text)
    (element,) = kind.find(program)
    assert (element.value, kind.values(element)) == (5, (10, 20))
    assert program.patched(kind.change(program, element, 10)).main.text == text.replace("patience=5", "patience=10")


def test_programs_that_never_stop_early_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
