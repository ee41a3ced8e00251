"""The last layer fine-tuned: what it changes, when it stops, and what it answers when it fails."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods import _adam, fine_tune, last_layer
from netmend.repairs.weights.methods._base import Found, Limits, NotFound, Problem, TimedOut
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


def problem(network, specification, layer=1, **options):
    required = np.full(len(specification), specification.requirement.margin)
    return Problem(network, specification, linear_layers(network.graph)[layer], Metric(), "z1", required, **options)


def test_the_last_layer_alone_is_trained_until_every_point_is_right(mlp, wrong):
    found = last_layer.propose(problem(mlp, wrong, layer=0), quiet)
    assert isinstance(found, Found) and set(found.change.changed) == {"fc1.weight", "fc1.bias"}
    answers = mlp.run(wrong.inputs, found.change.changed).argmax(axis=1)
    assert np.array_equal(answers, wrong.requirement.labels)


def test_the_size_of_a_change_of_another_layer_than_the_one_asked_for_is_that_of_the_change(mlp, wrong):
    stored = mlp.graph.constants
    for method, layer in ((last_layer, 0), (last_layer, 1), (fine_tune, 0)):
        change = method.propose(problem(mlp, wrong, layer=layer), quiet).change
        moved = {name: value.astype(float) - stored[name] for name, value in change.changed.items()}
        weights = [name for name in moved if name.endswith("weight")]
        whole = np.sqrt(sum(np.sum(each**2) for each in moved.values()))
        share = np.linalg.norm(np.concatenate([moved[name].ravel() for name in weights]))
        share /= np.linalg.norm(np.concatenate([stored[name].ravel() for name in weights]))
        assert np.isclose(change.norm, whole) and np.isclose(change.relative, share) and change.relative > 0.01


def test_what_no_network_can_do_is_not_found_and_no_time_is_said(mlp, wrong, monkeypatch):
    monkeypatch.setattr(_adam, "EPOCHS", 20)
    same = Specification(np.repeat(wrong.inputs[:1], 2, axis=0), Labels(np.array([0, 1])))
    answer = last_layer.propose(problem(mlp, same), quiet)
    assert isinstance(answer, NotFound) and answer.missed >= 1 and answer.worst > 0
    late = last_layer.propose(problem(mlp, wrong, limits=Limits(seconds=-1.0)), lambda said: None)
    assert isinstance(late, TimedOut) and late.missed == 2


def test_points_that_are_right_need_no_change(mlp, wrong):
    right = wrong.select(np.arange(2, 8))
    found = last_layer.propose(problem(mlp, right), lambda said: None)
    assert isinstance(found, Found) and found.change.size == 0
