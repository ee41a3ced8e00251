import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential()\nmodel.compile(optimizer={}, loss='mse')\n"
OBJECT = "keras.optimizers.SGD(0.1{})"


def clipping(text):
    program = Program.from_text(text)
    return program, next(each for each in keras.read(program) if each.kind == "gradient-clipping")


def written(text, value):
    program, element = clipping(text)
    return program.patched(keras.write(program, element, value)).main.text


FORMS = {
    "": ("none", True),
    ", clipnorm=2": ("norm(2)", False),
    ", clipvalue=0.5": ("value(0.5)", False),
    ", global_clipnorm=1.0": ("global_norm(1)", False),
    ", clipnorm=None": ("none", True),
    ", clipnorm=limit": (None, False),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_value(form):
    _, element = clipping(TEXT.format(OBJECT.format(form)))
    assert (element.value, element.absent) == FORMS[form]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("", "global_norm(1)", ", global_clipnorm=1.0"),
        (", clipvalue=0.5", "value(2)", ", clipvalue=2.0"),
        (", clipvalue=0.5", "norm(1)", ", clipnorm=1.0"),
        (", clipvalue=0.5", "none", ""),
    ],
)
def test_an_argument_is_added_changed_and_removed(before, value, after):
    assert written(TEXT.format(OBJECT.format(before)), value) == TEXT.format(OBJECT.format(after))


def test_a_name_becomes_an_object():
    wanted = TEXT.format("keras.optimizers.Adam(clipnorm=1.0)")
    assert written(TEXT.format('"adam"'), "norm(1)") == wanted


@pytest.mark.parametrize("value", ["norm", "norm(a)", "rows(1)", 3])
def test_what_keras_does_not_have_is_refused(value):
    with pytest.raises(Unchangeable):
        written(TEXT.format('"adam"'), value)


@pytest.mark.keras
@pytest.mark.parametrize("value", ["norm(0.25)", "global_norm(0.25)", "value(0.25)"])
def test_keras_clips_by_what_is_written(value, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    package = pytest.importorskip("keras")
    names = {}
    exec(written("import keras\n" + f"made = {OBJECT.format('')}\n", value), names)
    optimizer = names["made"]
    held = {"norm": optimizer.clipnorm, "global_norm": optimizer.global_clipnorm, "value": optimizer.clipvalue}
    assert isinstance(optimizer, package.optimizers.Optimizer)
    assert held == {name: 0.25 if value.startswith(f"{name}(") else None for name in held}
