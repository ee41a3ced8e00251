"""GELU written with the error function or the hyperbolic tangent, for converters that know it only so.

References: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016: x Phi(x), and its approximation by tanh.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

import numpy as np

from netmend.convert.rewrites._base import Rewrite, by_edits
from netmend.network.edits import Edit, ReplaceNodes
from netmend.network.graph import Graph, Node


def _edits(graph: Graph) -> Sequence[Edit]:
    return [_spelled(node) for node in graph.nodes if node.op == "Gelu"]


def _spelled(node: Node) -> ReplaceNodes:
    name, value = node.outputs[0], node.inputs[0]
    numbers = {"half": 0.5, "one": 1.0, "root": 1 / sqrt(2), "cubic": 0.044715, "slope": sqrt(2 / pi)}
    constants = {f"{name}/{key}": np.array(number, np.float32) for key, number in numbers.items()}
    steps = [("Mul", (value, "root"), "scaled"), ("Erf", ("scaled",), "curve")]
    if node.attributes.get("approximate", "none") == "tanh":
        steps = [
            ("Mul", (value, value), "square"), ("Mul", ("square", value), "cube"), ("Mul", ("cube", "cubic"), "term"),
            ("Add", (value, "term"), "sum"), ("Mul", ("sum", "slope"), "scaled"), ("Tanh", ("scaled",), "curve"),
        ]  # fmt: skip
    steps += [("Add", ("curve", "one"), "share"), ("Mul", (value, "half"), "halved"), ("Mul", ("halved", "share"), "")]
    nodes = []
    for op, inputs, output in steps:
        read = tuple(each if each == value else f"{name}/{each}" for each in inputs)
        made = f"{name}/{output}" if output else name
        nodes.append(Node(made, op, read, (made,)))
    read_at_all = {each for one in nodes for each in one.inputs}
    return ReplaceNodes((name,), tuple(nodes), {key: each for key, each in constants.items() if key in read_at_all})


REWRITE = Rewrite("GELU written with elementary functions", by_edits(_edits))
