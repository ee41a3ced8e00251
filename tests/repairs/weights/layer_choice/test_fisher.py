"""Squared gradients over the Fisher information, against finite differences."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.layer_choice.fisher import scores
from netmend.repairs.weights.specification import Intervals, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_mean_ratios(mlp, wrong, twin, context_of):
    ordinary = np.random.default_rng(6).normal(size=(40, 4)).astype(np.float32)
    pulls = twin.gradients(wrong.inputs, wrong.requirement.labels)
    used = twin.gradients(ordinary, twin.features(ordinary)[1].argmax(axis=1))
    slow = []
    for pull, each in zip(pulls, used, strict=True):
        information = np.mean(each**2, axis=0)
        slow.append(np.mean(pull.mean(axis=0) ** 2 / (information + 1e-8 * information.mean())))
    assert np.allclose(scores(context_of(mlp, wrong, ordinary)), slow, rtol=1e-3)


def test_a_unit_that_ordinary_inputs_leave_silent_is_a_good_place(chain, wrong, context_of, order):
    # Only points with a positive first number use the first unit, and ordinary inputs have none.
    network = chain((np.eye(4), np.zeros(4)), (np.ones((3, 4)) * [[1], [-1], [0.5]], np.array([0.0, 0.1, 0.0])))
    ordinary = np.random.default_rng(6).normal(size=(40, 4)).astype(np.float32)
    ordinary[:, 0] = -1
    inputs = np.abs(wrong.inputs) * np.array([1, 0, 0, 0], np.float32)
    from netmend.repairs.weights.specification import Labels

    specification = Specification(inputs, Labels(np.ones(8, np.int64)))
    silent = scores(context_of(network, specification, ordinary))
    used = scores(context_of(network, specification, np.abs(ordinary)))
    assert np.all(silent > 1000 * used)


def test_without_classes_it_is_refused(mlp, points, context_of, order):
    bounds = Intervals(np.full((8, 3), -1.0), np.full((8, 3), 1.0))
    with pytest.raises(UsageError, match="class labels"):
        order(context_of(mlp, Specification(points, bounds)), "fisher")
