"""Tensors of an ONNX file that are put on a grid of integers and taken back, as static quantisation writes them.

References: QuantizeLinear and DequantizeLinear of the ONNX specification; the QDQ format of ONNX Runtime's quantiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netmend.network.agreement import LOOSE, ROWS, check_nodes
from netmend.network.backends._base import Network
from netmend.network.backends._rows import in_parts
from netmend.network.graph import Array, Graph, Node
from netmend.network.quantisation import Scheme


def with_grids(graph: Graph) -> Graph:
    """The graph with the grids of what comes out of such pairs; constants have theirs by their values."""
    makers = {node.outputs[0]: node for node in graph.nodes if node.op == "QuantizeLinear"}
    grids = {
        node.outputs[0]: scheme
        for node in graph.nodes
        if node.op == "DequantizeLinear"
        and (maker := makers.get(node.inputs[0])) is not None
        and maker.inputs[1:] == node.inputs[1:]
        and (scheme := _scheme(graph, node)) is not None
    }
    return replace(graph, quantisation={**graph.quantisation, **grids}) if grids else graph


def _scheme(graph: Graph, node: Node) -> Scheme | None:
    """One grid for the whole tensor; None for others."""
    scale = graph.constants.get(node.inputs[1])
    zero = graph.constants.get(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else np.zeros((), np.uint8)
    if scale is None or zero is None or scale.size != 1 or zero.size != 1 or zero.dtype.kind not in "iu":
        return None
    return Scheme(scale.reshape(1).astype(np.float32), zero.reshape(1).astype(np.int64), zero.dtype.name)


def check_on_grids(network: Network, feeds: Mapping[str, Array]) -> None:
    """Compare a network on grids with its own runtime, node by node: half-way between two codes it takes either.

    Raises:
        ModelsDisagree: a node makes something else.
    """
    part, _ = next(in_parts({name: value[:ROWS] for name, value in feeds.items()}, network.graph.rows))
    codes = {node.outputs[0] for node in network.graph.nodes if node.op == "QuantizeLinear"}

    def allowed(name: str, values: Array) -> float:
        return 1.0 if name in codes else LOOSE[network.precision] * max(1.0, float(np.abs(values).max(initial=0.0)))

    check_nodes(network, part, network.inner(part), allowed)
