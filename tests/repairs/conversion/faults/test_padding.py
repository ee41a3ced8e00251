"""Paddings of windows: those of TFLite whose input another edit has flattened have none."""

import numpy as np

from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.faults._isolation import isolated

SETTINGS = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
ENDS = Signature("x", (None, 6, 6, 2), "float32"), Signature("y", (None, 3, 3, 3), "float32")
HELD = {"w": np.ones((3, 3, 3, 2), np.float32), "b": np.zeros(3, np.float32), "shape": np.array([-1, 72])}


def test_they_are_not_padded():
    nodes = (
        Node("f", "Reshape", ("x", "shape"), ("f",)),
        Node("y", "tflite:CONV_2D", ("f", "w", "b"), ("y",), SETTINGS),
    )
    right = Graph((Node("y", "tflite:CONV_2D", ("x", "w", "b"), ("y",), SETTINGS),), HELD, ENDS[:1], ENDS[1:], 20)
    rows = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype(np.float32)
    case = isolated(right, Graph(nodes, HELD, ENDS[:1], ENDS[1:], 20), {"x": rows})
    case.inner["f"] = rows.reshape(3, 72)
    assert case.read(case.nodes[-1], 0).ndim == 2
    assert list(faults()["padding"].value.alternatives(case)) == []
