import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements.units import kind
from netmend.program.source import Program

TEXT = """\
import keras
from keras.layers import Conv2D, Dense, Embedding
WIDTH = 16
model = keras.Sequential([Embedding(9, 4), Conv2D(filters=WIDTH, kernel_size=3), Dense(WIDTH), Dense(len(names))])
"""


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_every_layer_with_weights_has_a_width():
    assert [element.value for element in kind.find(Program.from_text(TEXT))] == [4, 16, 16, None]


def test_layers_that_share_a_variable_are_changed_one_by_one():
    assert written(TEXT, 32, 1) == TEXT.replace("filters=WIDTH", "filters=32")
    assert written(TEXT, 32, 2) == TEXT.replace("Dense(WIDTH)", "Dense(32)")


def test_a_fraction_is_refused():
    with pytest.raises(Unchangeable):
        written(TEXT, 1.5)
