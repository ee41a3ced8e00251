"""Pools of standard operators in a TFLite file answer in LiteRT as the standard ones do."""

import numpy as np
import pytest

from netmend.core.errors import Inexpressible
from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load

pytest.importorskip("ai_edge_litert")

from netmend.network.backends._tflite_rewrite import written

# All below zero, so that padding a maximum with zeros would show.
X = np.random.default_rng(0).normal(-9, 1, (3, 2, 9, 8)).astype(np.float32)


def pooled(op, attributes, sizes):
    """One pool, channels first."""
    node = Node("pool", op, ("x",), ("y",), attributes)
    ends = Signature("x", (None, 2, 9, 8), "float32"), Signature("y", (None, 2, *sizes), "float32")
    return Graph((node,), {}, ends[:1], ends[1:], 18)


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize(
    ("attributes", "sizes"),
    [
        ({"kernel_shape": [2, 3], "strides": [2, 1]}, (4, 6)),
        ({"kernel_shape": [2, 2], "dilations": [2, 3]}, (7, 5)),
        ({"kernel_shape": [3, 2], "dilations": [2, 1], "strides": [2, 3]}, (3, 3)),
        ({"kernel_shape": [3, 3], "pads": [1, 0, 2, 1]}, (10, 7)),
    ],
)
def test_it_answers_as_the_standard_operator(op, attributes, sizes, tmp_path):
    agrees(op, {**attributes, "count_include_pad": 1} if op == "AveragePool" else attributes, sizes, tmp_path)


def test_a_largest_number_of_dilated_windows_over_padding_does_too(tmp_path):
    agrees("MaxPool", {"kernel_shape": [2, 2], "dilations": [2, 2], "pads": [1, 1, 0, 1]}, (8, 8), tmp_path)


def agrees(op, attributes, sizes, tmp_path):
    graph = pooled(op, attributes, sizes)
    path = tmp_path / "net.tflite"
    path.write_bytes(written(graph))
    np.testing.assert_allclose(load(path).run(X), run(graph, {"x": X})["y"], atol=1e-5)


@pytest.mark.parametrize(
    "attributes", [{"auto_pad": "SAME_LOWER"}, {"pads": [1, 1, 1, 1]}, {"ceil_mode": 1}, {"kernel_shape": [2, 2, 2]}]
)
def test_what_follows_from_sizes_or_is_not_counted_is_refused(attributes, tmp_path):
    with pytest.raises(Inexpressible, match="AveragePool"):
        written(pooled("AveragePool", {"kernel_shape": [2, 2], **attributes}, (8, 7)))
