"""Arachne: what it changes, and what it answers when it fails."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods import arachne
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


def test_arachne_changes_only_the_weights_it_blames_and_mends_the_point(mlp, wrong):
    few = wrong.select(np.array([0, 2, 3, 4]))
    lines = []
    found = arachne.propose(problem(mlp, few), lines.append)
    assert isinstance(found, Found) and list(found.change.changed) == ["fc1.weight"]
    moved = np.count_nonzero(found.change.changed["fc1.weight"] != mlp.graph.constants["fc1.weight"])
    assert 1 <= moved <= int(lines[0].split()[0]) < 18
    assert np.array_equal(mlp.run(few.inputs, found.change.changed).argmax(axis=1), few.requirement.labels)
    again = arachne.propose(problem(mlp, few), quiet)
    assert again.change.id == found.change.id


def test_what_no_network_can_do_is_not_found_and_no_time_is_said(mlp, wrong, monkeypatch):
    monkeypatch.setattr(arachne, "GENERATIONS", 20)
    same = Specification(np.repeat(wrong.inputs[:1], 2, axis=0), Labels(np.array([0, 1])))
    answer = arachne.propose(problem(mlp, same), quiet)
    assert isinstance(answer, NotFound) and answer.missed >= 1 and answer.worst > 0
    late = arachne.propose(problem(mlp, wrong, limits=Limits(seconds=-1.0)), lambda said: None)
    assert isinstance(late, TimedOut) and late.missed == 2


def test_points_that_are_right_need_no_change(mlp, wrong):
    right = wrong.select(np.arange(2, 8))
    found = arachne.propose(problem(mlp, right), lambda said: None)
    assert isinstance(found, Found) and found.change.size == 0
