from netmend.program.elements.dropout_rate import kind
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential([keras.layers.Dropout(.9), keras.layers.LSTM(3, dropout=0.1)])\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_the_rate_of_a_dropout_layer_is_positional():
    assert written(TEXT, 0.5) == TEXT.replace(".9", "0.5")


def test_recurrent_layers_have_one_where_it_is_written():
    assert [element.value for element in kind.find(Program.from_text(TEXT))] == [0.9, 0.1]
    assert written(TEXT, 0.0, 1) == TEXT.replace("dropout=0.1", "dropout=0.0")
