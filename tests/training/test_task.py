"""What fits together: label forms, losses, last activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from netmend.training.symptoms._examples import (
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
    one_hot,
)
from netmend.training.task import (
    OUTPUT_RANGE,
    LabelForm,
    constant_loss,
    fitting_activations,
    fitting_losses,
    label_form,
    output_activation,
)
from netmend.training.trace import ArrayStats, Trace

FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "softplus": lambda x: np.logaddexp(x, 0),
    "exponential": np.exp,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "tanh": np.tanh,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum()),
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0),
}


@pytest.mark.parametrize("name", OUTPUT_RANGE)
def test_ranges_hold_what_the_formulas_give_and_no_more(name: str) -> None:
    values = FORMULAS[name](np.linspace(-300, 300, 61))
    low, high = OUTPUT_RANGE[name]
    assert values.min() >= low - 1e-4
    assert values.max() <= high
    # Every bound is reached or approached.
    assert math.isinf(low) or values.min() - low < 0.01
    assert math.isinf(high) or high - values.max() < 0.01


@pytest.mark.parametrize(
    ("trace", "form"),
    [
        (healthy(), LabelForm.INTEGER),
        (healthy(labels=one_hot(10)), LabelForm.ONE_HOT),
        (healthy(labels=classes(2), outputs=array(0, 1, shape=(1,)), loss="hinge"), LabelForm.BINARY),
        (healthy(labels=classes(2), outputs=array(0, 1, shape=(2,)), loss="mean_squared_error"), LabelForm.INTEGER),
        (healthy(labels=array(0, 1, shape=(5,), integral=True)), LabelForm.MULTI_LABEL),
        (healthy_regression(), LabelForm.REAL),
        (healthy_regression(labels=array(25, 346, integral=True)), LabelForm.REAL),
        (healthy_regression(labels=array(-1, 1, integral=True, distinct=2)), LabelForm.SIGNED),
        (healthy(labels=None), None),
        (healthy(labels=array(math.nan, 1)), None),
    ],
)
def test_label_forms_are_told_apart(trace: Trace, form: LabelForm | None) -> None:
    assert label_form(trace) == form


def test_a_program_that_fits_is_offered_what_it_has() -> None:
    for trace, activation, loss in (
        (healthy(), "softmax", "sparse_categorical_crossentropy"),
        (healthy_regression(), "linear", "mean_squared_error"),
        (healthy_torch(), "linear", "sparse_categorical_crossentropy(from_logits)"),
        (
            healthy(loss="categorical_crossentropy", labels=one_hot(10)),
            "softmax",
            "categorical_crossentropy",
        ),
    ):
        assert output_activation(trace) == activation
        assert fitting_activations(trace)[0] == activation
        assert fitting_losses(trace)[0] == loss


def test_an_activation_that_no_layer_shows_is_not_called_linear() -> None:
    unseen = healthy(layers=(layer("dense", "", 10, 650, "output"),))
    assert output_activation(unseen) is None
    custom = healthy(layers=(layer("dense", "custom", 10, 650, "output"),))
    assert output_activation(custom) is None
    seen = healthy(layers=(layer("dense", "", 10, 650, "output"),), outputs=array(-3, 3, shape=(10,)))
    assert output_activation(seen) == "linear"


def test_the_last_activation_may_be_a_layer_of_its_own() -> None:
    trace = healthy(
        layers=(layer("dense", "linear", 1, 65, "output"), layer("act", "softmax", 0, 0, "output", kind="Activation")),
        outputs=array(1, 1, shape=(1,)),
    )
    assert output_activation(trace) == "softmax"


def test_the_loss_of_a_constant_answer_is_what_the_definition_gives() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 7, 200_000)
    entropy = -sum(share * math.log(share) for share in np.bincount(labels) / len(labels))
    assert constant_loss(healthy(labels=classes(7))) == pytest.approx(entropy, rel=1e-3)
    targets = random.normal(3, 5, 200_000)
    normal = array(-20, 25, mean=3.0, std=5.0)
    squared = np.mean((targets - targets.mean()) ** 2)
    assert constant_loss(healthy_regression(labels=normal)) == pytest.approx(squared, rel=0.01)
    absolute = np.mean(np.abs(targets - np.median(targets)))
    assert constant_loss(healthy_regression(labels=normal, loss="mean_absolute_error")) == pytest.approx(
        absolute, rel=0.01
    )
    assert constant_loss(healthy_regression(loss="custom")) is None


def test_whole_numbers_for_every_position_of_a_sequence_are_class_numbers() -> None:
    tags = ArrayStats("int64", (20,), 100, 0.0, 43.0, 20.0, 5.0, integral=True)
    answers = replace(tags, dtype="float32", shape=(20, 44), maximum=1.0, integral=False)
    tagger = replace(healthy(), labels=tags, outputs=answers, loss="sparse_categorical_crossentropy")
    assert label_form(tagger) is LabelForm.INTEGER
    assert label_form(replace(tagger, outputs=replace(answers, shape=(20,)))) is LabelForm.REAL
    assert label_form(replace(tagger, loss="mean_squared_error")) is LabelForm.REAL
