"""Requirements on classes are read before softmax and ReLU."""

import numpy as np
import pytest

from netmend.network.load import load
from netmend.repairs.weights.outlet import outlet_of
from netmend.repairs.weights.specification import Intervals, Labels

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
def test_where_classes_are_read(mlp_file, last, tensor, rectified):
    outlet = outlet_of(load(mlp_file(last)).graph, LABELS, 3)
    assert outlet.tensor == tensor and outlet.requirement.rectified == rectified


def test_other_requirements_are_read_where_they_are_stated(mlp_file):
    intervals = Intervals(np.zeros((1, 3)), np.ones((1, 3)))
    assert outlet_of(load(mlp_file("Relu")).graph, intervals, 3).tensor == "y"
