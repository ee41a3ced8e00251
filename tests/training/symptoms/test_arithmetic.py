"""The arithmetic of symptoms against slow and obvious ways."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netmend.training.symptoms._examples import (
    classes,
    curves,
    healthy,
    healthy_regression,
    layer,
    moments,
    short,
    sick,
    unlearned,
)
from netmend.training.symptoms._layers import gradient_ratios, relative_step
from netmend.training.symptoms._values import batch_sizes, epochs, learning_rates
from netmend.training.symptoms.constant_output import symptom as constant_output
from netmend.training.symptoms.crash import symptom as crash
from netmend.training.symptoms.oscillating_loss import swings
from netmend.training.symptoms.output_range_cannot_cover_labels import symptom as output_range
from netmend.training.symptoms.overfitting import symptom as overfitting
from netmend.training.symptoms.rate_fades_early import symptom as fades
from netmend.training.symptoms.regulariser_dominates_loss import symptom as regulariser
from netmend.training.symptoms.stopped_early import symptom as stopped
from netmend.training.symptoms.train_eval_mismatch import difference
from netmend.training.trace import ArrayStats, Crash, Evaluation, Trace


def stats_of(values: np.ndarray) -> ArrayStats:
    return ArrayStats("float64", (), len(values), values.min(), values.max(), values.mean(), values.std())


def test_swings_of_a_zigzag_are_counted_in_pairs() -> None:
    #      high  low  high  low (too near)  high
    curve = (0.1, 0.5, 0.2, 0.4, 0.38, 0.6, 0.5)
    assert swings(curve) == 1
    assert swings((0.1, 0.5, 0.1, 0.5, 0.1, 0.5)) == 2
    assert swings(tuple(np.linspace(0, 1, 50))) == 0


def test_swings_equal_a_slow_count_on_random_curves() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        values = random.random(30).tolist()
        highs = [v for i, v in enumerate(values) if 0 < i < 29 and v > values[i - 1] and v > values[i + 1]]
        lows = [v for i, v in enumerate(values) if 0 < i < 29 and v < values[i - 1] and v < values[i + 1]]
        count = 0
        for index in range(min(len(highs), len(lows))):
            if abs(highs[index] - lows[index]) >= 0.03:
                count += 1
        assert swings(values) == count


def test_samples_of_one_distribution_rarely_differ_by_the_threshold() -> None:
    random = np.random.default_rng(5)
    beyond = 0
    for _ in range(10_000):
        found = difference(stats_of(random.normal(size=10)), stats_of(random.normal(size=10)))
        assert found is not None
        beyond += found > 3
    # One case in 300, as the documentation says: 33 of 10,000, give or take three standard errors.
    assert abs(beyond - 10_000 / 300) < 3 * math.sqrt(10_000 / 300)


def test_forgotten_scaling_differs_by_its_factor() -> None:
    pixels = np.random.default_rng(7).integers(0, 256, 1000).astype(float)
    assert difference(stats_of(pixels / 255), stats_of(pixels)) == pytest.approx(255)
    assert difference(stats_of(pixels), stats_of(pixels + 500)) == pytest.approx(500 / pixels.std())
    constant = np.full(20, 3.0)
    assert difference(stats_of(constant), stats_of(constant)) == 1.0
    assert difference(stats_of(constant), stats_of(pixels)) == 1e6


def test_gradient_ratios_are_first_over_last_at_each_moment() -> None:
    trace = sick(healthy(), "dense", gradient_norm=6.0)
    trace = sick(trace, "dense_1", gradient_norm=2.0)
    assert gradient_ratios(trace) == ((3.0, 6.0),) * 3
    assert gradient_ratios(sick(trace, "dense", gradient_norm=math.nan)) == ()
    assert gradient_ratios(sick(trace, "dense_1", gradient_norm=0.0)) == ()


def test_an_adam_step_is_what_adam_does_at_first() -> None:
    # One step of Adam from any gradient moves every weight by the learning rate.
    random = np.random.default_rng(11)
    weights = random.normal(size=4160) * 0.1
    gradient = random.normal(size=4160)
    first, second = 0.1 * gradient / (1 - 0.9), 0.001 * gradient**2 / (1 - 0.999)
    moved = weights - 0.001 * first / (np.sqrt(second) + 1e-8)
    trace = healthy(
        layers=(layer("dense", "relu", 64, 4160),), stats=moments("dense", weight_norm=float(np.linalg.norm(weights)))
    )
    assert relative_step(trace) == pytest.approx(np.linalg.norm(moved - weights) / np.linalg.norm(weights), rel=1e-4)


def test_a_plain_step_is_the_update_ratio_and_other_optimisers_are_not_judged() -> None:
    trace = sick(sick(unlearned(optimiser="sgd"), "dense", update_ratio=0.2), "dense_1", update_ratio=0.4)
    assert relative_step(trace) == pytest.approx(0.3)
    assert relative_step(replace(trace, optimiser="adadelta")) is None
    assert relative_step(replace(trace, optimiser="adam", learning_rate=math.nan)) is None


@pytest.mark.parametrize(
    ("labels", "activation", "share"),
    [((-2.0, 2.0), "relu", 0.5), ((-3.0, 1.0), "tanh", 0.5), ((0.0, 4.0), "sigmoid", 0.75), ((0.0, 4.0), "relu", 0.0)],
)
def test_the_uncovered_share_of_the_labels(labels: tuple[float, float], activation: str, share: float) -> None:
    grid = np.linspace(*labels, 100_001)
    low, high = {"relu": (0, math.inf), "tanh": (-1, 1), "sigmoid": (0, 1)}[activation]
    assert np.mean((grid < low) | (grid > high)) == pytest.approx(share, abs=1e-3)
    stats = ArrayStats("float32", (), 100, *labels, sum(labels) / 2, 1.0, distinct=100)
    trace = healthy_regression(labels=stats, layers=(layer("out", activation, 1, 65, "output"),))
    assert [reading.value for reading in output_range.measure(trace)] == [pytest.approx(share)]


def predicted(folder: Path, predictions: np.ndarray, **changes: object) -> Trace:
    file = folder / "predictions.npz"
    rows = len(predictions)
    np.savez(file, y_true=np.zeros(rows), y_pred=predictions, row_hash=np.zeros(rows, np.uint32))
    return replace(healthy(), evaluation=Evaluation("evaluate", file, rows), **changes)  # type: ignore[arg-type]


def test_equal_rows_of_unequal_probabilities_are_constant(tmp_path: Path) -> None:
    row = np.array([0.7, 0.2, 0.1])
    assert constant_output.fires(predicted(tmp_path, np.tile(row, (50, 1))))
    turned = np.stack([np.roll(row, number % 3) for number in range(50)])
    assert not constant_output.fires(predicted(tmp_path, turned))
    value = constant_output.measure(predicted(tmp_path, turned))[0].value
    assert value == pytest.approx(max(np.std([row[(c - n) % 3] for n in range(50)]) for c in range(3)))


def test_predictions_that_are_gone_give_no_reading(tmp_path: Path) -> None:
    trace = healthy(evaluation=Evaluation("evaluate", tmp_path / "gone.npz", 5))
    assert constant_output.measure(trace) == ()
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 torn")
    assert constant_output.measure(replace(trace, evaluation=Evaluation("evaluate", tmp_path / "torn.npz", 5))) == ()


def test_overfitting_measures_the_rise_from_the_best_epoch() -> None:
    trace = healthy(epochs=curves(loss=(1.0, 0.5, 0.4, 0.3), val_loss=(1.0, 0.6, 0.7, 0.9)))
    (reading,) = overfitting.measure(trace)
    assert reading.value == pytest.approx(0.9 / 0.6 - 1)
    assert "epoch 2" in reading.message


def test_the_penalty_is_compared_with_the_constant_answer() -> None:
    layers = (
        layer("a", "relu", 64, 4160, regulariser="l1(0.01)", penalty=3.0),
        layer("b", "softmax", 10, 650, "output", regulariser="l1(0.01)", penalty=1.0),
    )
    (reading,) = regulariser.measure(healthy(layers=layers, labels=classes(10)))
    assert reading.value == pytest.approx(4.0 / math.log(10))
    assert [blame.layer for blame in reading.blames] == [0, 1]
    assert reading.blames[0].weight == pytest.approx(3 * reading.blames[1].weight)


def test_values_to_try_are_sensible_and_never_the_present_one() -> None:
    trace = healthy()
    assert learning_rates(trace, 10, 0.1) == (0.01, 0.0001)
    assert learning_rates(replace(trace, learning_rate=0.5), 10, 0.1) == (0.05,)
    assert learning_rates(replace(trace, learning_rate=math.nan), 10) == ()
    assert epochs(trace, 2, 1, 0.001) == (60, 1)
    assert batch_sizes(replace(trace, batch_size=1), 0.5, 2) == (2,)
    assert batch_sizes(replace(trace, batch_size=0), 0.5, 2) == ()


def test_the_share_of_epochs_at_a_faded_rate_is_counted() -> None:
    rates = [0.1 * 0.5**epoch for epoch in range(30)]
    epochs_ = tuple(replace(epoch, learning_rate=rate) for epoch, rate in zip(healthy().epochs, rates, strict=True))
    (reading,) = fades.measure(healthy(epochs=epochs_, learning_rate=0.1))
    assert reading.value == sum(rate < 0.001 for rate in rates) / 30
    assert not fades.measure(healthy(epochs=epochs_[:2]))


def test_the_share_of_planned_epochs_is_that_of_an_unlearned_run_alone() -> None:
    ended = replace(short(unlearned(), 6), epochs_planned=30)
    (reading,) = stopped.measure(ended)
    assert reading.value == 6 / 30
    assert not stopped.measure(replace(short(healthy(), 12), epochs_planned=30))


def test_labels_that_are_counted_from_1_are_told_beside_a_wider_output() -> None:
    died = Crash("IndexError: Target 5 is out of bounds.", "units", "output", 2, 6, "Linear 3", 5)
    (from_1,) = crash.measure(healthy(crash=died, labels=replace(classes(6), minimum=1.0)))
    (from_0,) = crash.measure(healthy(crash=died, labels=classes(6)))
    assert "subtracting 1" in from_1.message and "subtracting 1" not in from_0.message
    assert "Linear 3 has 5 outputs, and the labels ask for 6." in from_0.message
