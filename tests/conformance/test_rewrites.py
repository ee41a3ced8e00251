"""Every rewrite leaves what a network answers as it was, and takes away what it is there to take away."""

import numpy as np
import pytest

from netmend.convert.rewrites._base import Rewrite
from netmend.core.discover import contributions
from netmend.network.graph import in_order
from netmend.network.load import load

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def numbers(*shape):
    return np.random.default_rng([1, *shape]).normal(0, 0.5, shape).astype(np.float32)


X = numbers(3, 4, 7, 6)
SAME = {"auto_pad": "SAME_LOWER", "strides": [2, 1]}
UPPER = {"auto_pad": "SAME_UPPER"}
# By rewrite: nodes that it is there for, and what must be gone of them.
CASES = {
    "explicit-padding": (
        [("Conv", ["x", "k"], ["c"], SAME), ("MaxPool", ["c"], ["y"], {**UPPER, "kernel_shape": [2, 2]})],
        lambda node: "auto_pad" in node.attributes,
    ),
    "split-groups": (
        [("Conv", ["x", "g", "b"], ["y"], {"group": 2, "pads": [1, 0, 1, 0]})],
        lambda node: node.attributes.get("group", 1) > 1,
    ),
    "plain-gelu": (
        [("Gelu", ["x"], ["c"]), ("Gelu", ["c"], ["y"], {"approximate": "tanh"})],
        lambda node: node.op == "Gelu",
    ),
    "older-operators": ([("ReduceMean", ["x", "axes"], ["c"], {"keepdims": 1}), ("Relu", ["c"], ["y"])], None),
}  # fmt: skip


@pytest.mark.parametrize("name", contributions("netmend.convert.rewrites", Rewrite))
def test_a_rewritten_network_answers_as_before(onnx_network, tmp_path, name):
    nodes, unwanted = CASES[name]
    network = load(onnx_network(nodes))
    rewrite = contributions("netmend.convert.rewrites", Rewrite)[name].value
    assert rewrite.rewrite(network, tmp_path / "new.onnx")
    new = load(tmp_path / "new.onnx")
    np.testing.assert_allclose(new.run(X), network.run(X), atol=1e-6)
    if unwanted is None:
        assert new.graph.opset == 17
    else:
        assert any(unwanted(node) for node in network.graph.nodes)
        assert not any(unwanted(node) for node in new.graph.nodes)
        assert not rewrite.rewrite(new, tmp_path / "again.onnx")
    assert in_order(new.graph.nodes, [*new.graph.constants, "x"])


@pytest.fixture
def onnx_network(tmp_path):
    helper, numpy_helper = onnx.helper, onnx.numpy_helper

    def write(nodes):
        constants = {
            "k": numbers(5, 4, 3, 2), "g": numbers(6, 2, 3, 3), "b": numbers(6), "axes": np.array([1], np.int64)
        }  # fmt: skip
        read = {name for _, inputs, *_ in nodes for name in inputs}
        graph = helper.make_graph(
            [helper.make_node(op, i, o, **(rest[0] if rest else {})) for op, i, o, *rest in nodes],
            "net",
            [helper.make_tensor_value_info("x", 1, [None, 4, 7, 6])],
            [helper.make_tensor_value_info("y", 1, None)],
            [numpy_helper.from_array(value, name) for name, value in constants.items() if name in read],
        )
        path = tmp_path / "net.onnx"
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        path.write_bytes(model.SerializeToString())
        return path

    return write
