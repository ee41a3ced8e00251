"""A scale of weights that is wrong by any factor is found from the source's weights, in whatever order of axes."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated


@pytest.mark.parametrize("factor", [1.37, 0.8])
def test_a_wrong_scale_of_weights_is_fitted_to_the_source_s(factor):
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, (8, 1, 1, 12)).astype(np.uint8)
    grids = {
        "x": Scheme(np.float32([0.02]), np.int64([3]), "uint8"),
        "y": Scheme(np.float32([0.05]), np.int64([90]), "uint8"),
    }
    grid = Scheme(np.float32([0.004]), np.int64([121]), "uint8")
    takes, gives = Signature("x", (None, 3, 4, 12), "uint8"), Signature("y", (None, 3, 4, 8), "uint8")
    node = Node("c", "tflite:CONV_2D", ("x", "w"), ("y",), {"stride_h": 1, "stride_w": 1, "padding": "VALID"})
    healthy = Graph((node,), {"w": codes}, (takes,), (gives,), 20, {**grids, "w": grid})
    wrong = replace(healthy, quantisation={**grids, "w": replace(grid, scale=grid.scale * np.float32(factor))})
    case = isolated(healthy, wrong, {"x": random.integers(0, 256, (6, 3, 4, 12)).astype(np.uint8)})
    # The source as ONNX has it: real weights, channels first.
    real = grid.values(codes).transpose(0, 3, 1, 2).astype(np.float32)
    source = replace(healthy, constants={"w": real}, quantisation=grids)
    answer = explain(replace(case, source=source), allowed={"y": Distance(0.05, 0.05)})
    (edit,) = answer.edits
    assert answer.causes[0].name == "quantisation-scale"
    np.testing.assert_allclose(edit.scheme.scale, grid.scale, rtol=1e-3)
