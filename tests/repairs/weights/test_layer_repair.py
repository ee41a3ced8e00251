"""One layer repaired, with margins raised until rounding is covered."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.load import load
from netmend.repairs.weights import layer_repair
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.layer_repair import Workshop
from netmend.repairs.weights.methods._base import Found, Limits, NotFound
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def workshop(network, specification, norm="l2", loss=None, **options):
    subject = NetworkUnderRepair(network.path, network, specification, **options)
    return Workshop(subject, norm, "linearise-solve-verify", lambda said: None, loss)


def test_margins_below_the_rounding_of_float32_are_raised_until_it_is_covered(mlp, wrong):
    tiny = replace(wrong, requirement=replace(wrong.requirement, margin=1e-9))
    makes = workshop(mlp, tiny)
    attempt = makes.repaired(makes.layers[0])
    assert attempt.checked.covered.all() and attempt.checked.proved.all()
    assert attempt.checked.slack.min() > attempt.checked.deployed_error.max() / 2


def test_a_raise_that_costs_too_much_is_not_taken(mlp, wrong):
    tiny = replace(wrong, requirement=replace(wrong.requirement, margin=1e-9))
    costs = iter([1.0, 0.0] * 5)
    makes = workshop(mlp, tiny, loss=lambda change: next(costs))
    attempt = makes.repaired(makes.layers[0])
    assert attempt.checked.proved.all() and not attempt.checked.covered.all() and attempt.checked.answered.all()


@pytest.mark.parametrize("layer", [0, 1])
def test_where_rounding_in_the_runtime_takes_the_margin_more_is_asked_for(mlp, wrong, layer, monkeypatch):
    """A runtime in so coarse a precision that no bound says anything: its answers are multiples of a thirtieth."""

    def coarse(network, specification, level, changed=None, prefix=None):
        found = check_points(network, specification, level, changed, prefix)
        answers = np.round(network.run(specification.inputs, changed).astype(float) * 30) / 30
        unknown = np.full(len(found.slack), np.inf)
        return replace(found, deployed_error=unknown, replayed=specification.requirement.slack(answers))

    monkeypatch.setattr(layer_repair, "check_points", coarse)
    makes = workshop(mlp, wrong)
    first = makes.tried((makes.layers[layer],))[0]
    assert not makes.check(first.change).answered.all()
    attempt = makes.repaired(makes.layers[layer])
    assert attempt.checked.holds.all()
    labels = wrong.requirement.labels
    answers = np.round(mlp.run(wrong.inputs, attempt.answer.change.changed).astype(float) * 30)
    assert np.array_equal(answers.argmax(axis=1), labels)
    assert np.all(np.sort(answers, axis=1)[:, -1] > np.sort(answers, axis=1)[:, -2])


def test_too_little_memory_is_refused_before_anything_is_built(mlp, wrong):
    makes = workshop(mlp, wrong, limits=Limits(memory=1e6))
    attempt = makes.repaired(makes.layers[0])
    assert isinstance(attempt.answer, NotFound) and "GiB" in attempt.answer.why
    assert makes.probe(makes.layers[0]) is None


@pytest.mark.parametrize("last", ["Relu", "Softmax"])
def test_classes_are_mended_through_what_follows_the_last_layer(mlp_file, points, last):
    network = load(mlp_file(last))
    labels = network.run(points).argmax(axis=1)
    labels[:3] = (labels[:3] + 1) % 3
    makes = workshop(network, Specification(points, Labels(labels)), level=Level.DEPLOYED)
    attempt = makes.repaired(makes.layers[1])
    assert isinstance(attempt.answer, Found)
    answers = network.run(points, attempt.answer.change.changed)
    assert np.array_equal(answers.argmax(axis=1), labels)


def test_the_covariance_norm_moves_reference_inputs_less(mlp, wrong):
    reference = np.random.default_rng(4).normal(size=(500, 4)).astype(np.float32) * [1, 1, 0.1, 0.1]
    reference = reference.astype(np.float32)
    drift = {}
    for norm in ("l2", "covariance"):
        makes = workshop(mlp, wrong, norm, reference=reference, level=Level.FLOAT64)
        change = makes.repaired(makes.layers[0]).answer.change
        drift[norm] = np.mean((mlp.run(reference, change.changed) - mlp.run(reference)) ** 2)
    assert drift["covariance"] < drift["l2"]


def test_clear_answers_to_every_second_reference_input_are_kept(mlp, wrong):
    reference = np.random.default_rng(3).normal(size=(60, 4)).astype(np.float32)
    subject = NetworkUnderRepair(mlp.path, mlp, wrong, reference=reference)
    lost = {}
    for preserve in (False, True):
        workshop = Workshop(subject, "l2", "linearise-solve-verify", lambda said: None, preserve=preserve)
        (answer,) = workshop.tried(workshop.layers[:1])
        before, after = mlp.run(reference), mlp.run(reference, answer.change.changed)
        margins = np.diff(np.sort(before, axis=1)[:, -2:], axis=1)[:, 0]
        clear = np.flatnonzero(margins > 2e-3)
        changed = before.argmax(axis=1) != after.argmax(axis=1)
        lost[preserve] = changed[clear[clear % 2 == 0]].sum()
    assert lost[True] == 0 < lost[False]


def test_where_the_answers_cannot_be_kept_the_points_are_mended_without(mlp, wrong):
    # The wrong points themselves are the ordinary inputs: to keep what they say now contradicts the repair.
    subject = NetworkUnderRepair(mlp.path, mlp, wrong, reference=np.repeat(wrong.inputs, 2, axis=0))
    workshop = Workshop(subject, "l2", "linearise-solve-verify", lambda said: None, preserve=True)
    attempt = workshop.repaired(workshop.layers[1])
    assert attempt.checked.evaluated.all()
