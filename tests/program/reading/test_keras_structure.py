import pytest

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.keras_structure import Structure
from netmend.program.source import Program

HEAD = "import keras\nfrom keras.layers import *\n"


def positions(text):
    structure = Structure(bindings_of(Program.from_text(HEAD + text)))
    return [
        (name, structure.position(call).number, structure.position(call).role)
        for call, name in structure.layers.values()
    ]


def test_roles_go_by_weights_and_activations_after_the_last():
    text = "Sequential([Flatten(), Dense(1), Dropout(0.1), Dense(2), BatchNormalization(), Dense(3), Softmax()])\n"
    assert positions(text) == [
        ("Flatten", 0, "input"),
        ("Dense", 1, "input"),
        ("Dropout", 2, "hidden"),
        ("Dense", 3, "hidden"),
        ("BatchNormalization", 4, "hidden"),
        ("Dense", 5, "output"),
        ("Softmax", 6, "output"),
    ]


NUMBERS = {
    "for i in range(3):\n    m.add(Dense(i))\nm.add(Dense(1))\n": [None, 3],
    "for n in (8, 4):\n    m.add(Dense(n))\nm.add(Dense(1))\n": [None, 2],
    "for n in sizes:\n    m.add(Dense(n))\nm.add(Dense(1))\n": [0, None],
    "for i in range(1):\n    m.add(Dense(i))\nm.add(Dense(1))\n": [0, 1],
    "a = [Dense(3) for _ in range(2)]\nb = Dense(1)(x)\n": [None, 2],
    "for fold in folds:\n    m.add(Dense(2))\n    m.add(Dense(1))\n    m.compile('sgd', 'mse')\n": [0, 1],
    "m.add(Dense(1))\nm.compile('sgd', 'mse')\nn.add(Dense(1))\nn.compile('sgd', 'mse')\n": [0, 0],
    "if deep:\n    m.add(Dense(9))\nm.add(Dense(1))\n": [0, None],
    "if __name__ == '__main__':\n    m.add(Dense(9))\n    m.add(Dense(1))\n": [0, 1],
    "def block(x):\n    return Dense(2)(x)\nx = Dense(1)(x)\nx = block(x)\nx = Dense(3)(x)\n": [1, 0, 2],
    "def block(x):\n    return Dense(2)(x)\nx = block(x)\nx = block(x)\nx = Dense(3)(x)\n": [None, 2],
    "def never():\n    x = Dense(2)(x)\n    x = Dense(1)(x)\n": [0, 1],
    "last = Dense(1)\nm = Sequential([Dense(2), last])\n": [1, 0],
    "y = Dense(1)(Dense(2)(x))\n": [1, 0],
    "m.add(Bidirectional(LSTM(3)))\nm.add(Dense(1))\n": [0, 0, 1],
    "class M(keras.Model):\n    def __init__(self):\n        self.b = Dense(2)\nm = M()\nx = Dense(1)(x)\n": [0, 1],
    "class L(Layer):\n    def __init__(self):\n        self.b = Dense(2)\nm.add(L())\nm.add(Dense(1))\n": [0, 0, 1],
    "class T:\n    def make(self):\n        m.add(Dense(2))\nT().make()\nm.add(Dense(1))\n": [0, 1],
    "def again():\n    m.add(Dense(2))\n    again()\nagain()\nm.add(Dense(1))\n": [0, 1],
    "with strategy.scope():\n    m.add(Dense(2))\nm.add(Dense(1))\n": [0, 1],
    "while True:\n    m.add(Dense(2))\nm.add(Dense(1))\n": [0, None],
}


@pytest.mark.parametrize("text", NUMBERS)
def test_layers_are_numbered_as_the_program_makes_them(text):
    assert [number for _, number, _ in positions(text)] == NUMBERS[text]


def test_a_layer_that_is_activated_later_is_known():
    text = HEAD + "Sequential([Dense(1), BatchNormalization(), ReLU(), Dense(2), Dense(3), Softmax()])\n"
    structure = Structure(bindings_of(Program.from_text(text)))
    dense = [call for call, name in structure.layers.values() if name == "Dense"]
    assert [structure.activated_later(call) for call in dense] == [True, False, True]


def test_classes_that_only_look_alike_are_no_layers():
    text = "class Dense: ...\nclass M(Model): ...\nDense(3)\nM(3)\nInput((3,))\n"
    assert positions(text) == []
