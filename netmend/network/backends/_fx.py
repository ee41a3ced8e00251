"""An exported program of torch looked into: which of its values are which tensors of the graph.

References: torch.export and torch.fx (pytorch.org/docs): a program is a list of calls of aten operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.backends._lower import as_arguments
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph

CLOSE = 1e-4
"""Largest difference, as a share of the largest number, of two tensors that are taken for one: float32 computed in two
ways differs by less, and two layers of a network on random inputs by more (a tenth of `agreement.LOOSE`)."""


def program_of(module: Any, graph: Graph, names: tuple[str, ...]) -> Any:
    """A module as an exported program, for any number of rows where that can be had.

    Raises:
        Inexpressible: torch cannot export it.
    """
    torch = package("torch", "PyTorch networks")
    arguments, keywords = as_arguments(dict(zip(names, random_inputs(graph).values(), strict=True)))
    batch = torch.export.Dim.AUTO
    dynamic: Any = {name: {0: batch} for name in keywords} if keywords else tuple({0: batch} for _ in arguments)
    try:
        with torch.no_grad():
            return torch.export.export(module, arguments, keywords, dynamic_shapes=dynamic)
    except Exception as error:  # the exporter lets through whatever fails inside it
        raise Inexpressible(
            f"torch cannot export the network: {str(error).splitlines()[0]}", hint="edit its ONNX file instead"
        ) from error


def random_inputs(graph: Graph, rows: int = 2) -> dict[str, Array]:
    """Numbers that tell layers apart: normal ones, and small integers where integers are taken."""
    random = np.random.default_rng(0)
    found = {}
    for each in graph.inputs:
        shape = [rows if axis == 0 and size is None else size or 4 for axis, size in enumerate(each.shape)]
        floats = random.normal(0, 1, shape).astype(np.float32)
        found[each.name] = floats.astype(each.dtype) if each.dtype[0] in "fb" else np.abs(floats).astype(each.dtype)
    return found


def values_of(flat: Any, names: tuple[str, ...], inputs: Mapping[str, Array]) -> dict[str, Any]:
    """Every tensor that a program computes, by the name of its call.

    Args:
        flat: `program.module()`. names: of its arguments, as `TorchNetwork` has them.
    """
    torch = package("torch", "PyTorch networks")
    found: dict[str, Any] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc,name-defined]
        def run_node(self, node: Any) -> Any:
            value = super().run_node(node)
            if isinstance(value, torch.Tensor) and node.op != "output":
                found[node.name] = value
            return value

    arguments, keywords = as_arguments(dict(zip(names, inputs.values(), strict=True)))
    with torch.no_grad():
        Recorder(flat).run(*arguments, *keywords.values(), enable_io_processing=False)
    return found


def correspondence(flat: Any, graph: Graph, names: tuple[str, ...]) -> dict[str, str]:
    """For tensors of the graph the call that computes the same: by name where the values agree, else by its values."""
    inputs = random_inputs(graph)
    theirs = values_of(flat, names, inputs)
    ours = forward(graph, {name: as_tensor(value) for name, value in inputs.items()}, keep="all")
    calls = {node.name: node for node in flat.graph.nodes if node.op in ("call_function", "placeholder")}
    found = {}
    for name, value in ours.items():
        if name in calls and name in theirs and _same(value, theirs[name]):
            found[name] = name
            continue
        alike = [key for key in calls if key in theirs and value.numel() > 1 and _same(value, theirs[key])]
        if alike:
            found[name] = alike[0]
    return found


def _same(one: Any, other: Any) -> bool:
    if one.shape != other.shape or one.is_floating_point() != other.is_floating_point():
        return False
    largest = max(float(one.abs().max()), 1e-6) if one.numel() and one.is_floating_point() else 0.0
    return bool(((one.double() - other.double()).abs() <= CLOSE * largest).all())
