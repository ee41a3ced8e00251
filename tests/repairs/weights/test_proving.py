"""What float64 leaves open is decided with longer numbers, and the answers are those of rational arithmetic."""

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel
from netmend.repairs.weights import certify, proving
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.specification import Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def cancelling(write_onnx):
    """Two numbers of 1e13 x each, whose difference plus 0.01 is the first of two outputs, and through a ReLU before."""

    def make(kink=False):
        constants = {
            "fc0.weight": np.full((2, 1), 1e13),
            "fc1.weight": np.array([[1.0, -1.0], [0.0, 0.0]]),
            "fc1.bias": np.array([0.01, -0.001]),
        }
        nodes = [
            ("Gemm", ["x", "fc0.weight"], ["z0"], {"transB": 1}),
            ("Gemm", ["z0", "fc1.weight", "fc1.bias"], ["z1"], {"transB": 1}),
        ]
        if kink:
            nodes += [("Relu", ["z1"], ["a1"]), ("Gemm", ["a1", "fc2.weight"], ["z2"], {"transB": 1})]
            constants["fc2.weight"] = np.eye(2)
        return write_onnx(nodes, {"x": [None, 1]}, {"z2" if kink else "z1": [None, 2]}, constants)

    return make


def test_what_float64_cannot_show_is_shown_with_as_many_bits_as_it_takes(cancelling):
    network, inputs = cancelling(), np.array([[1.0], [0.5], [0.3]], np.float32)
    found = check_points(network, Specification(inputs, Labels(np.array([0, 0, 1]), 1e-3)), Level.FLOAT64)
    assert found.proved.tolist() == [True, True, False] and found.lengths[2] == 0
    assert found.shown_by == (f"fixed point, {found.bits} bits",) * 2 + ("evaluation",)
    right = Specification(inputs, Labels(np.zeros(3, np.int64), 1e-3))
    exact = check_points(network, right, Level.EXACT)
    shown = check_points(network, right, Level.FLOAT64)
    assert shown.proved.all() and not shown.unbounded
    for slack, error, true in zip(shown.slack, shown.error, exact.exact, strict=True):
        assert abs(float(true) - slack) <= error < slack


def test_beyond_the_budget_points_are_evaluated_and_exact_says_what_it_takes(cancelling, monkeypatch):
    monkeypatch.setattr(proving, "MOST_PRODUCTS", 10)
    right = Specification(np.ones((2, 1), np.float32), Labels(np.zeros(2, np.int64), 1e-3))
    found = check_points(cancelling(), right, Level.FLOAT64)
    assert found.evaluated.all() and not found.proved.any() and found.shown_by == ("evaluation",) * 2
    assert "--precision exact may show the rest" in found.sentence()
    monkeypatch.setattr(certify, "SMALL", 0)
    assert check_points(cancelling(), right, Level.EXACT).proved.all()


def test_a_sign_that_float64_leaves_open_is_decided_in_fixed_point(cancelling, monkeypatch):
    network = cancelling(kink=True)
    inputs = np.array([[1.0], [0.5]], np.float32)
    region = Specification(inputs, Labels(np.zeros(2, np.int64), 1e-3), (range(2),))
    found = check_points(network, region, Level.FLOAT64)
    assert found.straight.all() and found.regions == 1

    def refuse(*given, **more):
        raise UnsupportedModel("not this one")

    monkeypatch.setattr(proving, "enclose", refuse)
    assert not check_points(network, region, Level.FLOAT64).straight.any()
