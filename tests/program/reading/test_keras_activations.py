import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

HEAD = "import tensorflow as tf\nfrom tensorflow import keras\nfrom tensorflow.keras import activations, layers\n"


def activations(text):
    return [each for each in keras.read(Program.from_text(HEAD + text)) if each.kind == "activation"]


FORMS = {
    "'relu'": "relu",
    "'swish'": "silu",
    "None": "linear",
    "tf.nn.relu": "relu",
    "activations.gelu": "gelu",
    "keras.activations.get('elu')": "elu",
    "keras.activations.tanh": "tanh",
    "layers.LeakyReLU(0.1)": "leaky_relu",
    "layers.ReLU(6)": "relu6",
    "layers.ReLU(max_value=6.0)": "relu6",
    "lambda x: x": None,
    "mine": None,
    "'no such'": None,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_canonical_name(form):
    (found,) = activations(f"layers.Dense(3, activation={form})\n")
    assert (found.value, found.text) == (FORMS[form], form)


def test_an_object_held_in_a_variable_is_no_layer():
    found = keras.read(Program.from_text(HEAD + "a = layers.LeakyReLU()\nlayers.Dense(3, activation=a)\n"))
    assert [each.value for each in found if each.kind == "layer"] == ["Dense"]
    assert [each.text for each in found if each.kind == "activation"] == ["layers.LeakyReLU()"]


def test_a_function_belongs_to_the_layer_it_is_applied_to():
    text = "x = layers.Dense(3)(x)\nx = layers.Dense(4)(x)\nx = tf.nn.relu(x)\nx = layers.Dense(5)(x)\n"
    assert [(each.value, each.layer) for each in activations(text)] == [("linear", 0), ("relu", 1), ("linear", 2)]


def test_an_unknown_activation_is_not_written():
    program = Program.from_text(HEAD + "layers.Dense(3, activation='relu')\n")
    (element,) = activations("layers.Dense(3, activation='relu')\n")
    with pytest.raises(Unchangeable):
        keras.write(program, element, "prelu")
