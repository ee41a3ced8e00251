from netmend.program.elements.layer_repeats import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_layers_that_are_alike_are_counted():
    text = keras_program("Dense(3)", "Dense(3)", "Dense(3)", "Dense(4)", "Dense(1)")
    assert [element.value for element in elements(text)] == [3, 1]
    assert kind.values(elements(text)[0]) == (1, 2)


def test_copies_come_and_go():
    text = keras_program("Dense(3)", "Dense(1)")
    assert written(text, 2) == keras_program("Dense(3)", "Dense(3)", "Dense(1)")
    assert written(keras_program("Dense(3)", "Dense(3)", "Dense(1)"), 1) == text


def test_a_module_is_repeated_with_its_activation_where_it_fits():
    text = torch_program("Linear(20, 20)", "ReLU()", "Linear(20, 10)")
    assert "Linear(20, 20),\n    nn.ReLU(), nn.Linear(20, 20),\n" in written(text, 2)
    assert kind.values(elements(torch_program())[0]) == ()
