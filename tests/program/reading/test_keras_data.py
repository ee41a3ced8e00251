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


@pytest.mark.parametrize(
    ("given", "evaluated"),
    [
        ("[a, b]", "[a_test, b_test]"),
        ("(a, b)", "(a_test, b_test)"),
        ("{'a': a, 'b': b}", "{'b': b_test, 'a': a_test}"),
    ],
)
def test_each_of_several_inputs_is_scaled_by_itself(given, evaluated):
    text = TEXT.replace("import x, y, x_test", "import a, b, a_test, b_test, y").replace(
        "model.fit(x, y, validation_data=(x_test, ", f"model.fit({given}, y, validation_data=({evaluated}, "
    )
    lines = [
        "a_mean, a_std = a.mean(axis=0), a.std(axis=0) + 1e-7\n",
        "a, a_test = (a - a_mean) / a_std, (a_test - a_mean) / a_std\n",
        "b_mean, b_std = b.mean(axis=0), b.std(axis=0) + 1e-7\n",
        "b, b_test = (b - b_mean) / b_std, (b_test - b_mean) / b_std\n",
    ]
    assert written(text, "input-scaling", "standardise") == text.replace("model.fit", "".join(lines) + "model.fit")
    with pytest.raises(Unchangeable):  # before which layer is not looked at
        written(text, "input-scaling", "rescaling(255)")


def test_several_inputs_of_which_one_has_no_name_stay_as_they_are():
    text = TEXT.replace("fit(x, y", "fit([x, load()], y")
    assert element(text, "input-scaling")[1].form == "nowhere"


def test_rows_that_are_written_out_are_one_input():
    for array in ("numpy.array([[0, 1], [1, 0]])", "numpy.array([first, second])", "[[0, 1], [1, 0]]", "[0, -1]"):
        text = TEXT.replace("import x, y, x_test", "import y").replace(
            "model = ", f"x = {array}\nx_test = x[:1]\nmodel = "
        )
        text = "import numpy\n" + text
        assert written(text, "input-scaling", "divide(255)") == text.replace(
            "model.fit", "x, x_test = x / 255.0, x_test / 255.0\nmodel.fit"
        )
