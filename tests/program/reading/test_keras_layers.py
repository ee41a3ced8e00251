from netmend.program.reading import keras
from netmend.program.source import Program

HEAD = "import keras\nfrom keras import layers\n"


def kinds(text):
    return {each.kind: each.value for each in keras.read(Program.from_text(HEAD + text))}


def test_a_layer_without_weights_is_only_a_layer():
    assert kinds("layers.Flatten()\n") == {"layer": "Flatten"}


def test_input_layers_are_no_elements():
    assert kinds("layers.Input((3,))\nkeras.Input((3,))\nlayers.InputLayer((3,))\n") == {}


def test_arguments_may_all_be_positional():
    assert kinds("layers.Conv2D(4, 3, 1, 'same', None, 1, 1, 'elu', True, 'ones')\n") == {
        "layer": "Conv2D",
        "units": 4,
        "activation": "elu",
        "initialiser": "ones",
        "bias-initialiser": "zeros",
        "regulariser": "none",
    }


def test_a_layer_of_the_programs_own_is_only_a_layer():
    text = "class Mine(layers.Layer): ...\nclass Yours(Mine): ...\nYours(3, activation='relu')\n"
    assert kinds(text) == {"layer": "Yours"}


def test_recurrent_layers_are_bounded_by_default():
    assert kinds("layers.GRU(3)\n")["activation"] == "tanh"


def test_unseen_arguments_leave_only_what_is_written():
    assert set(kinds("layers.Dense(3, **settings)\n")) == {"layer", "units"}
