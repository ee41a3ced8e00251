"""Side effects counted by hand."""

import numpy as np
import pytest

from netmend.repairs.weights.harm import LabelledInputs, classes, halves, side_effects

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
