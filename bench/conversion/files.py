"""Graphs as files, so that a spelling or a fault made on a graph is a file that a tool can be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.backends._tflite_rewrite import written
from netmend.network.graph import Graph, Node


def save(graph: Graph, path: Path) -> Path:
    """Write a graph as an ONNX file, or as a TFLite file if the path ends so."""
    import onnx

    if path.suffix == ".tflite":
        path.write_bytes(written(graph))
        return path

    helper = onnx.helper
    nodes = [_made(node) for node in graph.nodes]
    inputs = [
        helper.make_tensor_value_info(each.name, _kind(each.dtype), [size or "rows" for size in each.shape])
        for each in graph.inputs
    ]
    outputs = [
        helper.make_tensor_value_info(each.name, _kind(each.dtype), [size or "rows" for size in each.shape] or None)
        for each in graph.outputs
    ]
    read = {name for node in graph.nodes for name in node.inputs}
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in graph.constants.items() if name in read]
    model = helper.make_model(
        helper.make_graph(nodes, "network", inputs, outputs, stored),
        opset_imports=[helper.make_opsetid("", graph.opset)],
        ir_version=10,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def _made(node: Node) -> Any:
    import onnx

    given = {
        name: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    return onnx.helper.make_node(node.op, node.inputs, node.outputs, node.name, **given)


def _kind(dtype: str) -> int:
    import onnx

    return int(onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
