"""The stated axis of the last softmax is read and written; that of another one, or none, is no element."""

import pytest

from netmend.program.lint._examples import keras_program
from netmend.program.reading import keras
from netmend.program.source import Program

FUNCTIONAL = """\
import keras
from keras import layers, ops

inputs = keras.Input((20,))
hidden = layers.Dense(32, activation="relu")(inputs)
outputs = ops.softmax(layers.Dense(10)(hidden), axis=0)
model = keras.Model(inputs, outputs)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
"""


def found(text):
    program = Program.from_text(text)
    return program, [each for each in keras.read(program) if each.kind == "softmax-dim"]


@pytest.mark.parametrize("text", [keras_program("Dense(10)", "Softmax(axis=0)"), FUNCTIONAL])
def test_the_axis_is_read_and_written(text):
    program, (element,) = found(text)
    assert (element.value, element.role, element.text) == (0, "output", "0")
    assert program.patched(keras.write(program, element, -1)).main.text == text.replace("axis=0", "axis=-1")


@pytest.mark.parametrize(
    "layers",
    [
        ("Dense(10)", "Softmax()"),
        ("Dense(10)", "Softmax(axis=(1, 2))"),
        ("Dense(8)", "Softmax(axis=0)", "Dense(10)"),
        ('Dense(10, activation="softmax")',),
    ],
)
def test_other_softmaxes_have_none(layers):
    assert found(keras_program(*layers))[1] == []
