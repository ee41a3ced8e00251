"""Standard operators that an edit puts into a TFLite graph, said with TFLite's own.

An edit may be made without knowing the format: a Transpose, a Pad, a clipped sum. What has no counterpart that
computes the same is refused, with what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._tflite_windows import pool
from netmend.network.graph import Array, Graph, Node

# The same function of as many inputs, without attributes.
_RENAMED = {
    "Add": "ADD", "Sub": "SUB", "Mul": "MUL", "Div": "DIV", "Pow": "POW", "Max": "MAXIMUM", "Min": "MINIMUM",
    "Relu": "RELU", "Sigmoid": "LOGISTIC", "Tanh": "TANH", "Exp": "EXP", "Log": "LOG", "Sqrt": "SQRT", "Neg": "NEG",
    "Abs": "ABS", "Floor": "FLOOR", "Ceil": "CEIL", "Round": "ROUND", "Sin": "SIN", "Cos": "COS", "Sign": "SIGN",
    "MatMul": "BATCH_MATMUL", "HardSwish": "HARD_SWISH", "PRelu": "PRELU", "Where": "SELECT_V2", "Equal": "EQUAL",
    "Less": "LESS", "Greater": "GREATER", "And": "LOGICAL_AND", "Or": "LOGICAL_OR", "Not": "LOGICAL_NOT",
}  # fmt: skip


@dataclass(slots=True)
class _Said:
    """What a node becomes: nodes of TFLite and the constants they read."""

    graph: Graph
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def integers(self, node: Node, name: str, value: object) -> str:
        """A constant of 32-bit integers."""
        self.constants[f"{node.outputs[0]}/{name}"] = np.array(value, np.int32)
        return f"{node.outputs[0]}/{name}"

    def known(self, node: Node, index: int, attribute: str = "") -> Array:
        """What an input that must be a constant holds, or an attribute in its place."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        value = self.graph.constants.get(name)
        if value is None and attribute in node.attributes:
            return np.asarray(node.attributes[attribute])
        if value is None:
            raise Inexpressible(
                f"the {attribute or 'setting'} of {node.op} must be a constant in TFLite", where=f"node {node.name!r}"
            )
        return value

    def put(self, node: Node, op: str, inputs: tuple[str, ...], **options: object) -> None:
        """The last node, which makes what the standard one made."""
        self.nodes.append(Node(node.name, f"tflite:{op}", inputs, node.outputs, options))


def in_tflite(graph: Graph) -> Graph:
    """The graph with its standard operators said in TFLite's.

    Raises:
        Inexpressible: one of them has no counterpart.
    """
    if all(node.op.startswith("tflite:") for node in graph.nodes):
        return graph
    said = _Said(graph)
    for node in graph.nodes:
        if node.op.startswith("tflite:"):
            said.nodes.append(node)
        elif node.op in _RENAMED and len(node.inputs) <= 3:
            said.put(node, _RENAMED[node.op], node.inputs)
        elif node.op in _BY_NAME:
            _BY_NAME[node.op](said, node)
        else:
            raise Inexpressible(
                f"the standard operator {node.op} has no counterpart in TFLite",
                where=f"node {node.name!r}",
                hint=f"spell it with {', '.join(sorted([*_RENAMED, *_BY_NAME]))}, or with operators of TFLite",
            )
    read = {name for node in said.nodes for name in node.inputs} | {each.name for each in graph.outputs}
    kept = {name: value for name, value in graph.constants.items() if name in read or _stays(graph, name)}
    return replace(graph, nodes=tuple(said.nodes), constants={**kept, **said.constants})


def _stays(graph: Graph, name: str) -> bool:
    """Whether a constant is not only a setting of a standard operator."""
    return all(node.op.startswith("tflite:") for node in graph.users(name))


def _transpose(said: _Said, node: Node) -> None:
    if not node.attributes.get("perm"):
        raise Inexpressible("TFLite's TRANSPOSE needs the order of the axes", where=f"node {node.name!r}")
    said.put(node, "TRANSPOSE", (node.inputs[0], said.integers(node, "perm", node.attributes["perm"])))


