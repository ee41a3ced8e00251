import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = "import keras\nkeras.layers.Dense(3, kernel_initializer={})\n"


def initialiser(text):
    program = Program.from_text(text)
    return program, next(each for each in keras.read(program) if each.kind == "initialiser")


FORMS = {
    "'he_normal'": "he_normal",
    "'HeNormal'": "he_normal",
    "'normal'": "random_normal",
    "None": "glorot_uniform",
    "keras.initializers.he_uniform": "he_uniform",
    "keras.initializers.HeUniform(seed=3)": "he_uniform",
    "keras.initializers.RandomNormal(0.0, 0.05)": "random_normal",
    "keras.initializers.RandomNormal(0.0, 2)": "random_normal(0, 2)",
    "keras.initializers.RandomUniform(maxval=1)": "random_uniform(-0.05, 1)",
    "keras.initializers.Constant(0.1)": "constant(0.1)",
    "keras.initializers.Constant(unknown)": None,
    "mine": None,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_canonical_value(form):
    _, element = initialiser(TEXT.format(form))
    assert (element.value, element.text) == (FORMS[form], form)


@pytest.mark.parametrize("value", ["random_normal(0, 2)", "random_uniform(-0.3, 0.3)", "constant(0.1)", "he_normal"])
def test_what_is_written_is_read_back(value):
    program, element = initialiser(TEXT.format("'ones'"))
    _, again = initialiser(program.patched(keras.write(program, element, value)).main.text)
    assert again.value == value


@pytest.mark.parametrize("value", ["no_such", "constant", "he_normal(3)", "random_normal(1)", "", None])
def test_what_keras_does_not_have_is_refused(value):
    program, element = initialiser(TEXT.format("'ones'"))
    with pytest.raises(Unchangeable):
        keras.write(program, element, value)
