from netmend.program.elements.input_scaling import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_both_frameworks_scale_by_statements_or_by_a_layer():
    for text in (keras_program(), torch_program()):
        (element,) = elements(text)
        assert element.value == "none" and element.form == "named"
        assert kind.values(element)[:3] == ("standardise", "divide(255)", "batch_normalization")
        for value in kind.values(element):
            assert elements(written(text, value))[0].value == value


def test_a_side_that_is_left_out_is_offered_what_the_other_has():
    text = keras_program(fit="validation_data=(x_test, y_test)").replace(
        "model = ", "x_test = np.load(1)\nx = x / 16\nmodel = "
    )
    (element,) = elements(text)
    assert element.value == "divide(16) in training only" and kind.values(element) == ("divide(16)",)
    assert "x_test = x_test / 16.0\nmodel.fit" in written(text, "divide(16)")
