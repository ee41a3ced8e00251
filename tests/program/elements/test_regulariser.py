from netmend.program.elements.regulariser import kind
from netmend.program.source import Program

TEXT = """\
import keras
from keras.layers import Dense
both = keras.regularizers.L1L2(l2=0.5)
model = keras.Sequential([Dense(8, kernel_regularizer="l2"), Dense(1), Dense(1, kernel_regularizer=both)])
"""


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_factors_are_part_of_the_value():
    values = [element.value for element in kind.find(Program.from_text(TEXT))]
    assert values == ["l2(0.5)", "l2(0.01)", "none"]


def test_an_absent_one_becomes_an_argument():
    wanted = "Dense(1, kernel_regularizer=keras.regularizers.l1_l2(l1=0.1, l2=0.2)), Dense(1, "
    assert written(TEXT, "l1_l2(0.1, 0.2)", 2) == TEXT.replace("Dense(1), Dense(1, ", wanted)


def test_none_is_written_as_none():
    assert written(TEXT, "none", 1) == TEXT.replace('"l2"', "None")
