"""Repairing every layer."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.harm import LabelledInputs, halves, side_effects
from netmend.repairs.weights.layer_choice.brute_force import scores
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def held_out(mlp):
    inputs = np.random.default_rng(9).normal(size=(60, 4)).astype(np.float32)
    return LabelledInputs(inputs, mlp.run(inputs).argmax(axis=1))


def test_scores_are_minus_the_accuracy_lost_on_the_half_for_choosing(mlp, wrong, held_out):
    repairer = WeightRepairer(NetworkUnderRepair(mlp.path, mlp, wrong, held_out=held_out))
    found = scores(repairer._context())
    choosing, _ = halves(held_out, 0)
    for layer, score in zip(repairer.workshop.layers, found, strict=True):
        changed = repairer.workshop._attempt(layer).answer.change.changed
        right = [np.mean(mlp.run(choosing.inputs, each).argmax(axis=1) == choosing.labels) for each in ({}, changed)]
        assert np.isclose(-score, right[0] - right[1])
        assert np.isclose(-score, side_effects(mlp, changed, choosing).drawdown)


def test_the_layer_whose_repair_costs_least_comes_first_and_is_not_repaired_again(mlp, wrong, held_out, monkeypatch):
    repairer = WeightRepairer(NetworkUnderRepair(mlp.path, mlp, wrong, held_out=held_out), layer="brute-force")
    from netmend.core.records import Draw, Purpose

    seen = repairer.observe(Draw(Purpose.BASELINE, (0,)))
    diagnosis = repairer.diagnose(seen)
    assert repairer.ranking.scores == tuple(sorted(repairer.ranking.scores, reverse=True))
    monkeypatch.setattr(repairer.workshop, "_attempt", None)
    proposal = repairer.propose(seen, diagnosis).ask()
    assert proposal.patch.layer == repairer.ranking.layers[0].name


def test_a_layer_without_a_repair_has_no_score(mlp, wrong, context_of):
    from netmend.repairs.weights.layer_repair import Attempt
    from netmend.repairs.weights.methods._base import NotFound

    context = context_of(mlp, wrong, loss=lambda change: 0.5)
    failing = replace(context, repaired=lambda layer: Attempt(layer, NotFound("", 1.0)))
    assert np.isnan(scores(failing)).all() and np.allclose(scores(context), -0.5)


def test_without_held_out_inputs_it_is_refused(mlp, wrong, context_of, order):
    with pytest.raises(UsageError, match="held-out"):
        order(context_of(mlp, wrong), "brute-force")
