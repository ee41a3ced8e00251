from netmend.program.elements.normalisation import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_every_hidden_layer_has_one_element_and_the_output_none():
    for text in (keras_program(), torch_program()):
        (element,) = elements(text)
        assert element.absent and element.value == "none" and element.layer == 0
        assert elements(written(text, "batch_normalization"))[0].value == "batch_normalization"


def test_one_that_is_there_is_found_and_changed():
    text = keras_program("Dense(3)", "BatchNormalization()", "Dense(1)")
    assert elements(text)[0].text == "keras.layers.BatchNormalization()"
    assert written(text, "none") == keras_program("Dense(3)", "Dense(1)")
    assert "LayerNormalization()" in written(text, "layer_normalization")
