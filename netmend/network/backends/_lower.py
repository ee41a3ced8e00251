"""A torch module written out as a graph, with its weights under the names of its state dictionary."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.backends._base import Inputs, package
from netmend.network.backends._sequences import without_sequences
from netmend.network.backends.onnx import graph_of
from netmend.network.batch import with_free_batch
from netmend.network.evaluate import as_tensor
from netmend.network.graph import Array, Graph, Node


def lowered(module: Any, example: Inputs) -> Graph:
    """The graph of a module in evaluation mode, for any number of inputs if that can be exported.

    Args:
        module: an nn.Module. example: a few inputs.

    Raises:
        UnsupportedModel: torch cannot export it, or an operator is not known.
    """
    torch = package("torch", "PyTorch networks")
    rows = {name: _two_rows(value) for name, value in as_mapping(example).items()}
    arguments, keywords = as_arguments(rows)
    batch = torch.export.Dim("batch")
    dynamic: Any = {name: {0: batch} for name in keywords} if keywords else tuple({0: batch} for _ in arguments)
    with contextlib.suppress(UnsupportedModel):
        graph = exported(module, arguments, keywords, dynamic)
        # Where all else fails the exporter writes the number of rows down, whatever it was asked for.
        if all(each.shape[:1] in ((), (None,)) for each in graph.inputs):
            return graph
    # The batch is wired into the network: it is exported for one input, and its graph is widened.
    arguments, keywords = as_arguments({name: value[:1] for name, value in rows.items()})
    return replace(with_free_batch(exported(module, arguments, keywords, None)), rows=None)


def exported(program: Any, arguments: Any, keywords: Any, dynamic: Any) -> Graph:
    """The graph of a module or an exported program.

    Raises:
        UnsupportedModel: torch cannot export it.
    """
    torch = package("torch", "PyTorch networks")
    package("onnxscript", "PyTorch networks")
    options: dict[str, Any] = {} if dynamic is None else {"dynamic_shapes": dynamic}
    with _quietly(), torch.no_grad():
        try:
            written = torch.onnx.export(
                program, arguments, kwargs=keywords or None, dynamo=True, optimize=False, verbose=False, **options
            )
        except Exception as error:  # the exporter lets through whatever fails inside it
            raise UnsupportedModel(
                f"torch cannot export the network: {_first_line(error)}",
                hint="try torch.onnx.export(model, inputs, dynamo=True) on it, or give an ONNX file",
            ) from error
    graph = without_sequences(graph_of(written.model_proto, {}, Path()))
    return graph if written.exported_program is None else _divided(graph, written.exported_program.graph)


def _divided(graph: Graph, calls: Any) -> Graph:
    """The graph with the divisors of averages, which torch's exporter drops (torch 2.13).

    Args:
        calls: of the program that was exported; the exporter names tensors after them.
    """
    divisors = {
        call.name: call.args[6]
        for call in calls.nodes
        if str(call.target) in ("aten.avg_pool2d.default", "aten.avg_pool3d.default") and len(call.args) > 6
    }
    nodes: list[Node] = []
    constants = dict(graph.constants)
    for node in graph.nodes:
        divisor = divisors.get(node.outputs[0])
        if node.op != "AveragePool" or divisor is None or node.attributes.get("ceil_mode", 0):
            nodes.append(node)
            continue
        mean, factor = (f"{node.outputs[0]} {what}" for what in ("mean", "of its divisor"))
        # The sum of a window is its mean, padding counted, times its size.
        nodes.append(replace(node, outputs=(mean,), attributes={**node.attributes, "count_include_pad": 1}))
        nodes.append(Node(f"{node.name} divisor", "Mul", (mean, factor), node.outputs))
        constants[factor] = np.array(np.prod(node.attributes["kernel_shape"]) / divisor, np.float32)
    return replace(graph, nodes=tuple(nodes), constants=constants)


def parameters_of(graph: Graph, state: Mapping[str, Array]) -> dict[str, str]:
    """Constants of the graph that are entries of the state: by name, or as the only ones with these numbers."""
    found: dict[str, str] = {}
    floats = {key: value for key, value in state.items() if value.dtype.kind == "f" or value.dtype.name == "bfloat16"}
    for name, value in graph.constants.items():
        if name in floats and _equal(floats[name], value):
            found[name] = name
            continue
        same = [key for key, other in floats.items() if value.size > 1 and _equal(other, value)]
        if len(same) == 1:
            found[name] = same[0]
    return found


def as_mapping(example: Inputs) -> dict[str, Array]:
    """Inputs by name; one without a name is ""."""
    return dict(example) if isinstance(example, Mapping) else {"": np.asarray(example)}


def as_arguments(inputs: Mapping[str, Array]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Tensors to call a module with: by position if there is no name, or a number for one."""
    tensors = {name: as_tensor(value) for name, value in inputs.items()}
    return (tuple(tensors.values()), {}) if all(not name or name.isdigit() for name in tensors) else ((), tensors)


def _two_rows(value: Array) -> Array:
    """At least two rows, because export takes a batch of one for a constant."""
    return np.concatenate([value, value])[: max(2, len(value))]


def _equal(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.array_equal(one.astype(np.float64), other.astype(np.float64))


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ or error
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0] if lines else ''}"


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's remarks on what is not installed."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
