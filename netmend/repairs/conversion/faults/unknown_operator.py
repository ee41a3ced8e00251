"""An operator of another format was left in the file, and its own runtime does not know it.

What it is:
    A converter met an operator that it does not translate and wrote it down under its old name. The file is invalid.

How it is mended:
    The operator of one input is said with those that the format has: an activation, a clipping, GELU written out, or
    what is of one meaning in both formats. Which one it is is found by right inputs and outputs.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/tensorflow-onnx issues 2099, 2347 and 2412.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.backends._onnx_versions import has
from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._activations import SINCE, VARIANTS
from netmend.repairs.conversion.faults._base import Case, Fault, Hypothesis, Injection, fresh, in_tflite, plain
from netmend.repairs.conversion.faults._gelu import written_out

BOUNDS = ((0.0, 6.0), (-1.0, 1.0), (0.0, 1.0))
"""What TFLite and TensorFlow clip to in operators of their own (RELU6, RELU_N1_TO_1, RELU_0_TO_1)."""

COMPOSED: tuple[tuple[str, tuple[str, tuple[int, ...]], tuple[str, tuple[int, ...]]], ...] = (
    ("1 - erf x", ("Erf", (0,)), ("Sub", (1, 0))),
    ("e^x - 1", ("Exp", (0,)), ("Sub", (0, 1))),
    ("log(1 + x)", ("Add", (0, 1)), ("Log", (0,))),
)
"""Functions that TensorFlow and others have as one operator: name, and two operators with what they read, 1 for one."""

SAME = ("Exp", "Log", "Sqrt", "Neg", "Abs", "Floor", "Ceil", "Round", "Sin", "Cos", "Sign", "Erf", "Reciprocal")
"""Functions of one number that most formats have."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    if in_tflite(case.target):
        return
    for node in case.nodes:
        if not _known(node.op) and len(node.outputs) == 1:
            yield from _said(case, node)


def _known(op: str) -> bool:
    from netmend.network.ops._base import operators

    return op in operators()


def _said(case: Case, node: Node) -> Iterator[Hypothesis]:
    graph, key, what = case.target, node.outputs[0], f"{node.op} {node.name!r} is no operator of ONNX"

    def hypothesis(nodes: tuple[Node, ...], constants: dict[str, np.ndarray], name: str, weight: float) -> Hypothesis:
        return Hypothesis((ReplaceNodes((key,), nodes, constants),), f"{what}; {name} is right.", key, weight)

    if len(node.inputs) == 1:
        for op, attributes in VARIANTS:
            if graph.opset >= SINCE.get(op, 0):
                yield hypothesis((Node(node.name, op, node.inputs, node.outputs, attributes),), {}, op, 1.0)
        for op in SAME:
            yield hypothesis((Node(node.name, op, node.inputs, node.outputs),), {}, op, 0.9)
        for nodes, constants, name in written_out(graph, node.inputs[0], key):
            yield hypothesis(nodes, constants, name, 0.8)
        for what_it_is, first, last in COMPOSED:
            one, inner = fresh(graph, f"{key} one"), fresh(graph, f"{key} inner")
            steps: list[Node] = []
            for (op, order), read, made in ((first, node.inputs[0], inner), (last, inner, key)):
                steps.append(Node(made, op, tuple(one if each else read for each in order), (made,)))
            yield hypothesis(tuple(steps), {one: np.array(1, np.float32)}, what_it_is, 0.8)
        for low, high in BOUNDS:
            names = fresh(graph, f"{key} low"), fresh(graph, f"{key} high")
            ends = dict(zip(names, (np.array(each, np.float32) for each in (low, high)), strict=True))
            clip = Node(node.name, "Clip", (node.inputs[0], *names), node.outputs)
            if graph.opset < 11:
                clip = Node(node.name, "Clip", node.inputs, node.outputs, {"min": low, "max": high})
                ends = {}
            yield hypothesis((clip,), ends, f"a clipping to {low:g} and {high:g}", 1.1)
    for theirs in case.source_nodes:
        op = plain(theirs.op)
        if ":" not in op and has(op, graph.opset) and len(theirs.inputs) == len(node.inputs):
            yield hypothesis((Node(node.name, op, node.inputs, node.outputs),), {}, op, 1.2)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """None: nothing can be compared with a file that cannot be computed."""
    return None


fault = Fault("O1", "CG", ("onnx",), _alternatives, _inject)
