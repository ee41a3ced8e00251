"""TFLite targets in integers: calibrated on a few inputs, weights on a grid for each output or one for all.

References: B. Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference, CVPR 2018, section 2 (uint8, one scale for each tensor); the TFLite 8-bit quantization specification (int8,
weights symmetric, with a scale for each output channel).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netmend.network.graph import Array, Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.faults._base import evaluated

WEIGHTED = {"tflite:CONV_2D": 0, "tflite:DEPTHWISE_CONV_2D": 3, "tflite:FULLY_CONNECTED": 0}
"""Operators with weights, and the axis of their outputs."""

ALIKE = {"tflite:RESHAPE", "tflite:TRANSPOSE", "tflite:PAD", "tflite:MAX_POOL_2D", "tflite:AVERAGE_POOL_2D",
         "tflite:CONCATENATION", "tflite:STRIDED_SLICE"}  # fmt: skip
"""Operators that read and make numbers of one grid."""

OTHERS = {"tflite:ADD", "tflite:MUL", "tflite:SUB", "tflite:MEAN", "tflite:RELU", "tflite:RELU6", "tflite:QUANTIZE"}


def quantised(graph: Graph, rows: Mapping[str, Array], kind: str) -> Graph | None:
    """A TFLite graph in real numbers as one in integers; None where an operator is not known here.

    Args:
        rows: inputs of the graph that ranges are calibrated on. kind: "int8" or "uint8".
    """
    ends = [node for node in graph.nodes if node.op == "tflite:SOFTMAX"]
    inner = [node for node in graph.nodes if node not in ends]
    if any(node.op not in {*WEIGHTED, *ALIKE, *OTHERS} for node in inner):
        return None
    if any(end.outputs[0] not in {each.name for each in graph.outputs} for end in ends):
        return None
    names = [name for node in inner for name in node.outputs]
    values = evaluated(graph, rows, names)
    assert values is not None
    values |= {each.name: rows[each.name] for each in graph.inputs}
    grids = _grids(inner, values, kind)
    constants = dict(graph.constants)
    nodes: list[Node] = []
    for each in graph.inputs:
        code = f"{each.name}/codes"
        grids[code] = grids.pop(each.name)
        nodes.append(Node(code, "tflite:QUANTIZE", (each.name,), (code,), {}))
        inner = [_reading(node, each.name, code) for node in inner]
    for node in inner:
        made = node
        for at, name in enumerate(node.inputs):
            stored = graph.constants.get(name)
            if stored is None or stored.dtype.kind != "f":
                continue
            made = replace(made, inputs=(*made.inputs[:at], f"{name} in {kind}", *made.inputs[at + 1 :]))
            grid = _constant_grid(node, at, stored, grids, made, kind, constants)
            grids[made.inputs[at]] = grid
            constants[made.inputs[at]] = grid.codes(stored.astype(np.float64))
        nodes.append(made)
    asked = [end.inputs[0] for end in ends] or [each.name for each in graph.outputs]
    for name in asked:
        real = f"{name}/real"
        nodes.append(Node(real, "tflite:DEQUANTIZE", (name,), (real,), {}))
        nodes += [_reading(end, name, real) for end in ends if end.inputs[0] == name]
    outputs = graph.outputs if ends else tuple(Signature(f"{name}/real", (), "float32") for name in asked)
    read = {name for node in nodes for name in node.inputs}
    kept = {name: value for name, value in constants.items() if name in read}
    return replace(graph, nodes=tuple(nodes), constants=kept, outputs=outputs, quantisation=grids)


def _reading(node: Node, old: str, new: str) -> Node:
    return replace(node, inputs=tuple(new if name == old else name for name in node.inputs))


def _grids(nodes: list[Node], values: Mapping[str, Array], kind: str) -> dict[str, Scheme]:
    """A grid for each tensor; one for all that an operator of `ALIKE` connects."""
    head = {name: name for name in values}

    def found(name: str) -> str:
        while head[name] != name:
            name = head[name]
        return name

    for node in nodes:
        if node.op in ALIKE:
            for name in node.inputs:
                if name in head:
                    head[found(name)] = found(node.outputs[0])
    ranges: dict[str, tuple[float, float]] = {}
    for name, value in values.items():
        low, high = ranges.get(found(name), (0.0, 0.0))
        ranges[found(name)] = min(low, float(value.min())), max(high, float(value.max()))
    return {name: _asymmetric(*ranges[found(name)], kind) for name in values}


def _asymmetric(low: float, high: float, kind: str) -> Scheme:
    limits = np.iinfo(kind)
    scale = max(high - low, 1e-6) / 255
    zero = int(np.clip(round(limits.min - low / scale), limits.min, limits.max))
    return Scheme(np.array([scale], np.float32), np.array([zero], np.int64), kind)


def _constant_grid(
    node: Node,
    at: int,
    stored: Array,
    grids: Mapping[str, Scheme],
    made: Node,
    kind: str,
    constants: Mapping[str, Array],
) -> Scheme:
    axis = WEIGHTED.get(node.op)
    if axis is not None and at == 2:
        scale = grids[node.inputs[0]].scale * grids[made.inputs[1]].scale
        return Scheme(scale.astype(np.float32), np.zeros(len(scale), np.int64), "int32")
    if axis is None or kind == "uint8":
        return _asymmetric(min(0.0, float(stored.min())), max(0.0, float(stored.max())), kind)
    whole = node.op == "tflite:FULLY_CONNECTED"
    others = None if whole else tuple(each for each in range(stored.ndim) if each != axis)
    scale = np.maximum(np.abs(stored).max(axis=others), 1e-8).reshape(-1) / 127
    if len(node.inputs) > 2:
        # A channel of weights that are all but zero gets a scale by which its bias still fits into 32 bits.
        most = np.abs(constants[node.inputs[2]].reshape(-1)).astype(np.float64)
        least = 1.01 * most / (np.iinfo(np.int32).max * float(grids[node.inputs[0]].scale[0]))
        scale = np.maximum(scale, least.max() if whole else least)
    return Scheme(scale.astype(np.float32), np.zeros(len(scale), np.int64), "int8", 0 if whole else axis)
