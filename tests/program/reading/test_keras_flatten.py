"""Where a Keras model lacks a flattening."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import keras_program
from netmend.program.reading import keras
from netmend.program.source import Program

CONV, DENSE = 'Conv2D(8, 3, activation="relu")', 'Dense(10, activation="softmax")'


def missing(*layers):
    found = keras.read(Program.from_text(keras_program(*layers)))
    return [each for each in found if each.kind == "flattening" and each.absent]


@pytest.mark.parametrize(
    "between", [(), ("MaxPooling2D()",), ("BatchNormalization()", "Dropout(0.5)"), ("Conv2D(4, 3)",)]
)
def test_nothing_that_joins_places(between):
    (element,) = missing(CONV, *between, DENSE)
    assert element.role == "output"


def test_only_the_first_fully_connected_layer_needs_it():
    (element,) = missing(CONV, 'Dense(32, activation="relu")', DENSE)
    assert element.owner == "Dense 2"


@pytest.mark.parametrize("between", ["Flatten()", "GlobalAveragePooling2D()", "Reshape((-1,))", "LSTM(8)"])
def test_what_joins_places(between):
    assert not missing(CONV, between, DENSE)


def test_statements_are_laid_out_as_they_are():
    text = (
        "import keras\nmodel = keras.Sequential()\nmodel.add(keras.layers.Conv2D(8, 3))\n"
        "model.add(keras.layers.Dense(10))\nmodel.fit(x, y)\n"
    )
    program = Program.from_text(text)
    element = next(each for each in keras.read(program) if each.kind == "flattening")
    patched = program.patched(keras.write(program, element, "flatten")).main.text
    assert "model.add(keras.layers.Flatten())\nmodel.add(keras.layers.Dense(10))\n" in patched
    with pytest.raises(Unchangeable, match="pool"):
        keras.write(program, element, "pool")
