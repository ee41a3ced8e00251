"""Tensors of an ONNX file that are put on a grid of integers and taken back, as quantisation writes them.

References: QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear of the ONNX specification; the QDQ format of ONNX
Runtime's quantiser.
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

_QUANTISE = ("QuantizeLinear", "DynamicQuantizeLinear")


def with_grids(graph: Graph) -> Graph:
    """The graph with the grids of what comes out of such pairs; constants have theirs by their values."""
    makers = {node.outputs[0]: node for node in graph.nodes if node.op in _QUANTISE}
    grids: dict[str, Scheme] = {}
    ranges = set[str]()
    for node in graph.nodes:
        maker = makers.get(node.inputs[0]) if node.op == "DequantizeLinear" else None
        if maker is None:
            continue
        if maker.op == "DynamicQuantizeLinear":
            ranges.update(node.outputs if maker.outputs == node.inputs else ())
        elif maker.inputs[1:] == node.inputs[1:] and (scheme := _scheme(graph, node)) is not None:
            grids[node.outputs[0]] = scheme
    if not grids and not ranges:
        return graph
    return replace(graph, quantisation={**graph.quantisation, **grids}, ranges=graph.ranges | ranges)


def on_grids(graph: Graph) -> bool:
    """Whether the runtime rounds tensors to grids: what the file says, and what is multiplied by weights in blocks.

    ONNX Runtime makes one operator of DequantizeLinear in blocks and MatMul, and that rounds the other factor to bytes
    (its setting session.qdq_matmulnbits_accuracy_level, 4 by default).
    """
    return graph.on_grids or any(node.op in _QUANTISE or node.attributes.get("block_size") for node in graph.nodes)


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
    codes = {node.outputs[0] for node in network.graph.nodes if node.op in _QUANTISE}

    def allowed(name: str, values: Array) -> float:
        return 1.0 if name in codes else LOOSE[network.precision] * max(1.0, float(np.abs(values).max(initial=0.0)))

    check_nodes(network, part, network.inner(part), allowed)
