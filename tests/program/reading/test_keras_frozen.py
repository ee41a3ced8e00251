import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import keras_program
from netmend.program.reading import keras
from netmend.program.source import Program

FROZEN = keras_program('Dense(32, activation="relu", trainable=False)', 'Dense(10, activation="softmax")')


def frozen(text):
    program = Program.from_text(text)
    return program, [each for each in keras.read(program) if each.kind == "frozen-weights"]


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        (FROZEN, "Dense"),
        (
            keras_program().replace("model.compile", "model.layers[0].trainable = False\nmodel.compile"),
            "model.layers[0]",
        ),
        (
            keras_program().replace(
                "model.compile", "for layer in model.layers[:-1]:\n    layer.trainable = False\nmodel.compile"
            ),
            "model",
        ),
    ],
)
def test_what_is_frozen_is_seen_and_thawed(text, owner):
    program, (element,) = frozen(text)
    assert (element.value, element.owner) == ("frozen", owner)
    thawed = program.patched(keras.write(program, element, "trained"))
    assert thawed.main.text == text.replace("trainable = False", "trainable = True").replace(
        "trainable=False", "trainable=True"
    )
    with pytest.raises(Unchangeable):
        keras.write(program, element, "half")


@pytest.mark.parametrize(
    "text",
    [
        FROZEN.replace("model.compile", "model.load_weights('a.h5')\nmodel.compile"),
        FROZEN + "model.fit(x, y)\n",
        keras_program("Embedding(9, 3, embeddings_initializer=vectors, trainable=False)", "Flatten()", "Dense(2)"),
    ],
)
def test_weights_that_something_has_trained_are_frozen_as_loaded(text):
    assert frozen(text)[1][0].value == "frozen as loaded"


def test_most_programs_freeze_nothing():
    assert not frozen(keras_program())[1]
