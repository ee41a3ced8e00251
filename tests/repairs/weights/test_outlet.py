"""Requirements on classes are read before softmax, sigmoid and ReLU, and a runtime's answers are taken back there."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.backends._base import named
from netmend.network.load import load
from netmend.repairs.weights.outlet import logits, outlet_of, read
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.specification import Intervals, Labels, Stacked

pytest.importorskip("torch")
pytestmark = pytest.mark.torch
LABELS = Labels(np.zeros(1, np.int64))


@pytest.mark.parametrize(
    ("last", "tensor", "rectified"),
    [
        (None, "z1", False),
        ("Softmax", "z1", False),
        ("Relu", "z1", True),
        ("LogSoftmax", "z1", False),
        ("Tanh", "y", False),
    ],
)
def test_where_classes_are_read(mlp_file, points, last, tensor, rectified):
    outlet = at(load(mlp_file(last)), LABELS, points)
    assert outlet.tensor == tensor and outlet.requirement.rectified == rectified


def test_other_requirements_are_read_where_they_are_stated(mlp_file, points):
    network, intervals = load(mlp_file("Relu")), Intervals(np.zeros((1, 3)), np.ones((1, 3)))
    assert at(network, intervals, points).tensor == "y"
    answers = network.run(points)
    assert read(network.graph, intervals, answers) is answers


@pytest.mark.parametrize("layout", [None, "Squeeze", "Flatten"])
def test_the_one_output_of_a_sigmoid_is_told_by_its_logit(sigmoid_file, points, layout):
    network = load(sigmoid_file(layout))
    assert at(network, LABELS, points).tensor == "z1"
    answers = network.run(points).reshape(8, 1).astype(np.float64)
    given = logits(network.graph, answers)
    assert np.allclose(given, np.log(answers / (1 - answers)), atol=1e-12)
    assert np.array_equal(given > 0, answers > 0.5) and 0 < np.sum(given > 0) < 8
    assert np.isfinite(logits(network.graph, np.array([[0.0], [1.0]]))).all()


def test_a_sigmoid_that_cannot_be_read_before_is_refused_and_not_judged_by_its_sign(write_onnx, points):
    nodes = [
        ("MatMul", ["x", "w"], ["z"]),
        ("Transpose", ["z"], ["turned"], {"perm": [1, 0]}),
        ("Sigmoid", ["turned"], ["p"]),
        ("Transpose", ["p"], ["y"], {"perm": [1, 0]}),
    ]
    network = write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 1]}, {"w": np.ones((4, 1))})
    with pytest.raises(UsageError, match="before its sigmoid"):
        at(network, LABELS, points)


def test_logits_of_a_softmax_differ_as_what_it_is_taken_of(mlp_file, points):
    softmax, plain = load(mlp_file("Softmax", "one.onnx")), load(mlp_file(None, "other.onnx"))
    found, wanted = logits(softmax.graph, softmax.run(points).astype(np.float64)), plain.run(points)
    assert np.allclose(found - found[:, :1], wanted - wanted[:, :1], atol=1e-5)


def test_a_softmax_over_some_values_of_a_point_is_not_passed(write_onnx, points):
    """Each half of the four values is a softmax of its own, which does not keep the order between the halves."""
    nodes = [("Reshape", ["x", "shape"], ["r"]), ("Softmax", ["r"], ["s"]), ("Flatten", ["s"], ["y"])]
    constants = {"shape": np.array([-1, 2, 2])}
    network = write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 4]}, constants)
    assert at(network, LABELS, points).tensor == "s"


def test_parts_of_a_requirement_are_read_together_or_refused(mlp_file, points):
    several = Stacked(((LABELS, 1), (Intervals(np.zeros((1, 3)), np.ones((1, 3))), 1)))
    assert at(load(mlp_file(None)), several, points).tensor == "z1"
    assert at(load(mlp_file("Softmax")), Stacked(((LABELS, 1), (LABELS, 1))), points).tensor == "z1"
    with pytest.raises(UsageError, match="before the last Softmax"):
        at(load(mlp_file("Softmax")), several, points)


def at(network, requirement, points):
    return outlet_of(network.graph, requirement, probed(network.graph, named(network.graph, points)))
