"""The tiny networks are computed by ONNX Runtime as by us, so that faults in them are faults of networks."""

import numpy as np
import pytest

from netmend.network.evaluate import run
from netmend.testing.graphs import NETWORKS, inputs_of

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def session(graph):
    helper = onnx.helper
    nodes = [helper.make_node(node.op, node.inputs, node.outputs, node.name, **node.attributes) for node in graph.nodes]
    inputs = [
        helper.make_tensor_value_info(each.name, 1, [size or "n" for size in each.shape]) for each in graph.inputs
    ]
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    made = helper.make_graph(
        nodes, "net", inputs, [onnx.ValueInfoProto(name=each.name) for each in graph.outputs], stored
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", graph.opset)], ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_a_tiny_network_runs_in_onnx_runtime_and_answers_the_same(name, seed):
    graph = NETWORKS[name](seed)
    inputs = inputs_of(graph, 3, seed)
    theirs = session(graph).run(None, inputs)
    for answer, expected in zip(run(graph, inputs).values(), theirs, strict=True):
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
