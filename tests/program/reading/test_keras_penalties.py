import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = "import keras\nfrom keras import regularizers as r\nkeras.layers.Dense(3, kernel_regularizer={})\n"


def regulariser(text):
    program = Program.from_text(text)
    return program, next(each for each in keras.read(program) if each.kind == "regulariser")


FORMS = {
    "'l2'": "l2(0.01)",
    "'L1'": "l1(0.01)",
    "r.l2(0.1)": "l2(0.1)",
    "r.L2(l2=0.1)": "l2(0.1)",
    "r.l2(l=0.1)": "l2(0.1)",
    "r.L1()": "l1(0.01)",
    "r.L1L2(0.1, 0.2)": "l1_l2(0.1, 0.2)",
    "r.l1_l2(l2=0.2)": "l2(0.2)",
    "r.L1L2()": "none",
    "r.L2(0.0)": "none",
    "None": "none",
    "r.L2(unknown)": None,
    "r.OrthogonalRegularizer(0.1)": None,
    "mine": None,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_canonical_value(form):
    _, element = regulariser(TEXT.format(form))
    assert (element.value, element.text) == (FORMS[form], form)


@pytest.mark.parametrize("value", ["none", "l1(0.5)", "l2(1e-05)", "l1_l2(0.1, 0.2)"])
def test_what_is_written_is_read_back(value):
    program, element = regulariser(TEXT.format("r.L2(0.7)"))
    _, again = regulariser(program.patched(keras.write(program, element, value)).main.text)
    assert again.value == value


@pytest.mark.parametrize("value", ["l3", "l2(a)", "l2(1, 2)", "l1_l2(1)", "l2(0.1"])
def test_what_keras_does_not_have_is_refused(value):
    program, element = regulariser(TEXT.format("r.L2(0.7)"))
    with pytest.raises(Unchangeable):
        keras.write(program, element, value)
