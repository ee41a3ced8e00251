"""The drift after one step, computed again by running the changed networks."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice._base import Context
from netmend.repairs.weights.layer_choice.probe_drift import scores
from netmend.repairs.weights.layer_repair import Workshop
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_minus_the_root_mean_square_change(mlp, wrong):
    ordinary = np.random.default_rng(2).normal(size=(30, 4)).astype(np.float32)
    workshop = Workshop(NetworkUnderRepair(mlp.path, mlp, wrong), "l2", "linearise-solve-verify", lambda said: None)
    context = Context(mlp, wrong, workshop.layers, "z1", ordinary, workshop.problem, workshop.probe)
    for layer, score in zip(workshop.layers, scores(context), strict=True):
        moved = mlp.run(ordinary, workshop.probe(layer).changed).astype(float) - mlp.run(ordinary).astype(float)
        assert np.isclose(score, -np.sqrt(np.mean(moved**2)))


def test_a_layer_without_a_step_has_no_score(mlp, wrong):
    workshop = Workshop(NetworkUnderRepair(mlp.path, mlp, wrong), "l2", "linearise-solve-verify", lambda said: None)
    context = Context(mlp, wrong, workshop.layers, "z1", wrong.inputs, workshop.problem, lambda layer: None)
    assert np.isnan(scores(context)).all()
