import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.keras_insert import before
from netmend.program.source import Program

LIST = """\
import keras
from keras import layers
model = keras.Sequential([
    layers.Dense(8, activation="relu", name="first"),  # of two
    layers.Dense(1),
])
"""
ADD = """\
import keras
m = keras.Sequential()
m.add(keras.layers.Dense(8, input_shape=(3,)))
m.add(keras.layers.Dense(1))
"""
APPLIED = """\
import keras
from keras.layers import Dense
a = keras.Input((3,))
h = Dense(8)(a)
model = keras.Model(a, Dense(1)(h))
"""
PROGRAMS = {"list": LIST, "add": ADD, "applied": APPLIED}


def written(text, kind, value):
    program = Program.from_text(text)
    element = next(each for each in keras.read(program) if each.kind == kind)
    return program.patched(keras.write(program, element, value)).main.text


WANTED = {
    ("list", "normalisation", "batch_normalization"): ("# of two\n", "# of two\n    layers.BatchNormalization(),\n"),
    ("add", "normalisation", "layer_normalization"): (",)))\nm", ",)))\nm.add(keras.layers.LayerNormalization())\nm"),
    ("list", "dropout-rate", 0.3): ("# of two\n", "# of two\n    layers.Dropout(0.3),\n"),
    ("list", "layer-repeats", 2): ("# of two\n", '# of two\n    layers.Dense(8, activation="relu"),\n'),
    ("add", "layer-repeats", 3): (",)))\nm", ",)))\nm.add(keras.layers.Dense(8))\nm.add(keras.layers.Dense(8))\nm"),
    ("applied", "layer-repeats", 2): ("(a)\n", "(a)\nh = Dense(8)(h)\n"),
}


@pytest.mark.parametrize("case", WANTED, ids=str)
def test_a_layer_is_added_behind(case):
    name, kind, value = case
    old, new = WANTED[case]
    assert PROGRAMS[name].count(old) == 1
    assert written(PROGRAMS[name], kind, value) == PROGRAMS[name].replace(old, new)


def test_an_import_comes_with_it():
    text = APPLIED.replace("import keras\n", "from keras import Input, Model\n").replace("keras.Input", "Input")
    changed = written(text.replace("keras.Model", "Model"), "normalisation", "batch_normalization")
    assert "h = Dense(8)(a)\nh = BatchNormalization()(h)\n" in changed
    assert "from keras.layers import BatchNormalization\n" in changed


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_added_is_found_and_can_be_taken_away(name):
    for kind, value, nothing in (("normalisation", "batch_normalization", "none"), ("layer-repeats", 2, 1)):
        text = written(PROGRAMS[name], kind, value)
        found = [each.value for each in keras.read(Program.from_text(text)) if each.kind == kind]
        assert found == [value]
        if name != "applied":
            assert written(text, kind, nothing) == PROGRAMS[name]


def test_output_layers_and_layers_of_loops_have_nothing_behind_them():
    text = LIST.replace('    layers.Dense(8, activation="relu", name="first"),  # of two\n', "")
    loop = ADD.replace(
        "m.add(keras.layers.Dense(8, input_shape=(3,)))", "for _ in range(3):\n    m.add(keras.layers.Dense(8))"
    )
    for each in (text, loop):
        kinds = {element.kind for element in keras.read(Program.from_text(each))}
        assert not kinds & {"normalisation", "layer-repeats", "dropout-rate"}


def test_a_layer_is_put_before_the_first():
    for name, wanted in {
        "list": LIST.replace("    layers.Dense(8", "    NEW(),\n    layers.Dense(8"),
        "add": ADD.replace("m.add", "m.add(NEW())\nm.add", 1),
        "applied": APPLIED.replace("(a)\n", "(NEW()(a))\n", 1),
    }.items():
        program = Program.from_text(PROGRAMS[name])
        bindings = bindings_of(program)
        first = next(call for call in bindings.calls if call.short == "Dense")
        assert program.patched(before(bindings, first, "NEW()")).main.text == wanted


@pytest.mark.parametrize(("kind", "value"), [("normalisation", "x"), ("dropout-rate", 1), ("layer-repeats", 0)])
def test_what_is_no_layer_is_refused(kind, value):
    with pytest.raises(Unchangeable):
        written(LIST, kind, value)
