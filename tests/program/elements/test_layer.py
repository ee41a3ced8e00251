import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements.layer import kind
from netmend.program.source import Program

TEXT = """\
import keras
from keras.layers import LSTM, Dense, Dropout
model = keras.Sequential([
    LSTM(8),
    Dropout(0.5),  # half
    Dense(1),
])
"""


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_removing_an_item_removes_its_line():
    assert written(TEXT, None, 1) == TEXT.replace("    Dropout(0.5),  # half\n", "")


def test_another_class_of_the_family_keeps_the_arguments():
    program = Program.from_text(TEXT)
    assert "GRU" in kind.values(next(iter(kind.find(program))))
    assert written(TEXT, "GRU") == TEXT.replace("LSTM(8)", "keras.layers.GRU(8)")


def test_source_code_replaces_the_whole_call():
    assert written(TEXT, "keras.layers.Dense(2)", 2) == TEXT.replace("Dense(1)", "Dense(2)")


def test_a_class_that_takes_other_arguments_is_refused():
    with pytest.raises(Unchangeable):
        written(TEXT, "Conv2D", 2)


def test_a_layer_that_states_the_shape_of_the_input_cannot_be_removed():
    text = TEXT.replace("LSTM(8)", "LSTM(8, input_shape=(3, 4))")
    with pytest.raises(Unchangeable):
        written(text, None)


def test_statements_are_removed_with_their_line():
    text = "import keras\nm = keras.Sequential()\nm.add(keras.layers.Dense(3))\nm.add(keras.layers.Flatten())\n"
    assert written(text, None, 1) == text.replace("m.add(keras.layers.Flatten())\n", "")
    text = "import keras\nx = keras.layers.Dense(3)(x)\nx = keras.layers.Flatten()(x)\ny = x\n"
    assert written(text, None, 1) == text.replace("x = keras.layers.Flatten()(x)\n", "")
