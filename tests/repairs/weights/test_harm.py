"""Side effects counted by hand."""

import numpy as np
import pytest

from netmend.network.load import load
from netmend.repairs.weights.harm import LabelledInputs, classes, halves, side_effects
from netmend.repairs.weights.requirements.intervals import Intervals

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_drawdown_regressions_churn_and_drift(mlp, points):
    changed = {"fc1.bias": mlp.graph.constants["fc1.bias"] + np.float32([3, 0, 0])}
    old, new = mlp.run(points).astype(float), mlp.run(points, changed).astype(float)
    labels = old.argmax(axis=1)
    labels[0] = new.argmax(axis=1)[0]
    harm = side_effects(mlp, changed, LabelledInputs(points, labels))
    was, now = old.argmax(axis=1), new.argmax(axis=1)
    assert harm.churn == np.mean(was != now) > 0
    assert harm.accuracy == (np.mean(was == labels), np.mean(now == labels))
    assert harm.regressions == sum((was == labels) & (now != labels))
    assert np.isclose(harm.drift, 3 / np.sqrt(3), atol=1e-6) and harm.lost == harm.drawdown
    unlabelled = side_effects(mlp, changed, LabelledInputs(points))
    assert unlabelled.drawdown is None and unlabelled.lost == harm.churn
    assert "newly wrong" in harm.sentence() and "newly wrong" not in unlabelled.sentence()


def test_of_numbers_what_is_required_counts_and_never_a_class(mlp, points):
    changed = {"fc1.bias": mlp.graph.constants["fc1.bias"] + np.float32([3, 0, 0])}
    old, new = mlp.run(points).astype(float), mlp.run(points, changed).astype(float)
    low, high = old - 1.0, old + np.where(np.arange(8) < 3, 9.0, 1.0)[:, None]
    high[7] = low[7] + 0.5  # not met before either
    given = LabelledInputs(points, requirement=Intervals(low, high), classified=False)
    harm = side_effects(mlp, changed, given)
    inside = [[bool(np.all((a >= b) & (a <= c))) for a, b, c in zip(out, low, high, strict=True)] for out in (old, new)]
    assert harm.accuracy == (np.mean(inside[0]), np.mean(inside[1])) == (7 / 8, 3 / 8)
    assert harm.regressions == 4 and harm.lost == 0.5 and harm.churn is None
    assert "as required 87.50% -> 37.50%, 4 of 8 newly wrong" in harm.sentence()
    assert harm.loss() == "50.00% fewer inputs are as required"
    half = given.select(np.arange(4))
    assert np.array_equal(half.requirement.high, high[:4]) and not half.classified
    unknown = side_effects(mlp, changed, LabelledInputs(points, classified=False))
    assert unknown.churn is None and unknown.accuracy is None
    assert np.isclose(unknown.lost, np.linalg.norm(new - old) / np.linalg.norm(old))
    assert "predictions" not in unknown.sentence() and unknown.loss().startswith("the outputs move by")


def test_nothing_changed_costs_nothing(mlp, points):
    harm = side_effects(mlp, {}, LabelledInputs(points, np.zeros(8, int)))
    assert harm.lost == harm.drift == harm.churn == harm.regressions == 0


def test_halves_are_disjoint_and_together_everything():
    given = LabelledInputs(np.arange(11.0)[:, None], np.arange(11))
    one, other = halves(given, seed=3)
    assert sorted([*one.labels, *other.labels]) == list(range(11)) and abs(len(one) - len(other)) == 1
    assert np.array_equal(one.inputs[:, 0], one.labels)


def test_a_single_output_is_read_by_its_sign():
    assert classes(np.array([[-1.0], [2.0]])).tolist() == [0, 1]


def test_a_single_probability_is_read_by_its_side_of_a_half(sigmoid_file, points):
    network = load(sigmoid_file())
    labels = (network.run(points)[:, 0] > 0.5).astype(int)
    changed = {"fc1.weight": -network.graph.constants["fc1.weight"], "fc1.bias": -network.graph.constants["fc1.bias"]}
    harm = side_effects(network, changed, LabelledInputs(points, labels))
    assert harm.accuracy == (1.0, 0.0) and harm.churn == 1.0 and harm.regressions == 8
