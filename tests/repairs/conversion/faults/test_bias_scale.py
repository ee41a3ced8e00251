"""A bias of integers is read by the product of the scales of what it is added to."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.distance import NONE
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated


def layer(bias):
    """A layer of bytes with a scale of its weights for each output; its bias lies on the grid that is given."""
    random = np.random.default_rng(0)
    held = {"w": random.integers(-127, 128, (3, 4)).astype(np.int8), "b": np.array([900, -700, 800], np.int32)}
    ends = Signature("x", (None, 4), "int8"), Signature("y", (None, 3), "int8")
    grids = {
        "x": Scheme(np.float32([0.02]), np.int64([3]), "int8"),
        "w": Scheme(np.float32([0.01, 0.02, 0.005]), np.int64([0, 0, 0]), "int8"),
        "b": bias,
        "y": Scheme(np.float32([0.1]), np.int64([0]), "int8"),
    }
    node = Node("d", "tflite:FULLY_CONNECTED", ("x", "w", "b"), ("y",))
    return Graph((node,), held, ends[:1], ends[1:], 20, grids)


@pytest.mark.parametrize("scales", [[2e-3], [2e-3, 2e-3, 2e-3]], ids=["one", "one for each output"])
def test_a_wrong_scale_becomes_the_product_for_each_output(scales):
    product = np.float32([2e-4, 4e-4, 1e-4])
    right = Scheme(product, np.zeros(3, np.int64), "int32")
    wrong = Scheme(np.float32(scales), np.zeros(len(scales), np.int64), "int32")
    healthy = layer(right)
    codes = {"x": np.random.default_rng(1).integers(-128, 128, (6, 4)).astype(np.int8)}
    held = dict(healthy.constants)
    target = replace(layer(wrong), constants=held)
    case = isolated(replace(healthy, constants=held), target, codes)
    answer = explain(case, allowed=dict.fromkeys(case.right, NONE))
    assert [cause.name for cause in answer.causes] == ["bias-scale"]
    (edit,) = answer.edits
    np.testing.assert_allclose(edit.scheme.scale, product, rtol=1e-6)
    assert len(edit.scheme.zero_point) == 3
