import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import keras_program
from netmend.program.reading import keras
from netmend.program.source import Program

STOP = "keras.callbacks.EarlyStopping(monitor='val_accuracy', mode='min')"
RATE = "keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 10)"


def elements(text, kind):
    program = Program.from_text(text)
    return program, [each for each in keras.read(program) if each.kind == kind]


def written(text, kind, value):
    program, (element,) = elements(text, kind)
    return program.patched(keras.write(program, element, value)).main.text


def fit(callbacks):
    return keras_program(fit=f"epochs=20, callbacks={callbacks}")


@pytest.mark.parametrize(
    "text",
    [
        fit(f"[{STOP}]"),
        fit(STOP),
        fit("[stop]").replace("model.fit", f"stop = {STOP}\nmodel.fit"),
        fit("watching").replace("model.fit", f"stop = {STOP}\nwatching = [stop]\nmodel.fit"),
    ],
)
def test_patience_and_direction_of_early_stopping_are_read_and_written(text):
    (patience,), (way,) = elements(text, "patience")[1], elements(text, "better-is")[1]
    assert (patience.value, patience.absent, patience.owner) == (0, True, "EarlyStopping on val_accuracy")
    assert (way.value, way.form) == ("min", "val_accuracy")
    assert "mode='min', patience=10)" in written(text, "patience", 10)
    assert "mode='auto')" in written(text, "better-is", "auto")


def test_patience_that_is_stated_by_position_is_read():
    (element,) = elements(fit("[keras.callbacks.EarlyStopping('loss', 0.1, 3)]"), "patience")[1]
    assert (element.value, element.text) == (3, "3")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (fit(f"[{RATE}]"), fit("[]")),
        (fit(f"[{STOP}, {RATE}]"), fit(f"[{STOP}]")),
        (fit(RATE), keras_program(fit="epochs=20")),
        (fit("[keras.callbacks.ReduceLROnPlateau()]"), fit("[]")),
    ],
)
def test_a_callback_that_sets_the_rate_is_taken_out(before, after):
    assert elements(before, "rate-schedule")[1][0].value == "each epoch"
    assert written(before, "rate-schedule", "none") == after


def test_a_callback_cannot_be_made_to_set_it_after_each_update():
    with pytest.raises(Unchangeable):
        written(fit(f"[{RATE}]"), "rate-schedule", "each update")


@pytest.mark.parametrize("text", [keras_program(), fit("[keras.callbacks.ModelCheckpoint('a.keras')]"), fit("mine")])
def test_other_callbacks_are_no_elements(text):
    assert not any(elements(text, kind)[1] for kind in ("patience", "better-is", "rate-schedule"))
