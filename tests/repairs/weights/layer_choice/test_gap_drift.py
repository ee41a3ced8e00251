"""The change of the gap to first order, computed again with finite differences and SciPy."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import nnls

from netmend.network.evaluate import run
from netmend.repairs.weights.layer_choice.gap_drift import AIM, RIDGE, scores
from netmend.repairs.weights.metric import RHO
from netmend.repairs.weights.specification import Labels, LinearConstraints, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def outputs(graph, inputs, constants):
    return next(iter(run(graph.with_constants(constants), {graph.inputs[0].name: inputs}).values()))


def slopes(graph, names, number, step=1e-5):
    """Gradients of numbers of the network by all entries of some constants, (m, entries)."""
    columns = []
    stored = {name: graph.constants[name].astype(np.float64) for name in names}
    for name in names:
        for place in np.ndindex(stored[name].shape):
            pair = []
            for sign in (1, -1):
                moved = stored[name].copy()
                moved[place] += sign * step
                pair.append(number({**stored, name: moved}))
            columns.append((pair[0] - pair[1]) / (2 * step))
    return np.stack(columns, axis=1)


def gaps(values):
    ordered = np.sort(values, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def slow_score(network, specification, ordinary, names, whiten=None):
    """The same for one layer: its weight first among the names, then biases."""
    graph, labels = network.graph, specification.requirement.labels

    def slack(constants):
        values = outputs(graph, specification.inputs, constants)
        return specification.requirement.slack(values)

    own = slopes(graph, names, slack)
    other = slopes(graph, names, lambda constants: gaps(outputs(graph, ordinary, constants)))
    metric = np.eye(own.shape[1])
    if whiten is not None:
        metric[: whiten.shape[0], : whiten.shape[0]] = whiten
    inverse = np.linalg.inv(metric)
    kernel = own @ inverse @ own.T
    kernel = kernel + RIDGE * np.diag(np.diag(kernel))
    demand = AIM * specification.requirement.margin - slack({})
    root = np.linalg.cholesky(kernel).T
    multipliers = nnls(root, np.linalg.solve(root.T, demand))[0]
    assert len(labels) == len(demand)
    return -np.sqrt(np.mean((other @ inverse @ own.T @ multipliers) ** 2))


def case(chain, widths=(4, 6, 3), points=5):
    random = np.random.default_rng(3)
    network = chain(*((random.normal(size=(o, i)), random.normal(size=o)) for i, o in pairwise(widths)))
    inputs = random.normal(size=(points, widths[0])).astype(np.float32)
    labels = (network.run(inputs).argmax(axis=1) + 1) % widths[-1]
    ordinary = random.normal(size=(40, widths[0])).astype(np.float32)
    return network, Specification(inputs, Labels(labels, 0.01)), ordinary


def test_scores_equal_those_by_finite_differences(chain, context_of):
    network, specification, ordinary = case(chain)
    first, last = scores(context_of(network, specification, ordinary))
    every = ["fc0.weight", "fc0.bias", "fc1.bias"]
    assert np.isclose(first, slow_score(network, specification, ordinary, every), rtol=1e-3)
    assert np.isclose(last, slow_score(network, specification, ordinary, ["fc1.weight", "fc1.bias"]), rtol=1e-3)


def test_the_covariance_of_ordinary_inputs_weighs_the_step(chain, context_of):
    network, specification, ordinary = case(chain)
    moment = ordinary.T.astype(float) @ ordinary / len(ordinary)
    weight = moment / (np.trace(moment) / len(moment)) + RHO * np.eye(len(moment))
    found = scores(replace(context_of(network, specification, ordinary), norm="covariance"))[0]
    slow = slow_score(
        network, specification, ordinary, ["fc0.weight", "fc0.bias", "fc1.bias"], np.kron(np.eye(6), weight)
    )
    # The covariance is estimated from some of the inputs, here from all of them.
    assert np.isclose(found, slow, rtol=0.02)


def test_a_convolution_is_scored_like_any_layer(write_onnx, context_of):
    random = np.random.default_rng(4)
    constants = {
        "conv.weight": random.normal(size=(3, 1, 2, 2)),
        "conv.bias": random.normal(size=3),
        "fc.weight": random.normal(size=(4, 27)),
    }
    nodes = [
        ("Conv", ["x", "conv.weight", "conv.bias"], ["z"]),
        ("Relu", ["z"], ["a"]),
        ("Flatten", ["a"], ["f"]),
        ("Gemm", ["f", "fc.weight"], ["o"], {"transB": 1}),
    ]
    network = write_onnx(nodes, {"x": [None, 1, 4, 4]}, {"o": [None, 4]}, constants)
    inputs = random.normal(size=(4, 1, 4, 4)).astype(np.float32)
    specification = Specification(inputs, Labels((network.run(inputs).argmax(axis=1) + 2) % 4, 0.01))
    ordinary = random.normal(size=(20, 1, 4, 4)).astype(np.float32)
    found = scores(context_of(network, specification, ordinary))
    assert np.isclose(found[0], slow_score(network, specification, ordinary, ["conv.weight", "conv.bias"]), rtol=1e-3)
    assert np.isclose(found[1], slow_score(network, specification, ordinary, ["fc.weight"]), rtol=1e-3)


def test_nothing_violated_leaves_every_layer_without_a_score(chain, context_of):
    network, specification, ordinary = case(chain)
    inputs = specification.inputs
    gap = gaps(network.run(inputs)).min()
    met = Specification(inputs, Labels(network.run(inputs).argmax(axis=1), float(gap) / 10))
    assert np.isnan(scores(context_of(network, met, ordinary))).all()


def test_conditions_on_outputs_have_scores_without_classes(chain, context_of):
    network, specification, ordinary = case(chain)
    low = LinearConstraints(np.array([[1.0, 0, 0]]), np.array([100.0]), len(specification))
    found = scores(context_of(network, Specification(specification.inputs, low), ordinary))
    assert np.all(found < 0)