def _reshape(said: _Said, node: Node) -> None:
    shape = [int(size) for size in said.known(node, 1, "shape")]
    if 0 in shape:
        # The first axis is kept by leaving it open; TFLite has no other way to keep one.
        if shape.count(0) > 1 or shape[0] != 0 or -1 in shape:
            raise Inexpressible("TFLite's RESHAPE cannot keep an axis", hint="write every size down")
        shape[0] = -1
    said.put(node, "RESHAPE", (node.inputs[0], said.integers(node, "shape", shape)), new_shape=shape)


def _pad(said: _Said, node: Node) -> None:
    pads = said.known(node, 1, "pads").reshape(2, -1).T
    name = said.integers(node, "paddings", pads)
    mode = node.attributes.get("mode", "constant")
    filler = float(said.known(node, 2)) if len(node.inputs) > 2 and node.inputs[2] else 0.0
    if mode == "reflect":
        said.put(node, "MIRROR_PAD", (node.inputs[0], name), mode="REFLECT")
    elif mode == "constant" and filler == 0:
        said.put(node, "PAD", (node.inputs[0], name))
    elif mode == "constant":
        value = f"{node.outputs[0]}/value"
        said.constants[value] = np.array([filler], np.float32)
        said.put(node, "PADV2", (node.inputs[0], name, value))
    else:
        raise Inexpressible(f"TFLite cannot pad in the mode {mode!r}", hint='"constant" and "reflect" it can')


def _clip(said: _Said, node: Node) -> None:
    low, high = (
        said.known(node, place) if len(node.inputs) > place and node.inputs[place] else None for place in (1, 2)
    )
    bounds = tuple(None if each is None else float(each) for each in (low, high))
    exact = {(0.0, 6.0): "RELU6", (0.0, None): "RELU", (-1.0, 1.0): "RELU_N1_TO_1", (0.0, 1.0): "RELU_0_TO_1"}
    if bounds in exact:
        said.put(node, exact[bounds], node.inputs[:1])
        return
    value = node.inputs[0]
    for place, (op, bound) in enumerate((("MAXIMUM", bounds[0]), ("MINIMUM", bounds[1]))):
        if bound is None:
            continue
        limit = f"{node.outputs[0]}/limit {place}"
        said.constants[limit] = np.array(bound, np.float32)
        last = place == 1 or bounds[1] is None
        made = node.outputs if last else (f"{node.outputs[0]}/clipped",)
        said.nodes.append(Node(node.name, f"tflite:{op}", (value, limit), made, {}))
        value = made[0]


def _softmax(said: _Said, node: Node) -> None:
    if node.attributes.get("axis", -1) != -1:
        raise Inexpressible("TFLite's SOFTMAX is over the last axis", hint="transpose before and after it")
    said.put(node, "SOFTMAX" if node.op == "Softmax" else "LOG_SOFTMAX", node.inputs, **_BETA.get(node.op, {}))


_BETA: Mapping[str, Mapping[str, float]] = {"Softmax": {"beta": 1.0}}


def _over_axes(op: str) -> Callable[[_Said, Node], None]:
    def say(said: _Said, node: Node) -> None:
        axes = said.integers(node, "axes", said.known(node, 1, "axes"))
        said.put(node, op, (node.inputs[0], axes), keep_dims=bool(node.attributes.get("keepdims", 1)))

    return say


def _gemm(said: _Said, node: Node) -> None:
    plain = {
        key: value for key, value in node.attributes.items() if (key, value) not in (("alpha", 1.0), ("beta", 1.0))
    }
    if plain != {"transB": 1}:
        raise Inexpressible("TFLite's FULLY_CONNECTED takes x W' + b", hint="store the weight so, and use transB = 1")
    said.put(node, "FULLY_CONNECTED", node.inputs, keep_num_dims=False)


