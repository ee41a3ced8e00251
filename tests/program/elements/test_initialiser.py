from netmend.program.elements.initialiser import kind
from netmend.program.source import Program

TEXT = """\
import keras
from keras.layers import Dense
model = keras.Sequential([Dense(8, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0)), Dense(1)])
"""


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_an_object_becomes_a_name():
    start = TEXT.replace("keras.initializers.RandomNormal(stddev=1.0)", '"he_normal"')
    assert written(TEXT, "he_normal") == start


def test_numbers_are_part_of_the_value():
    values = [element.value for element in kind.find(Program.from_text(TEXT))]
    assert values == ["random_normal(0, 1)", "glorot_uniform"]


def test_a_value_with_numbers_becomes_an_object():
    wanted = "Dense(1, kernel_initializer=keras.initializers.Constant(value=0.5))"
    assert written(TEXT, "constant(0.5)", 1) == TEXT.replace("Dense(1)", wanted)


def test_biases_are_left_out():
    text = TEXT.replace("Dense(1)", "Dense(1, bias_initializer='ones')")
    assert len(list(kind.find(Program.from_text(text)))) == 2


def test_equal_weights_are_never_offered():
    for element in kind.find(Program.from_text(TEXT)):
        assert not {"zeros", "ones"} & set(kind.values(element))
