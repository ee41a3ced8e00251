from netmend.program.elements.momentum import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def test_usual_values_are_offered_and_never_the_own():
    (element,) = kind.find(Program.from_text(torch_program(optimiser="SGD(model.parameters(), 0.1, momentum=1.5)")))
    assert (element.value, kind.values(element)) == (1.5, (0.9, 0.5, 0.99))
    (absent,) = kind.find(Program.from_text(keras_program(optimizer="keras.optimizers.SGD(0.1)")))
    assert absent.absent and (absent.value, kind.values(absent)) == (0.0, (0.9, 0.5, 0.99))


def test_an_optimiser_without_momentum_has_no_such_element():
    assert not kind.find(Program.from_text(torch_program()))
