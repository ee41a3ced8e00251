"""All layers fine-tuned, against the same in plain PyTorch."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods import _adam, fine_tune
from netmend.repairs.weights.methods._base import Found, Limits, NotFound, Problem, TimedOut
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Intervals, Labels, Specification

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


def problem(network, specification, layer=1, **options):
    required = np.full(len(specification), specification.requirement.margin)
    return Problem(network, specification, linear_layers(network.graph)[layer], Metric(), "z1", required, **options)


def test_all_layers_are_trained_as_pytorch_trains_a_module(mlp, wrong):
    found = fine_tune.propose(problem(mlp, wrong), quiet)
    constants = mlp.graph.constants
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)).double()
    with torch.no_grad():
        for place, name in ((0, "fc0"), (2, "fc1")):
            net[place].weight.copy_(torch.from_numpy(constants[f"{name}.weight"].astype(np.float64)))
            net[place].bias.copy_(torch.from_numpy(constants[f"{name}.bias"].astype(np.float64)))
    optimizer = torch.optim.Adam(net.parameters(), lr=_adam.RATE)
    inputs, labels = torch.from_numpy(wrong.inputs.astype(np.float64)), torch.from_numpy(wrong.requirement.labels)
    for _ in range(found.iterations):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()
    assert found.iterations > 1 and len(found.change.changed) == 4
    for place, name in ((0, "fc0"), (2, "fc1")):
        assert np.allclose(found.change.changed[f"{name}.weight"], net[place].weight.detach().numpy(), atol=1e-6)
    assert np.array_equal(mlp.run(wrong.inputs, found.change.changed).argmax(axis=1), wrong.requirement.labels)


def test_intervals_and_points_to_keep_are_trained_by_what_they_miss(mlp, points, wrong):
    wanted = mlp.run(points).astype(np.float64) + 0.1
    specification = Specification(points, Intervals(wanted - 0.05, wanted + 0.05))
    found = fine_tune.propose(problem(mlp, specification), quiet)
    assert np.all(np.abs(mlp.run(points, found.change.changed) - wanted) <= 0.05 + 1e-5)
    few, keep = wrong.select(np.arange(2)), wrong.select(np.arange(2, 8))
    found = fine_tune.propose(problem(mlp, few, keep=keep, kept=np.full(6, 1e-3)), quiet)
    answers = mlp.run(wrong.inputs, found.change.changed).argmax(axis=1)
    assert isinstance(found, Found) and np.array_equal(answers, wrong.requirement.labels)


def test_what_no_network_can_do_is_not_found_and_no_time_is_said(mlp, wrong, monkeypatch):
    monkeypatch.setattr(_adam, "EPOCHS", 20)
    same = Specification(np.repeat(wrong.inputs[:1], 2, axis=0), Labels(np.array([0, 1])))
    answer = fine_tune.propose(problem(mlp, same), quiet)
    assert isinstance(answer, NotFound) and answer.missed >= 1 and answer.worst > 0
    late = fine_tune.propose(problem(mlp, wrong, limits=Limits(seconds=-1.0)), lambda said: None)
    assert isinstance(late, TimedOut) and late.missed == 2


def test_points_that_are_right_need_no_change(mlp, wrong):
    right = wrong.select(np.arange(2, 8))
    found = fine_tune.propose(problem(mlp, right), lambda said: None)
    assert isinstance(found, Found) and found.change.size == 0


def test_it_is_tried_once_and_not_for_each_layer(mlp, wrong):
    from netmend.repairs.weights.layer_choice._base import Ranking
    from netmend.repairs.weights.layer_repair import Workshop
    from netmend.repairs.weights.repairer import LayerByLayer
    from netmend.repairs.weights.subject import NetworkUnderRepair

    for method, tries in (("fine-tune", 1), ("linearise-solve-verify", 2)):
        workshop = Workshop(NetworkUnderRepair(mlp.path, mlp, wrong), "l2", method, lambda said: None)
        proposer = LayerByLayer(workshop, Ranking("", "", workshop.layers, (0.0, 0.0), ""), [])
        while proposer.ask() is not None:
            pass
        assert len(proposer.attempts) == tries
