"""Activations of clean counterparts put in place, by hand."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.causal_tracing import scores
from netmend.repairs.weights.specification import Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def branches(write_onnx):
    """y = V relu(W x) + U x."""
    random = np.random.default_rng(8)
    arrays = {"w": random.normal(size=(5, 4)), "v": random.normal(size=(3, 5)), "u": random.normal(size=(3, 4))}
    nodes = [
        ("Gemm", ["x", "w"], ["z0"], {"transB": 1}),
        ("Relu", ["z0"], ["a0"]),
        ("Gemm", ["a0", "v"], ["z1"], {"transB": 1}),
        ("Gemm", ["x", "u"], ["z2"], {"transB": 1}),
        ("Add", ["z1", "z2"], ["y"]),
    ]

    def make(**changed):
        return write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 3]}, arrays | changed)

    return make


def slack(values, labels):
    rivals = values.copy()
    rivals[np.arange(len(values)), labels] = -np.inf
    return values[np.arange(len(values)), labels] - rivals.max(axis=1)


def test_scores_are_gained_slacks(branches, points, context_of):
    network = branches()
    clean = points + np.random.default_rng(5).normal(size=points.shape).astype(np.float32)
    labels = network.run(clean).argmax(axis=1)
    w, v, u = (network.graph.constants[name].astype(float) for name in "wvu")
    hidden = [np.maximum(each.astype(float) @ w.T, 0) @ v.T for each in (points, clean)]
    direct = [each.astype(float) @ u.T for each in (points, clean)]
    before = slack(hidden[0] + direct[0], labels)
    slow = [slack(hidden[1] + direct[0], labels)] * 2 + [slack(hidden[0] + direct[1], labels)]
    found = scores(context_of(network, Specification(points, Labels(labels)), clean=clean))
    assert np.allclose(found, [np.mean(each - before) for each in slow], atol=1e-6)


def test_the_branch_that_the_corruption_takes_comes_first(branches, points, context_of, order):
    network = branches(v=np.zeros((3, 5)))
    clean = points + 1
    labels = Labels(network.run(clean).argmax(axis=1))
    assert order(context_of(network, Specification(points, labels), clean=clean), "causal-tracing")[0] == 2


def test_in_a_chain_every_layer_restores_everything(mlp, wrong, context_of):
    clean = wrong.inputs + np.float32(1)
    found = scores(context_of(mlp, wrong, clean=clean))
    assert np.isclose(found[0], found[1])
