from netmend.program.elements.label_form import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_labels_are_as_they_are_by_default():
    (element,) = elements(keras_program())
    assert element.absent and element.value == "none" and kind.values(element) == ("minus(1)",)
    assert not elements(torch_program())


def test_a_division_is_taken_away():
    divided = keras_program().replace("model = ", "y = y / 255.0\nmodel = ")
    assert kind.values(elements(divided)[0]) == ("none",)
    assert written(divided, "none") == keras_program()
