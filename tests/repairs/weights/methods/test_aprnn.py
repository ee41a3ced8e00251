"""APRNN's program: its optimum by a general solver, and its answers."""

import numpy as np
import pytest
from scipy.optimize import linprog

from netmend.core.errors import UnsupportedModel
from netmend.network.layers import linear_layers
from netmend.network.load import load
from netmend.repairs.weights.methods import aprnn
from netmend.repairs.weights.methods._base import Found, Infeasible, Limits, NotFound, Problem, TimedOut
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Intervals, Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


def problem(network, specification, layer=0, output="z1", **options):
    required = np.full(len(specification), max(specification.requirement.margin, 1e-6))
    chosen = linear_layers(network.graph)[layer]
    return Problem(network, specification, chosen, Metric("l1-linf"), output, required, **options)


def parts(network):
    constants = network.graph.constants
    return [constants[name].astype(np.float64) for name in ("fc0.weight", "fc0.bias", "fc1.weight", "fc1.bias")]


def test_every_point_gets_its_class_and_every_unit_keeps_its_side(mlp, wrong):
    few = wrong.select(np.arange(4))
    found = aprnn.propose(problem(mlp, few), quiet)
    assert isinstance(found, Found)
    changed = {**mlp.graph.constants, **found.change.changed}
    assert np.array_equal(mlp.run(few.inputs, found.change.changed).argmax(axis=1), few.requirement.labels)
    before = few.inputs @ mlp.graph.constants["fc0.weight"].T + mlp.graph.constants["fc0.bias"]
    after = few.inputs @ changed["fc0.weight"].T + changed["fc0.bias"]
    assert np.all(before * after >= -1e-5)


def test_the_optimum_is_that_of_the_program_written_out_by_hand(mlp, wrong):
    few = wrong.select(np.arange(3))
    found = aprnn.propose(problem(mlp, few), quiet)
    first, offset, last, bias = parts(mlp)
    inputs = np.concatenate([few.inputs.astype(np.float64), np.ones((3, 1))], axis=1)
    hidden = inputs @ np.concatenate([first, offset[:, None]], axis=1).T
    side, labels = np.where(hidden >= 0, 1.0, -1.0), few.requirement.labels
    base = np.maximum(hidden, 0) @ last.T + bias
    # 30 changes of the first layer, then 3 of the last bias; what each output moves by, as a row of these.
    moves = np.zeros((3, 3, 33))
    signs = np.zeros((3, 6, 33))
    for n in range(3):
        for unit in range(6):
            signs[n, unit, 5 * unit : 5 * unit + 5] = side[n, unit] * inputs[n]
        on = (side[n] > 0) * last
        moves[n, :, :30] = np.einsum("cu,d->cud", on, inputs[n]).reshape(3, 30)
        moves[n, :, 30:] = np.eye(3)
    rows = [-(moves[n, labels[n]] - moves[n, c]) for n in range(3) for c in range(3) if c != labels[n]]
    right = [base[n, labels[n]] - base[n, c] - 1.5e-3 for n in range(3) for c in range(3) if c != labels[n]]
    sized = np.concatenate([np.eye(33), moves.reshape(9, 33)])
    upper = [
        np.concatenate([np.array(rows), np.zeros((6, 43))], axis=1),
        np.concatenate([-signs.reshape(18, 33), np.zeros((18, 43))], axis=1),
        np.concatenate([sized, -np.eye(42), np.zeros((42, 1))], axis=1),
        np.concatenate([-sized, -np.eye(42), np.zeros((42, 1))], axis=1),
        np.concatenate([np.zeros((42, 33)), np.eye(42), -np.ones((42, 1))], axis=1),
    ]
    limits = np.concatenate([right, (side * hidden).ravel(), np.zeros(126)])
    cost = np.concatenate([np.zeros(33), np.full(42, 1 / 42), [1.0]])
    box = [(-3, 3)] * 33 + [(None, None)] * 43
    best = linprog(cost, A_ub=np.concatenate(upper), b_ub=limits, bounds=box)
    changed = {**mlp.graph.constants, **found.change.changed}
    moved = np.concatenate([(changed[name] - mlp.graph.constants[name]).ravel() for name in sorted(changed)])
    outputs = mlp.run(few.inputs, changed).astype(np.float64) - base
    # The weight of the last layer is no variable, so only the other 33 numbers count.
    every = np.abs(np.concatenate([moved[moved != 0], outputs.ravel()]))
    assert best.status == 0 and np.isclose(every.sum() / 42 + every.max(), best.fun, rtol=1e-3)


def test_regressions_are_repaired_and_smooth_functions_refused(conv_file, mlp, points):
    wanted = mlp.run(points[:3]).astype(np.float64) + 0.1
    found = aprnn.propose(problem(mlp, Specification(points[:3], Intervals(wanted - 0.05, wanted + 0.05)), 1), quiet)
    assert np.all(np.abs(mlp.run(points[:3], found.change.changed) - wanted) <= 0.05 + 1e-5)
    conv = load(conv_file())
    images = np.random.default_rng(0).normal(size=(3, 2, 5, 5)).astype(np.float32)
    labels = (conv.run(images).argmax(axis=1) + np.array([1, 0, 0])) % 3
    with pytest.raises(UnsupportedModel, match="Tanh"):
        aprnn.propose(problem(conv, Specification(images, Labels(labels)), 1, "y"), quiet)


def test_contradictions_memory_and_time_are_answers_of_their_own(mlp, wrong):
    same = Specification(np.repeat(wrong.inputs[:1], 2, axis=0), Labels(np.array([0, 1])))
    answer = aprnn.propose(problem(mlp, same), quiet)
    assert isinstance(answer, Infeasible) and not answer.proof and "keeps its side" in answer.why
    little = aprnn.propose(problem(mlp, wrong, limits=Limits(memory=1e4)), quiet)
    assert isinstance(little, NotFound) and "GiB" in little.why
    assert isinstance(aprnn.propose(problem(mlp, wrong, limits=Limits(seconds=0.0)), quiet), TimedOut)
