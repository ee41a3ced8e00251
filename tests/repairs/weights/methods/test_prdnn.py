"""PRDNN's program: exact in the last layer, one linearisation elsewhere."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.block import block_of
from netmend.repairs.weights.methods import linearise_solve_verify, prdnn
from netmend.repairs.weights.methods._base import Found, Infeasible, Limits, NotFound, Problem, TimedOut
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.window import Window

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


def problem(network, specification, layer=1, metric="l2", **options):
    required = np.full(len(specification), specification.requirement.margin)
    chosen = linear_layers(network.graph)[layer]
    return Problem(network, specification, chosen, Metric(metric), "z1", required, **options)


@pytest.mark.parametrize("metric", ["l2", "l1-linf"])
def test_in_the_last_layer_it_is_the_default_method(mlp, wrong, metric):
    found = prdnn.propose(problem(mlp, wrong, metric=metric), quiet)
    usual = linearise_solve_verify.propose(problem(mlp, wrong, metric=metric), quiet)
    assert isinstance(found, Found) and np.isclose(found.change.norm, usual.change.norm, rtol=1e-3)
    answers = mlp.run(wrong.inputs, found.change.changed).argmax(axis=1)
    assert np.array_equal(answers, wrong.requirement.labels)


def test_elsewhere_the_decoupled_network_is_right_even_where_the_ordinary_one_misses(mlp, points, monkeypatch):
    labels = mlp.run(points).argmax(axis=1)
    specification = Specification(points, Labels((labels + 1) % 3, 1e-3))
    solved = []
    solver = linearise_solve_verify.solver_for("l2")

    def kept(norm):
        def solve(*given):
            solved.append(solver.solve(*given))
            return solved[-1]

        return type(solver)(solve, solver.norms)

    monkeypatch.setattr(prdnn, "solver_for", kept)
    answer = prdnn.propose(problem(mlp, specification, layer=0), lambda said: None)
    assert isinstance(answer, NotFound) and "decoupled" in answer.why and answer.missed > 0
    # The decoupled network by hand: the masks of the old weights, the values of the new ones.
    change = solved[-1].change
    first, last = (mlp.graph.constants[name].astype(np.float64) for name in ("fc0.weight", "fc1.weight"))
    offset, bias = (mlp.graph.constants[name].astype(np.float64) for name in ("fc0.bias", "fc1.bias"))
    old = points @ first.T + offset
    new = points @ (first + change.matrix[0]).T + offset + change.biases
    outputs = (new * (old >= 0)) @ last.T + bias
    assert specification.requirement.slack(outputs).min() >= 1e-3
    block = block_of(mlp.graph, linear_layers(mlp.graph)[0], writable=mlp.parameters, later_biases=False)
    window = Window(block, {"x": points}, "z1")
    assert specification.requirement.slack(window.outputs(block.displaced(change))).min() < 1e-3


def test_contradictions_and_time_are_answers_of_their_own(mlp, wrong):
    same = Specification(np.repeat(wrong.inputs[:1], 2, axis=0), Labels(np.array([0, 1])))
    assert isinstance(prdnn.propose(problem(mlp, same), quiet), Infeasible)
    assert isinstance(prdnn.propose(problem(mlp, wrong, limits=Limits(seconds=0.0)), quiet), TimedOut)


def test_points_that_are_right_need_no_change(mlp, wrong):
    found = prdnn.propose(problem(mlp, wrong.select(np.arange(2, 8))), quiet)
    assert isinstance(found, Found) and found.change.size == 0
