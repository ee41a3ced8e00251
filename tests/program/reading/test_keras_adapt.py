"""A normalisation layer that nobody adapts is told, and adapted before the training where it has a name."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change, values_of
from netmend.program.elements.input_scaling import kind
from netmend.program.lint._examples import keras_program
from netmend.program.source import Program

NAMED = keras_program('Dense(32, activation="relu")', 'Dense(10, activation="softmax")').replace(
    "    keras.Input((20,)),\n", "    keras.Input((20,)),\n    scale,\n"
).replace("model =", "scale = keras.layers.Normalization()\nmodel =")  # fmt: skip
ADAPTED = NAMED.replace("model.fit", "scale.adapt(x)\nmodel.fit")


def found(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    return program, element


def test_it_is_adapted_before_the_training():
    program, element = found(NAMED)
    assert (element.value, values_of(element)) == ("normalization that is not adapted", ("normalization",))
    assert program.patched(change(program, element, "normalization")).main.text == ADAPTED
    assert found(ADAPTED)[1].value == "normalization"
    with pytest.raises(Unchangeable):
        change(program, element, "standardise")


@pytest.mark.parametrize(
    "text",
    [
        keras_program("Normalization()", 'Dense(10, activation="softmax")'),
        NAMED.replace("model.fit(x,", "model.fit(x * 1,"),
    ],
)
def test_without_a_name_nothing_is_offered(text):
    element = found(text)[1]
    assert (element.value, values_of(element)) == ("normalization that is not adapted", ())
