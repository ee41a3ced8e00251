"""The default method: what it finds is right, small, and named rightly where there is nothing."""

import numpy as np
import pytest
from scipy.optimize import minimize

from netmend.core.errors import UsageError
from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods._base import Found, Infeasible, Limits, NotFound, Problem, TimedOut, reason
from netmend.repairs.weights.methods.linearise_solve_verify import first_step, propose, solver_for
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Intervals, Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


def problem(network, specification, layer=0, metric="l2", output="z1", **options):
    required = np.full(len(specification), max(specification.requirement.margin, 1e-6))
    chosen = linear_layers(network.graph)[layer]
    return Problem(network, specification, chosen, Metric(metric), output, required, **options)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("metric", ["l2", "l1-linf"])
def test_every_point_gets_its_class_in_the_networks_own_runtime(mlp, wrong, layer, metric):
    found = propose(problem(mlp, wrong, layer, metric), quiet)
    assert isinstance(found, Found)
    answers = mlp.run(wrong.inputs, found.change.changed)
    assert np.array_equal(answers.argmax(axis=1), wrong.requirement.labels)
    assert "linearisation" in reason(found) and found.change.relative > 0


def test_in_the_last_layer_the_change_is_the_smallest_there_is(mlp, wrong):
    found = propose(problem(mlp, wrong, 1), quiet)
    hidden = np.maximum(wrong.inputs @ mlp.graph.constants["fc0.weight"].T + mlp.graph.constants["fc0.bias"], 0)
    inputs = np.concatenate([hidden, np.ones((8, 1))], axis=1).astype(np.float64)
    before = mlp.run(wrong.inputs).astype(np.float64)
    labels = wrong.requirement.labels

    def slack(flat):
        outputs = before + inputs @ flat.reshape(3, 7).T
        return np.concatenate(
            [outputs[range(8), labels] - outputs[range(8), (labels + k) % 3] - 1.5e-3 for k in (1, 2)]
        )

    best = minimize(
        lambda flat: flat @ flat,
        np.zeros(21),
        method="SLSQP",
        constraints={"type": "ineq", "fun": slack},
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    assert best.success and np.isclose(found.change.norm, np.sqrt(best.fun), rtol=1e-3)


def test_convolutions_are_repaired(conv):
    images = np.random.default_rng(0).normal(size=(6, 2, 5, 5)).astype(np.float32)
    labels = conv.run(images).argmax(axis=1)
    labels[0] = (labels[0] + 1) % 3
    for layer in (0, 1):
        found = propose(problem(conv, Specification(images, Labels(labels)), layer, output="y"), quiet)
        assert isinstance(found, Found)
        assert np.array_equal(conv.run(images, found.change.changed).argmax(axis=1), labels)


def test_intervals_of_a_regression_are_met(mlp, points):
    wanted = mlp.run(points).astype(np.float64) + 0.1
    specification = Specification(points, Intervals(wanted - 0.05, wanted + 0.05))
    found = propose(problem(mlp, specification), quiet)
    assert np.all(np.abs(mlp.run(points, found.change.changed) - wanted) <= 0.05 + 1e-5)


def test_points_to_keep_are_kept(mlp, wrong):
    random = np.random.default_rng(5)
    others = random.normal(size=(30, 4)).astype(np.float32)
    classes = mlp.run(others).argmax(axis=1)
    lost = {}
    for keep in (None, Specification(others, Labels(classes, 1e-4))):
        clear = check(mlp, others, classes)
        kept = None if keep is None else keep.select(clear)
        few = Specification(wrong.inputs[:1], wrong.requirement.select(np.arange(1)))
        margins = None if kept is None else np.full(len(clear), 1e-4)
        found = propose(problem(mlp, few, 0, keep=kept, kept=margins), quiet)
        assert isinstance(found, Found)
        lost[keep is None] = np.sum(mlp.run(others[clear], found.change.changed).argmax(axis=1) != classes[clear])
    assert lost[False] == 0 < lost[True]


def check(network, inputs, classes):
    outputs = network.run(inputs).astype(np.float64)
    return np.flatnonzero(Labels(classes).slack(outputs) > 1e-3)


def test_contradictory_features_in_the_last_layer_are_a_proof_that_names_the_points(mlp, points):
    silent = np.full(6, -100, np.float32)
    mlp.graph = mlp.graph.with_constants({"fc0.bias": silent})  # every point has the same features now: none
    labels = np.zeros(8, np.int64)
    labels[5] = 1
    found = propose(problem(mlp, Specification(points, Labels(labels)), 1), quiet)
    assert isinstance(found, Infeasible) and found.proof and 5 in found.points and len(found.points) == 2
    assert "infeasible, proved" in reason(found) and "5)" in reason(found)


def test_no_time_and_too_few_steps_are_answers_of_their_own(mlp, wrong):
    late = propose(problem(mlp, wrong, limits=Limits(seconds=0.0)), lambda said: None)
    assert isinstance(late, TimedOut) and late.missed == 2 and "timed out" in reason(late)
    short = propose(problem(mlp, wrong, limits=Limits(iterations=0)), lambda said: None)
    assert isinstance(short, NotFound) and short.worst > 0 and "2 points miss" in reason(short)


def test_points_that_are_right_need_no_change(mlp, wrong):
    right = wrong.select(np.arange(2, 8))
    found = propose(problem(mlp, right), quiet)
    assert isinstance(found, Found) and found.change.size == 0 and found.change.id == "nothing"


def test_the_first_step_is_a_change_that_is_not_verified(mlp, wrong):
    change = first_step(problem(mlp, wrong))
    assert change.size == 3 and change.norm > 0


def test_unknown_norms_have_no_solver():
    with pytest.raises(UsageError, match="no norm called"):
        solver_for("l7")


def test_the_same_problem_has_the_same_answer(mlp, wrong):
    one, other = (propose(problem(mlp, wrong), quiet) for _ in range(2))
    assert one.change.id == other.change.id and list(one.change.smaller()) == []


def test_a_change_that_is_given_is_where_the_search_begins(mlp, wrong):
    found = propose(problem(mlp, wrong, 0), quiet)
    again = propose(problem(mlp, wrong, 0, start=found.change.changed), quiet)
    assert again.iterations == 0 and again.change.id == found.change.id


def test_a_search_in_float32_finds_the_same_change_but_for_rounding(mlp, wrong):
    double, single = (propose(problem(mlp, wrong, 0, single=each), quiet) for each in (False, True))
    for name, value in double.change.changed.items():
        assert np.allclose(single.change.changed[name], value, atol=1e-4)


def test_where_whole_steps_end_nowhere_smaller_ones_that_aim_higher_are_tried(write_onnx, monkeypatch):
    from netmend.repairs.weights.methods import linearise_solve_verify as method

    random = np.random.default_rng(8)
    shapes = {"fc0.weight": (6, 5), "fc0.bias": (6,), "fc1.weight": (2, 6), "fc1.bias": (2,)}
    constants = {name: random.normal(size=shape) for name, shape in shapes.items()}
    nodes = [
        ("Gemm", ["x", "fc0.weight", "fc0.bias"], ["z0"], {"transB": 1}),
        ("Relu", ["z0"], ["a0"]),
        ("Gemm", ["a0", "fc1.weight", "fc1.bias"], ["z1"], {"transB": 1}),
    ]
    network = write_onnx(nodes, {"x": [None, 5]}, {"z1": [None, 2]}, constants)
    points = random.normal(size=(14, 5)).astype(np.float32)
    wanted = 1 - network.run(points).argmax(axis=1)
    asked = problem(network, Specification(points, Labels(wanted, 1e-3)), later_biases=False)
    said = []
    found = propose(asked, said.append)
    assert isinstance(found, Found) and any("again from the beginning" in line for line in said)
    assert np.array_equal(network.run(points, found.change.changed).argmax(axis=1), wanted)
    monkeypatch.setattr(method, "AGAIN", ())
    assert isinstance(propose(asked, quiet), NotFound)
