from netmend.program.elements.activation import kind
from netmend.program.source import Program

TEXT = """\
import keras
from keras import layers
model = keras.Sequential([layers.Dense(8, activation='relu'), layers.Dense(4), layers.ReLU(), layers.Dense(1)])
"""


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_a_string_keeps_its_quotes():
    assert written(TEXT, "tanh") == TEXT.replace("'relu'", "'tanh'")


def test_a_layer_stays_a_layer():
    assert written(TEXT, "tanh", 1) == TEXT.replace("layers.ReLU()", "layers.Activation('tanh')")


def test_an_absent_one_becomes_an_argument():
    assert written(TEXT, "sigmoid", 2) == TEXT.replace("layers.Dense(1)", "layers.Dense(1, activation='sigmoid')")


def test_a_layer_followed_by_an_activation_layer_has_no_absent_one():
    owners = [element.owner for element in kind.find(Program.from_text(TEXT))]
    assert owners == ["Dense 1", "ReLU 3", "Dense 4"]


def test_a_function_applied_to_an_output_is_replaced_by_name():
    text = "import tensorflow as tf\nh = tf.keras.layers.Dense(3)(x)\nh = tf.nn.relu(h)\n"
    assert written(text, "elu") == text.replace("tf.nn.relu", "tf.keras.activations.elu")


def test_the_same_function_of_pytorch_has_the_same_name():
    text = "import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1))\n"
    assert next(element.value for element in kind.find(Program.from_text(text))) == "relu"
