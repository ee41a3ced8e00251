import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements import betas, momentum
from netmend.program.elements._find import change
from netmend.program.lint._examples import keras_program
from netmend.program.source import Program


def changed(kind, call, value):
    program = Program.from_text(keras_program(optimizer=f"keras.optimizers.{call}"))
    (element,) = kind.find(program)
    return element.value, program.patched(change(program, element, value)).main.text


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("SGD(0.1, momentum=1.5)", 1.5, "SGD(0.1, momentum=0.9)"),
        ("SGD(0.1, 0.999)", 0.999, "SGD(0.1, 0.9)"),
        ("SGD(0.1)", 0.0, "SGD(0.1, momentum=0.9)"),
    ],
)
def test_momentum_is_read_and_written(before, value, after):
    right = keras_program(optimizer=f"keras.optimizers.{after}")
    assert changed(momentum.kind, before, 0.9) == (value, right)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("Adam(beta_1=0.999, beta_2=0.9)", "0.999, 0.9", "Adam(beta_1=0.9, beta_2=0.999)"),
        ("Adam(0.1, 0.99, 0.5)", "0.99, 0.5", "Adam(0.1, 0.9, 0.999)"),
        ("Adam(beta_2=0.1)", "0.9, 0.1", "Adam(beta_2=0.999)"),
    ],
)
def test_betas_are_read_and_written(before, value, after):
    right = keras_program(optimizer=f"keras.optimizers.{after}")
    assert changed(betas.kind, before, "0.9, 0.999") == (value, right)


def test_what_is_no_pair_of_numbers_is_refused_and_what_is_unknown_left_out():
    with pytest.raises(Unchangeable, match="two numbers"):
        changed(betas.kind, "Adam(beta_1=0.999)", "none")
    assert not betas.kind.find(Program.from_text(keras_program(optimizer="keras.optimizers.Adam(beta_1=f())")))
    assert not betas.kind.find(Program.from_text(keras_program(optimizer="keras.optimizers.Adam(0.1)")))


def test_rates_that_mean_something_else_in_an_optimiser_are_left_alone():
    program = Program.from_text(keras_program(optimizer="keras.optimizers.Lion(beta_1=0.5)"))
    assert not list(betas.kind.find(program))
