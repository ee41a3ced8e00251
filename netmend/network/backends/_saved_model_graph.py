"""A signature of TensorFlow as a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._saved_model_file import SavedModel, array_of, unknown
from netmend.network.backends._saved_model_lowering import Lowering, said, type_of
from netmend.network.backends._saved_model_operators import OPERATORS
from netmend.network.backends._tflite_graph import OPSET
from netmend.network.graph import Graph, Node, Signature, in_order


def graph_of(model: SavedModel) -> tuple[Graph, Lowering]:
    """The graph of a signature and how it was read.

    Raises:
        UnsupportedModel: an operator, a type or a setting is not known. BrokenFile: the file is damaged.
    """
    flat, found = model.flat, Lowering(model)
    for name, placed in flat.constants.items():
        found.values[name] = array_of(placed.node)
    for name in flat.variables:
        if model.stored.get(name) not in model.numbers:
            raise BrokenFile(f"the numbers of the variable {name!r} are not in {model.path}", hint="save it again")
        found.values[name] = model.numbers[model.stored[name]]
    for placed in flat.nodes:
        if placed.node.op not in OPERATORS:
            raise unknown(placed.node)
        if said(placed, "data_format", "NHWC") not in ("NHWC", "NDHWC"):
            raise UnsupportedModel("TensorFlow computes channels last on CPUs", where=f"node {placed.name!r}")
        OPERATORS[placed.node.op](found, placed)
    signature = model.meta.signature_def[model.key]
    takes = tuple(_signature(name, each) for name, each in signature.inputs.items())
    for tensor in flat.outputs:
        if tensor in found.values:
            found.constant(tensor)
    gives = tuple(
        _signature(tensor, each) for tensor, each in zip(flat.outputs, signature.outputs.values(), strict=True)
    )
    nodes = _used([node for each in found.made.values() for node in each], [each.name for each in gives])
    read = {name for node in nodes for name in node.inputs} | {each.name for each in gives}
    constants = {name: value for name, value in found.constants.items() if name in read}
    lost = read - constants.keys() - set(signature.inputs) - {name for node in nodes for name in node.outputs}
    if lost - {""}:
        raise BrokenFile(f"nothing computes {min(lost)!r}", where=str(model.path), hint="save it again")
    ordered = in_order(nodes, [*constants, *signature.inputs])
    return Graph(ordered, constants, takes, gives, OPSET), found


def _signature(name: str, info: Any) -> Signature:
    if info.tensor_shape.unknown_rank:
        raise UnsupportedModel(f"{name!r} may have any number of axes", hint="save it with an input signature")
    sizes = [dim.size for dim in info.tensor_shape.dim]
    shape = tuple(None if size < 0 or (axis == 0 and size == 1) else int(size) for axis, size in enumerate(sizes))
    return Signature(name, shape, type_of(info.dtype))


def _used(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """The nodes that something depends on."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.outputs):
            kept.append(node)
            wanted.update(node.inputs)
    return kept[::-1]
