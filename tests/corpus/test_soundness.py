import pytest

from netmend.corpus.soundness import contradicts
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program


@pytest.fixture
def said(program):
    return lambda *words: contradicts(sequence_of(Program.from_text(written(program, *words))))


def written(program, output, loss, units=10):
    text = program(loss=loss, layers=(32, units)).replace(
        f"layers.Dense({units}, activation='relu')", f"layers.Dense({units}, activation={output!r})"
    )
    return text.replace(f'"{loss}"', f"keras.losses.{loss}") if loss.endswith(")") else text


LOGITS = "SparseCategoricalCrossentropy(from_logits=True)"


@pytest.mark.parametrize(
    ("output", "loss", "units"),
    [("softmax", LOGITS, 10), ("linear", "categorical_crossentropy", 10), ("relu", "binary_crossentropy", 1),
     ("softmax", "binary_crossentropy", 1)],
)  # fmt: skip
def test_an_output_that_the_loss_cannot_take_contradicts(said, output, loss, units):
    assert said(output, loss, units)


@pytest.mark.parametrize(
    ("output", "loss", "units"),
    [("linear", LOGITS, 10), ("softmax", "categorical_crossentropy", 10), ("sigmoid", "binary_crossentropy", 1),
     ("linear", "mse", 1), ("tanh", "mse", 1), ("sigmoid", "categorical_crossentropy", 10)],
)  # fmt: skip
def test_what_can_be_meant_for_each_other_does_not(said, output, loss, units):
    assert said(output, loss, units) == ""


def test_programs_with_several_losses_are_passed_over(said, program, example):
    assert said("relu", "binary_crossentropy", 1)
    text = program(loss="binary_crossentropy", layers=(32, 1)).replace(
        'loss="binary_crossentropy"', 'loss=["binary_crossentropy", "mse"]'
    )
    assert contradicts(sequence_of(Program.from_text(text))) == ""
    assert contradicts(example().sequence) == ""