def _top(said: _Said, node: Node) -> None:
    """The largest entries along the last axis; the smallest are the largest of what has the other sign."""
    if node.attributes.get("axis", -1) != -1:
        raise Inexpressible("TFLite's TOPK_V2 is along the last axis", hint="transpose before and after it")
    count = said.integers(node, "k", said.known(node, 1, "k").reshape(()))
    key, places = node.outputs[0], next(iter(node.outputs[1:]), "") or f"{node.outputs[0]}/places"
    smallest = not node.attributes.get("largest", 1)
    given, made = (f"{key}/negative", f"{key}/largest") if smallest else (node.inputs[0], key)
    if smallest:
        said.nodes.append(Node(given, "tflite:NEG", node.inputs[:1], (given,)))
    # Places have 32 bits in TFLite, and 64 in ONNX.
    narrow = f"{places}/narrow"
    said.nodes.append(Node(node.name, "tflite:TOPK_V2", (given, count), (made, narrow)))
    if smallest:
        said.nodes.append(Node(key, "tflite:NEG", (made,), (key,)))
    types = {"in_data_type": "INT32", "out_data_type": "INT64"}
    said.nodes.append(Node(places, "tflite:CAST", (narrow,), (places,), types))


def _one_hot(said: _Said, node: Node) -> None:
    off, on = (f"{node.outputs[0]}/{name}" for name in ("off", "on"))
    said.constants |= dict(zip((off, on), said.known(node, 2, "values").reshape(2, 1)[:, 0], strict=True))
    depth = said.integers(node, "depth", said.known(node, 1, "depth").reshape(()))
    said.put(node, "ONE_HOT", (node.inputs[0], depth, on, off), axis=node.attributes.get("axis", -1))


def _unsqueeze(said: _Said, node: Node) -> None:
    axes = said.known(node, 1, "axes").reshape(-1)
    if len(axes) != 1:
        raise Inexpressible("TFLite's EXPAND_DIMS puts in one axis", hint="reshape, or put in one after the other")
    said.put(node, "EXPAND_DIMS", (node.inputs[0], said.integers(node, "axis", axes[0])))


def _squeeze(said: _Said, node: Node) -> None:
    axes = [int(axis) for axis in said.known(node, 1, "axes").reshape(-1)]
    said.put(node, "SQUEEZE", node.inputs[:1], squeeze_dims=axes)


_TYPES: Mapping[int, str] = {1: "FLOAT32", 6: "INT32", 7: "INT64", 9: "BOOL"}
"""Types of ONNX's TensorProto that a Cast may ask for."""


def _cast(said: _Said, node: Node) -> None:
    kind = _TYPES.get(int(node.attributes["to"]))
    if kind is None:
        raise Inexpressible(f"no Cast to the type {node.attributes['to']} is put into a TFLite file")
    said.put(node, "CAST", node.inputs, out_data_type=kind)


def _remainder(said: _Said, node: Node) -> None:
    if node.attributes.get("fmod", 0):
        raise Inexpressible("TFLite's FLOOR_MOD has the sign of the divisor", hint="use Mod with fmod = 0")
    said.put(node, "FLOOR_MOD", node.inputs)


def _pool(said: _Said, node: Node) -> None:
    nodes, constants = pool(node)
    said.nodes += nodes
    said.constants |= constants


_BY_NAME: Mapping[str, Callable[[_Said, Node], None]] = {
    # TFLite has no operator that does nothing: the larger of a number and itself is that number.
    "Identity": lambda said, node: said.put(node, "MAXIMUM", node.inputs * 2),
    "AveragePool": _pool,
    "MaxPool": _pool,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Pad": _pad,
    "Clip": _clip,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Gemm": _gemm,
    "Gelu": lambda said, node: said.put(
        node, "GELU", node.inputs, approximate=node.attributes.get("approximate", "none") == "tanh"
    ),
    "LeakyRelu": lambda said, node: said.put(node, "LEAKY_RELU", node.inputs, alpha=node.attributes.get("alpha", 0.01)),
    "Concat": lambda said, node: said.put(node, "CONCATENATION", node.inputs, axis=node.attributes["axis"]),
    "Gather": lambda said, node: said.put(node, "GATHER", node.inputs, axis=node.attributes.get("axis", 0)),
    "TopK": _top,
    "OneHot": _one_hot,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Mod": _remainder,
    "Cast": _cast,
    "ReduceMean": _over_axes("MEAN"),
    "ReduceSum": _over_axes("SUM"),
    "ReduceMax": _over_axes("REDUCE_MAX"),
    "ReduceMin": _over_axes("REDUCE_MIN"),
}
