"""A graph of standard operators as a converter writes it for TFLite: channels last, folded, activations fused.

A small writer of our own, so that TFLite targets of any network can be had without TensorFlow. Its results are checked
like any other healthy pair: they are controls of the benchmark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.conversion.spellings import folded
from netmend.network.edits import edited
from netmend.network.graph import Array, Graph, Node, Signature
from netmend.repairs.conversion.faults._base import evaluated

LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
NONE = {"fused_activation_function": "NONE"}


class Unsaid(Exception):
    """The writer knows no TFLite for a node."""


@dataclass(eq=False)
class _Writer:
    graph: Graph
    shapes: Mapping[str, tuple[int, ...]]
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    fused: set[str] = field(default_factory=set)

    def name(self, tensor: str) -> str:
        """What a tensor is called here; a stored one is stored here too."""
        if tensor in self.graph.constants:
            value = self.graph.constants[tensor]
            return self.stored(tensor, value.transpose(LAST) if value.ndim == 4 else value)
        return self.alias.get(tensor, tensor)

    def stored(self, name: str, value: Any, kind: str = "float32") -> str:
        """A constant."""
        self.constants[name] = np.ascontiguousarray(np.asarray(value).astype(kind))
        return name

    def put(self, op: str, inputs: list[str], output: str, **options: Any) -> str:
        """A node; the name of what it makes."""
        self.nodes.append(Node(output, f"tflite:{op}", tuple(inputs), (output,), options))
        return output

    def rank(self, tensor: str) -> int:
        """Axes of a tensor."""
        return len(self.shapes[tensor])

    def activation(self, node: Node) -> tuple[str, str]:
        """The activation that only reads a node, and what the two make together."""
        users = self.graph.users(node.outputs[0])
        asked = {each.name for each in self.graph.outputs}
        if len(users) == 1 and node.outputs[0] not in asked:
            said = _relu(self.graph, users[0])
            if said:
                self.fused.add(users[0].outputs[0])
                return said, users[0].outputs[0]
        return "NONE", node.outputs[0]


def in_tflite(graph: Graph, rows: Mapping[str, Array]) -> Graph | None:
    """The network in TFLite's operators; None where one of its own has no counterpart in this writer.

    Args:
        rows: inputs, for the shapes of tensors; three rows or more.
    """
    whole = _computed(edited(graph, list(folded(graph))), rows)
    names = [name for node in whole.nodes for name in node.outputs if name]
    few = {name: value[:2] for name, value in rows.items()}
    values = evaluated(whole, few, names)
    assert values is not None
    shapes = {name: value.shape for name, value in {**values, **few, **whole.constants}.items()}
    writer = _Writer(whole, shapes)
    try:
        for node in whole.nodes:
            if node.outputs[0] not in writer.fused:
                _SAY[node.op](writer, node) if node.op in _SAY else _unsaid(node)
    except Unsaid:
        return None
    ends = {writer.alias.get(each.name, each.name): each.name for each in whole.outputs}
    inputs = tuple(_turned(each) for each in whole.inputs)
    outputs = tuple(Signature(name, (), "float32") for name in ends)
    return Graph(tuple(writer.nodes), writer.constants, inputs, outputs, 1)


def _computed(graph: Graph, rows: Mapping[str, Array]) -> Graph:
    """The graph with integers that are the same for any inputs, shapes for instance, as constants."""
    names = [name for node in graph.nodes for name in node.outputs if name]
    two, three = (evaluated(graph, {name: value[:n] for name, value in rows.items()}, names) for n in (2, 3))
    assert two is not None and three is not None
    same = {
        name: two[name] for name in names if two[name].dtype.kind in "iu" and np.array_equal(two[name], three[name])
    }
    needed = {each.name for each in graph.outputs}
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs) and not all(name in same for name in node.outputs):
            needed.update(name for name in node.inputs if name not in same)
    nodes = tuple(node for node in graph.nodes if not needed.isdisjoint(node.outputs))
    return replace(graph, nodes=nodes, constants={**graph.constants, **same})


def _turned(each: Signature) -> Signature:
    shape = each.shape if len(each.shape) != 4 else tuple(each.shape[axis] for axis in LAST)
    return Signature(each.name, shape, each.dtype)


def _unsaid(node: Node) -> None:
    raise Unsaid(node.op)


def _relu(graph: Graph, node: Node) -> str:
    """A node as an activation that can be fused."""
    if node.op == "Relu":
        return "RELU"
    if node.op == "Clip" and len(node.inputs) == 3:
        low, high = (graph.constants.get(name) for name in node.inputs[1:])
        if low is not None and high is not None and (low.item(), high.item()) == (0.0, 6.0):
            return "RELU6"
    return ""


def _alias(writer: _Writer, node: Node) -> None:
    writer.alias[node.outputs[0]] = writer.name(node.inputs[0])


def _window(writer: _Writer, node: Node, kernel: list[int], filler: float | None) -> tuple[str, str]:
    """What a window reads and the name of its padding; a Pad of its own where TFLite's names do not say it."""
    steps = node.attributes.get("dilations", [1, 1])
    strides, pads = node.attributes.get("strides", [1, 1]), node.attributes.get("pads", [0, 0, 0, 0])
    size, made = writer.shapes[node.inputs[0]][2:], writer.shapes[node.outputs[0]][2:]
    reach = [(one - 1) * step + 1 for one, step in zip(kernel, steps, strict=True)]
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unsaid("auto_pad")
    value = writer.name(node.inputs[0])
    if not any(pads) and made == tuple((s - r) // t + 1 for s, r, t in zip(size, reach, strides, strict=True)):
        return value, "VALID"
    total = [max((-(-s // t) - 1) * t + r - s, 0) for s, r, t in zip(size, reach, strides, strict=True)]
    if made == tuple(-(-s // t) for s, t in zip(size, strides, strict=True)) and pads[:2] == [e // 2 for e in total]:
        return value, "SAME"
    if filler is None or node.attributes.get("ceil_mode"):
        raise Unsaid("padding")
    amounts = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]]
    name = writer.stored(f"{node.outputs[0]}/pads", amounts, "int32")
    producer = writer.graph.producer(node.inputs[0])
    positive = producer is not None and bool(_relu(writer.graph, producer))
    if filler == 0 or positive:
        return writer.put("PAD", [value, name], f"{node.outputs[0]}/padded"), "VALID"
    least = writer.stored(f"{node.outputs[0]}/least", [filler])
    return writer.put("PADV2", [value, name, least], f"{node.outputs[0]}/padded"), "VALID"


def _conv(writer: _Writer, node: Node) -> None:
    weight = writer.graph.constants[node.inputs[1]]
    outputs, each = weight.shape[:2]
    groups = node.attributes.get("group", 1)
    if weight.ndim != 4 or (groups > 1 and each > 1):
        raise Unsaid("group")
    value, padding = _window(writer, node, list(weight.shape[2:]), 0.0)
    biased = len(node.inputs) > 2 and bool(node.inputs[2])
    bias = writer.graph.constants[node.inputs[2]] if biased else np.zeros(outputs)
    strides, steps = node.attributes.get("strides", [1, 1]), node.attributes.get("dilations", [1, 1])
    said, made = writer.activation(node)
    deep = groups > 1
    names = [
        writer.stored(f"{made}/weight", weight.transpose((1, 2, 3, 0) if deep else (0, 2, 3, 1))),
        writer.stored(f"{made}/bias", bias),
    ]
    options = {
        "padding": padding, "stride_h": strides[0], "stride_w": strides[1], "dilation_h_factor": steps[0],
        "dilation_w_factor": steps[1], "fused_activation_function": said,
        **({"depth_multiplier": outputs // groups} if deep else {}),
    }  # fmt: skip
    writer.put("DEPTHWISE_CONV_2D" if deep else "CONV_2D", [value, *names], made, **options)


def _pool(op: str) -> Callable[[_Writer, Node], None]:
    def say(writer: _Writer, node: Node) -> None:
        kernel = node.attributes["kernel_shape"]
        counted = node.attributes.get("count_include_pad", 0) == 1
        filler = -1e9 if op == "MAX_POOL_2D" else 0.0 if counted else None
        value, padding = _window(writer, node, kernel, filler)
        if op == "AVERAGE_POOL_2D" and padding == "SAME" and counted and any(node.attributes.get("pads", [0])):
            raise Unsaid("count_include_pad")
        strides = node.attributes.get("strides", [1, 1])
        options = {"filter_height": kernel[0], "filter_width": kernel[1], "padding": padding}
        options |= {"stride_h": strides[0], "stride_w": strides[1], **NONE}
        writer.put(op, [value], node.outputs[0], **options)

    return say


def _mean(writer: _Writer, node: Node) -> None:
    axes = node.attributes.get("axes", [2, 3]) if node.op == "ReduceMean" else [2, 3]
    if len(node.inputs) > 1:
        axes = writer.graph.constants[node.inputs[1]].tolist()
    rank = writer.rank(node.inputs[0])
    places = [LAST.index(axis % 4) for axis in axes] if rank == 4 else [axis % rank for axis in axes]
    keep = bool(node.attributes.get("keepdims", 1)) if node.op == "ReduceMean" else True
    if rank == 4 and not keep and sorted(places) != [1, 2]:
        raise Unsaid("axes")
    name = writer.stored(f"{node.outputs[0]}/axes", sorted(places), "int32")
    writer.put("MEAN", [writer.name(node.inputs[0]), name], node.outputs[0], keep_dims=keep)


def _reshape(writer: _Writer, node: Node) -> None:
    given, made = writer.shapes[node.inputs[0]], writer.shapes[node.outputs[0]]
    if len(made) == 4 or made[0] != given[0]:
        raise Unsaid("shape")
    value = writer.name(node.inputs[0])
    if len(given) == 4 and given[2:] != (1, 1):
        turn = writer.stored(f"{node.outputs[0]}/perm", FIRST, "int32")
        value = writer.put("TRANSPOSE", [value, turn], f"{node.outputs[0]}/turned")
    shape = writer.stored(f"{node.outputs[0]}/shape", [-1, *made[1:]], "int32")
    writer.put("RESHAPE", [value, shape], node.outputs[0], new_shape=[-1, *made[1:]])


def _gemm(writer: _Writer, node: Node) -> None:
    weight = writer.graph.constants[node.inputs[1]]
    plain = node.attributes.get("alpha", 1.0) == 1 and node.attributes.get("beta", 1.0) == 1
    if not plain or node.attributes.get("transA", 0):
        raise Unsaid("alpha")
    said, made = writer.activation(node)
    turned = weight if node.attributes.get("transB", 0) else weight.T
    bias = writer.graph.constants[node.inputs[2]] if len(node.inputs) > 2 else np.zeros(len(turned))
    names = [writer.stored(f"{made}/weight", turned), writer.stored(f"{made}/bias", bias.reshape(-1))]
    options = {"fused_activation_function": said, "keep_num_dims": False}
    writer.put("FULLY_CONNECTED", [writer.name(node.inputs[0]), *names], made, **options)


def _binary(op: str) -> Callable[[_Writer, Node], None]:
    def say(writer: _Writer, node: Node) -> None:
        rank, names = writer.rank(node.outputs[0]), []
        for tensor in node.inputs:
            value = writer.graph.constants.get(tensor)
            if value is None:
                if 1 < writer.rank(tensor) < rank == 4:
                    raise Unsaid("broadcast")
                names.append(writer.name(tensor))
            else:
                wide = value.reshape([1] * (4 - value.ndim) + list(value.shape)).transpose(LAST) if rank == 4 else value
                names.append(writer.stored(f"{node.outputs[0]}/{tensor}", wide))
        said, made = writer.activation(node)
        writer.put(op, names, made, fused_activation_function=said)

    return say


def _unary(op: str, **options: Any) -> Callable[[_Writer, Node], None]:
    def say(writer: _Writer, node: Node) -> None:
        writer.put(op, [writer.name(node.inputs[0])], node.outputs[0], **options)

    return say


def _clip(writer: _Writer, node: Node) -> None:
    said = _relu(writer.graph, node)
    if not said:
        raise Unsaid("limits")
    writer.put(said, [writer.name(node.inputs[0])], node.outputs[0])


def _concat(writer: _Writer, node: Node) -> None:
    rank = writer.rank(node.outputs[0])
    axis = node.attributes["axis"] % rank
    names = [writer.name(name) for name in node.inputs]
    writer.put("CONCATENATION", names, node.outputs[0], axis=LAST.index(axis) if rank == 4 else axis, **NONE)


def _pad(writer: _Writer, node: Node) -> None:
    pads = writer.graph.constants[node.inputs[1]]
    if node.attributes.get("mode", "constant") != "constant" or len(pads) != 8:
        raise Unsaid("mode")
    amounts = pads.reshape(2, 4).T[list(LAST)]
    name = writer.stored(f"{node.outputs[0]}/pads", amounts, "int32")
    writer.put("PAD", [writer.name(node.inputs[0]), name], node.outputs[0])


def _slice(writer: _Writer, node: Node) -> None:
    if writer.rank(node.inputs[0]) != 4 or any(name not in writer.graph.constants for name in node.inputs[1:]):
        raise Unsaid("slice")
    starts, ends, axes, *rest = (writer.graph.constants[name].tolist() for name in node.inputs[1:])
    steps = rest[0] if rest else [1] * len(axes)
    begin, end, stride = [0] * 4, [0] * 4, [1] * 4
    whole = 0b1111
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=True):
        place, size = LAST.index(axis % 4), writer.shapes[node.inputs[0]][axis]
        begin[place], end[place], stride[place] = start, min(stop, size), step
        whole &= ~(1 << place)
    names = [
        writer.stored(f"{node.outputs[0]}/{what}", value, "int32")
        for what, value in (("begin", begin), ("end", end), ("strides", stride))
    ]
    options = {"begin_mask": whole, "end_mask": whole, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
    writer.put("STRIDED_SLICE", [writer.name(node.inputs[0]), *names], node.outputs[0], **options)


def _softmax(writer: _Writer, node: Node) -> None:
    if writer.rank(node.inputs[0]) == 4 or node.attributes.get("axis", -1) not in (-1, writer.rank(node.inputs[0]) - 1):
        raise Unsaid("axis")
    writer.put("SOFTMAX", [writer.name(node.inputs[0])], node.outputs[0], beta=1.0)


def _leaky(writer: _Writer, node: Node) -> None:
    writer.put("LEAKY_RELU", [writer.name(node.inputs[0])], node.outputs[0], alpha=node.attributes.get("alpha", 0.01))


_SAY: Mapping[str, Callable[[_Writer, Node], None]] = {
    "Identity": _alias, "Dropout": _alias, "Conv": _conv, "MaxPool": _pool("MAX_POOL_2D"), "Clip": _clip,
    "AveragePool": _pool("AVERAGE_POOL_2D"), "GlobalAveragePool": _mean, "ReduceMean": _mean, "Reshape": _reshape,
    "Flatten": _reshape, "Gemm": _gemm, "Add": _binary("ADD"), "Sub": _binary("SUB"), "Mul": _binary("MUL"),
    "Div": _binary("DIV"), "Relu": _unary("RELU"), "Sigmoid": _unary("LOGISTIC"), "Tanh": _unary("TANH"),
    "HardSwish": _unary("HARD_SWISH"), "Elu": _unary("ELU"), "LeakyRelu": _leaky, "Concat": _concat,
    "Softmax": _softmax, "Pad": _pad, "Slice": _slice,
}  # fmt: skip
