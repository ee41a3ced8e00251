from netmend.program.elements.class_weight import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_no_class_weighs_more_by_default():
    for text in (keras_program(), torch_program()):
        (element,) = elements(text)
        assert element.absent and element.value == "none" and kind.values(element)[0] == "balanced"
        assert elements(written(text, "balanced"))[0].value == "balanced"


def test_a_loss_without_classes_has_none():
    assert not elements(torch_program(loss="MSELoss()"))


def test_weights_of_the_programs_own_are_unknown():
    (element,) = elements(keras_program(fit="class_weight={0: 1, 1: 9}"))
    assert element.value is None and not element.absent
