import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import keras_program
from netmend.program.reading import keras
from netmend.program.source import Program


def reduction(text):
    program = Program.from_text(text)
    found = [each for each in keras.read(program) if each.kind == "loss-reduction"]
    return program, found[0] if found else None


def stated(value):
    return keras_program(loss=f"keras.losses.MeanSquaredError(reduction={value!r})")


@pytest.mark.parametrize(
    ("written", "value"), [("sum", "sum"), ("sum_over_batch_size", "mean"), ("mean", "mean"), ("none", "none")]
)
def test_keras_names_are_read(written, value):
    assert reduction(stated(written))[1].value == value


def test_it_is_written_by_keras_name():
    program, element = reduction(stated("sum"))
    assert program.patched(keras.write(program, element, "mean")).main.text == stated("sum_over_batch_size")
    with pytest.raises(Unchangeable):
        keras.write(program, element, "median")


@pytest.mark.parametrize("loss", ['"mse"', "keras.losses.MeanSquaredError()", "mine"])
def test_an_unstated_reduction_is_no_element(loss):
    assert reduction(keras_program(loss=loss))[1] is None
