"""Repairing the layer of each part that comes first by the change of the gap."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice import gap_drift, shortlist
from netmend.repairs.weights.methods._base import Found, NotFound

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def deep(chain, points, context_of):
    """A context of six layers with three wrong points."""
    from netmend.repairs.weights.specification import Labels, Specification

    random = np.random.default_rng(7)
    widths = (4, 8, 8, 8, 8, 8, 3)
    layers = [
        (random.normal(size=(after, before)).astype(np.float32) * 0.7, np.zeros(after, np.float32))
        for before, after in pairwise(widths)
    ]
    network = chain(*layers)
    inputs = points[:3]
    labels = (network.run(inputs).argmax(axis=1) + 1) % 3
    return context_of(network, Specification(inputs, Labels(labels, 1e-3)), ordinary=points)


def answers(context, layers):
    return [context.repaired(layer).answer for layer in layers]


def best_of_halves(context):
    """Of six layers, the best of the first three and of the last three by gap-drift, the better one first."""
    known = gap_drift.scores(context)
    return sorted((int(known[:3].argmax()), 3 + int(known[3:].argmax())), key=lambda at: -known[at])


def test_of_six_layers_the_best_of_each_half_is_repaired_and_the_cheaper_one_comes_first(deep, order):
    first, second = best_of_halves(deep)
    tried = []

    def remembered(layers):
        tried.extend(layer.index for layer in layers)
        return answers(deep, layers)

    dear = deep.repaired(deep.layers[first]).answer.change.id
    context = replace(deep, tried=remembered, loss=lambda change: 0.4 if change.id == dear else 0.1)
    by_cost = order(context, "shortlist")
    assert set(tried) == {first, second} and by_cost[:2] == [second, first]
    assert by_cost[2:] == [at for at in order(deep, "gap-drift") if at not in (first, second)]


def test_a_layer_that_cannot_be_repaired_comes_last(deep, order):
    first = best_of_halves(deep)[0]

    def failing(layers):
        return [NotFound("", 1.0) if layer.index == first else answers(deep, [layer])[0] for layer in layers]

    assert order(replace(deep, tried=failing, loss=lambda change: 0.9), "shortlist")[-1] == first


def test_without_labels_the_share_of_changed_predictions_decides(deep):
    context = replace(deep, tried=lambda layers: answers(deep, layers))
    found = shortlist.scores(context)
    for at in np.flatnonzero(found > -2):
        answer = deep.repaired(deep.layers[at]).answer
        assert isinstance(answer, Found)
        before, after = (deep.network.run(deep.ordinary, each).argmax(axis=1) for each in ({}, answer.change.changed))
        assert np.isclose(-found[at], np.mean(before != after))


def test_few_layers_and_dear_networks_are_ranked_by_gap_drift_alone(mlp, wrong, deep, context_of, monkeypatch):
    def refused(layers):
        raise AssertionError

    shallow = replace(context_of(mlp, wrong), tried=refused)
    assert np.array_equal(shortlist.scores(shallow), gap_drift.scores(shallow))
    monkeypatch.setattr(shortlist, "PRODUCTS", 1.0)
    assert np.array_equal(shortlist.scores(replace(deep, tried=refused)), gap_drift.scores(deep))
