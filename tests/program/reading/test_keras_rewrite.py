import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

HEAD = "import keras\nfrom keras import layers\n"


def flatten(text):
    program = Program.from_text(HEAD + text)
    found = [each for each in keras.read(program) if each.kind == "layer" and each.value == "Flatten"]
    return program, found[0]


REMOVED = {
    "m = keras.Sequential([layers.Flatten(), layers.Dense(1)])\n": "m = keras.Sequential([layers.Dense(1)])\n",
    "keras.Sequential(layers=[layers.Dense(1), layers.Flatten()])\n": "keras.Sequential(layers=[layers.Dense(1)])\n",
    "m.add(layers.Flatten())  # flat\nm.add(x)\n": "m.add(x)\n",
    "def f(x):\n    x = layers.Flatten()(x)\n    return x\n": "def f(x):\n    return x\n",
    "if a:\n    m.add(layers.Flatten())\n": "if a:\n    pass\n",
    "m.add(layers.Flatten()); m.add(x)\n": "m.add(x)\n",
}


@pytest.mark.parametrize("text", REMOVED)
def test_a_layer_is_removed_with_what_carries_it(text):
    program, element = flatten(text)
    assert program.patched(keras.write(program, element, None)).main.text == HEAD + REMOVED[text]


@pytest.mark.parametrize(
    "text",
    [
        "m = keras.Sequential([layers.Flatten()])\n",
        "y = layers.Flatten()(x)\n",
        "x = layers.Flatten()(x, training=True)\n",
        "m.add(layers.Flatten(input_shape=(2, 3)))\n",
        "stack = [layers.Flatten(), layers.Dense(1)]\n",
        "m.add(layers.TimeDistributed(layers.Flatten()))\n",
        "self.flat = layers.Flatten()\n",
    ],
)
def test_a_layer_that_something_else_needs_is_not_removed(text):
    program, element = flatten(text)
    assert element.form == ""
    with pytest.raises(Unchangeable):
        keras.write(program, element, None)


def test_source_code_brings_the_import_it_needs():
    text = "from keras.layers import Flatten\nx = Flatten()(x)\n"
    program = Program.from_text(text)
    (element,) = keras.read(program)
    after = program.patched(keras.write(program, element, "keras.layers.Dropout(0.5)")).main.text
    wanted = "from keras.layers import Flatten\nfrom keras.layers import Dropout\nx = Dropout(0.5)(x)\n"
    assert after == wanted


@pytest.mark.parametrize("value", ["1 +", "3.5", "Conv2D"])
def test_what_is_no_layer_is_refused(value):
    program, element = flatten("x = layers.Flatten()(x)\n")
    with pytest.raises(Unchangeable):
        keras.write(program, element, value)
