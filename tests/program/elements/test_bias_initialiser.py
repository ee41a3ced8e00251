from netmend.program.elements.bias_initialiser import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_every_layer_with_biases_has_one():
    assert [element.value for element in elements(keras_program())] == ["zeros", "zeros"]
    assert [element.value for element in elements(torch_program())] == ["default", "default"]


def test_layers_without_biases_have_none():
    assert not elements(keras_program("Embedding(9, 3)"))
    assert not elements(torch_program("Linear(20, 10, bias=False)"))


def test_a_change_leaves_the_weights_alone():
    text = written(keras_program(), "constant(0.1)", 1)
    assert 'Dense(10, activation="softmax", bias_initializer=keras.initializers.Constant(value=0.1))' in text
    text = written(torch_program(), "zeros", 1)
    assert "nn.init.zeros_(model[2].bias)\n" in text and "weight" not in text
