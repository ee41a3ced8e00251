import pytest

from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential()\nmodel.compile({}, 'mse')\n"


def values(text):
    elements = keras.read(Program.from_text(text))
    return {each.kind: each.value for each in elements if each.kind in {"optimiser", "learning-rate"}}


FORMS = {
    "'adam'": ("adam", 0.001),
    "'RMSprop'": ("rmsprop", 0.001),
    "'sgd'": ("sgd", 0.01),
    "keras.optimizers.SGD()": ("sgd", 0.01),
    "keras.optimizers.Adam(0.1)": ("adam", 0.1),
    "keras.optimizers.Adam(lr=0.1)": ("adam", 0.1),
    "keras.optimizers.legacy.Adam(learning_rate=1)": ("adam", 1),
    "keras.optimizers.get('sgd')": ("sgd", 0.01),
    "keras.optimizers.Adam(rate())": ("adam", None),
    "keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.5, 100))": ("adam", None),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_name_and_rate(form):
    assert values(TEXT.format(form)) == dict(zip(("optimiser", "learning-rate"), FORMS[form], strict=True))


def test_an_unknown_optimiser_has_no_rate():
    assert values(TEXT.format("mine()")) == {"optimiser": None}
    assert values(TEXT.format("keras.optimizers.Fancy(0.1)")) == {"optimiser": None}


def test_a_schedule_is_changed_where_it_starts():
    program = Program.from_text(TEXT.format("keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.5, 100))"))
    element = next(each for each in keras.read(program) if each.kind == "learning-rate")
    assert element.text == "0.5"


def test_a_regular_expression_is_not_compiled_as_a_model():
    assert values("import keras, re\nre.compile('a', 'b')\npattern.compile()\n") == {}
