import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = """\
import keras
from keras import layers
from data import x, y, x_test, y_test
model = keras.Sequential([
    layers.Input((4,)),
    layers.Dense(2),
])
model.compile("adam", "mse")
model.fit(x, y, validation_data=(x_test, y_test))
"""


def element(text, kind):
    program = Program.from_text(text)
    return program, next(each for each in keras.read(program) if each.kind == kind)


def written(text, kind, value):
    program, found = element(text, kind)
    return program.patched(keras.write(program, found, value)).main.text


def test_training_and_validation_inputs_are_scaled_and_labels_left():
    text = written(TEXT, "input-scaling", "divide(255)")
    assert text == TEXT.replace("model.fit", "x, x_test = x / 255.0, x_test / 255.0\nmodel.fit")
    assert element(text, "input-scaling")[1].value == "divide(255)"


@pytest.mark.parametrize(
    ("value", "layer"), [("rescaling(255)", "Rescaling(1 / 255.0)"), ("batch_normalization", "BatchNormalization()")]
)
def test_a_first_layer_scales(value, layer):
    text = written(TEXT, "input-scaling", value)
    assert text == TEXT.replace("    layers.Dense", f"    layers.{layer},\n    layers.Dense")
    assert element(text, "input-scaling")[1].value == value


def test_where_arrays_have_no_name_a_layer_is_all_that_can_be_added():
    text = TEXT.replace("fit(x, y", "fit(load(), y")
    assert element(text, "input-scaling")[1].form == "layers"
    with pytest.raises(Unchangeable):
        written(text, "input-scaling", "divide(255)")


def test_names_are_not_scaled():
    text = TEXT.replace("layers.Dense(2)", "layers.Embedding(9, 2),\n    layers.Dense(2)")
    assert not [each for each in keras.read(Program.from_text(text)) if each.kind == "input-scaling"]


def test_a_division_of_labels_is_taken_away():
    text = TEXT.replace("model = ", "y = y / 255\nmodel = ")
    assert element(text, "label-form")[1].value == "divide(255) in training only"
    assert written(text, "label-form", "none") == TEXT


def test_class_numbers_are_lowered_on_both_sides():
    text = written(TEXT, "label-form", "minus(1)")
    assert text == TEXT.replace("model.fit", "y, y_test = y - 1, y_test - 1\nmodel.fit")
    assert element(text, "label-form")[1].value == "minus(1)"
