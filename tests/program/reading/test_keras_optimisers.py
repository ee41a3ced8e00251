import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements import rate_schedule
from netmend.program.elements._find import change
from netmend.program.lint._examples import keras_program
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


@pytest.mark.parametrize("named", [True, False])
def test_a_schedule_of_the_optimiser_gives_way_to_the_rate_it_starts_from(named):
    made = "keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=1, decay_rate=0.5)"
    text = keras_program(optimizer=f"keras.optimizers.Adam(learning_rate={'decay' if named else made})")
    program = Program.from_text(text.replace("model =", f"decay = {made}\nmodel =") if named else text)
    (element,) = rate_schedule.kind.find(program)
    assert (element.value, element.owner) == ("each update", "ExponentialDecay")
    assert "keras.optimizers.Adam(learning_rate=0.02)" in program.patched(change(program, element, "none")).main.text
    with pytest.raises(Unchangeable):
        change(program, element, "each epoch")
