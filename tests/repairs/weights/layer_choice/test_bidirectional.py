"""Impacts of single weights and their front, weight by weight."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice._losses import losses_of
from netmend.repairs.weights.layer_choice.bidirectional import impacts, in_proportion, pareto_front, scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def slow_forward(weight, inputs, reach):
    """By the definition, one weight at a time; reach is |d sum f / d o|, (N, units)."""
    found = np.zeros_like(weight)
    for unit, source in np.ndindex(weight.shape):
        shares, pulls = [], []
        for row, pull in zip(inputs, reach, strict=True):
            total = np.abs(row * weight[unit]).sum()
            shares.append(abs(row[source] * weight[unit, source]) / total if total else 0)
            pulls.append(pull[unit] / pull.sum() if pull.sum() else 0)
        found[unit, source] = np.mean(shares) * np.mean(pulls)
    return found


def test_impacts_are_those_of_the_definition(mlp, wrong, twin, context_of):
    context = context_of(mlp, wrong)
    found = impacts(context, wrong.inputs, losses_of(context))
    w0, _, w1, _ = twin.arrays
    hidden, values = twin.features(wrong.inputs)
    at_hidden = np.abs(np.repeat(w1.sum(axis=0)[None], 8, axis=0))
    assert np.allclose(found[0][0][0], slow_forward(w0, wrong.inputs.astype(float), at_hidden))
    assert np.allclose(found[1][0][0], slow_forward(w1, hidden, np.ones_like(values)))
    gradients = twin.gradients(wrong.inputs, wrong.requirement.labels)
    for (_, backward), each in zip(found, gradients, strict=True):
        assert np.allclose(backward[0], np.abs(each.mean(axis=0)), atol=1e-7)


def test_the_front_is_what_nothing_dominates():
    random = np.random.default_rng(0)
    for one, other in (random.random((2, 60)), random.integers(0, 4, (2, 60)).astype(float)):
        slow = [
            not np.any((one >= a) & (other >= b) & ((one > a) | (other > b))) for a, b in zip(one, other, strict=True)
        ]
        assert list(pareto_front(one, other)) == slow


def test_ordinary_inputs_are_drawn_by_class(mlp, wrong, context_of):
    ordinary = np.random.default_rng(6).normal(size=(200, 4)).astype(np.float32)
    predicted = mlp.run(ordinary).argmax(axis=1)
    chosen = in_proportion(context_of(mlp, wrong, ordinary), 50)
    assert len(set(chosen)) == 50
    assert np.all(np.abs(np.bincount(predicted[chosen], minlength=3) - np.bincount(predicted, minlength=3) / 4) < 1)


def test_weights_that_nothing_depends_on_are_not_to_blame(chain, wrong, context_of, order):
    network = chain((np.eye(4), np.ones(4)), (np.zeros((3, 4)), np.arange(3.0)))
    context = context_of(network, wrong)
    assert scores(context)[0] == 0 and order(context, "bidirectional") == [1, 0]
