"""The forward pass of a graph, from any cut to any cut, in any floating-point type.

Tensors are torch's where torch is installed, and otherwise those of `without_torch`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from netmend.core.errors import NetmendError, UnsupportedModel, UsageError
from netmend.network.executions import operated
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import Call, operator_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")

_NARROW = {"int4": np.int8, "uint4": np.uint8, "int2": np.int8, "uint2": np.uint8}
"""Types of fewer bits than torch has, and those that hold their numbers."""

# Constants as tensors, so that the many short passes of a repair do not convert them again.
_TENSORS: WeakKeyDictionary[Graph, dict[tuple[str, torch.dtype], Tensor]] = WeakKeyDictionary()


def forward(
    graph: Graph,
    feeds: Mapping[str, Tensor],
    *,
    constants: Mapping[str, Tensor] | None = None,
    keep: Collection[str] | None = None,
    dtype: torch.dtype | None = None,
) -> dict[str, Tensor]:
    """Evaluate the tensors that are asked for, and run only the nodes they need.

    Args:
        feeds: inputs of the graph, or any inner tensors: what lies before them is not run. So the cached input of a
            layer makes a suffix run. Of quantised tensors integers are codes, and real numbers are values.
        constants: take the place of constants of the graph; may require gradients.
        keep: which tensors to return: None for the outputs, "all" for every tensor that is computed.
        dtype: the type of all floating-point tensors; float64 by default.

    Returns:
        The tensors by name. Intermediate ones that are not kept are freed as soon as no node needs them.

    Raises:
        UsageError: an input is missing or has the wrong shape.
        UnsupportedModel: an operator is not known.
    """
    from netmend.network.tensors import torch

    kind = dtype or torch.float64
    overrides = {name: _typed(_real(graph, name, value), kind) for name, value in (constants or {}).items()}

    def constant(name: str) -> Tensor:
        return overrides[name] if name in overrides else constant_tensor(graph, name, kind)

    def apply(node: Node, inputs: tuple[Tensor | None, ...]) -> tuple[Tensor, ...]:
        return evaluated(Call(node, inputs, graph.opset, kind, graph.quantisation))

    given = {name: _typed(_real(graph, name, value), kind) for name, value in feeds.items()}
    return walk(graph, given, keep, constant, apply)


def walk(
    graph: Graph,
    feeds: Mapping[str, T],
    keep: Collection[str] | None,
    constant: Callable[[str], T],
    apply: Callable[[Node, tuple[T | None, ...]], tuple[T, ...]],
) -> dict[str, T]:
    """Compute with whatever stands for a tensor; `feeds` and `keep` are those of `forward`.

    Args:
        constant: a constant by name. apply: the outputs of a node from its inputs, None where one is absent.
    """
    everything = keep == "all"
    wanted = [output.name for output in graph.outputs] if keep is None or everything else list(keep)
    values = dict(feeds)
    steps = _needed(graph, wanted, set(values))
    last = {name: step for step, node in enumerate(steps) for name in node.inputs}

    def value_of(name: str) -> T:
        return values[name] if name in values else constant(name)

    for step, node in enumerate(steps):
        inputs = tuple(value_of(name) if name else None for name in node.inputs)
        values.update(zip(node.outputs, apply(node, inputs), strict=False))
        del inputs
        if not everything:
            for name in (*node.inputs, *node.outputs):
                if last.get(name, step) <= step and name not in wanted and name not in feeds:
                    values.pop(name, None)
    if everything:
        return {name: value for name, value in values.items() if name}
    return {name: value_of(name) for name in wanted}


def run(graph: Graph, inputs: Mapping[str, Array], dtype: torch.dtype | None = None) -> dict[str, Array]:
    """The outputs of a graph for arrays, as arrays, without gradients; otherwise as `forward`."""
    from netmend.network.tensors import torch

    with torch.no_grad():
        answers = forward(graph, {name: as_tensor(value) for name, value in inputs.items()}, dtype=dtype)
    return {name: value.numpy() for name, value in answers.items()}


def as_tensor(value: Array) -> Tensor:
    """A tensor with the numbers of an array, half precisions included."""
    from netmend.network.tensors import torch

    if value.dtype.name == "bfloat16":
        return torch.from_numpy(value.astype(np.float32))
    if value.dtype.name in _NARROW:
        return torch.from_numpy(value.astype(_NARROW[value.dtype.name]))
    return torch.from_numpy(np.array(value, order="C", copy=not value.flags.writeable or not value.flags.c_contiguous))


def _needed(graph: Graph, wanted: Collection[str], known: set[str]) -> list[Node]:
    """The nodes without which the wanted tensors cannot be computed from the known ones, in order."""
    missing = {name for name in wanted if name not in known}
    steps = []
    for node in reversed(graph.nodes):
        if not missing.isdisjoint(node.outputs):
            steps.append(node)
            missing.difference_update(node.outputs)
            missing.update(name for name in node.inputs if name and name not in known)
    missing.difference_update(graph.constants)
    if missing:
        raise UsageError(
            f"the network needs {', '.join(sorted(missing))}, which is not given",
            hint=f"its inputs are {', '.join(each.name for each in graph.inputs)}",
        )
    return steps[::-1]


def evaluated(call: Call) -> tuple[Tensor, ...]:
    """The outputs of one node.

    Raises:
        UsageError: its inputs do not fit.
        UnsupportedModel: its operator is not known.
    """
    node = call.node
    operated(next((int(each.shape[0]) for each in call.inputs if each is not None and each.ndim), 1))
    try:
        answer = operator_of(node).evaluate(call)
    except NetmendError:
        raise
    except (RuntimeError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError, MemoryError) as error:
        shapes = [None if each is None else tuple(each.shape) for each in call.inputs]
        raise UsageError(
            f"{node.op} cannot be evaluated: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            where=f"node {node.name!r}, inputs of shapes {shapes}",
            hint="check that the inputs have the shape the network was made for",
        ) from error
    return answer if isinstance(answer, tuple) else (answer,)


def constant_tensor(graph: Graph, name: str, dtype: torch.dtype) -> Tensor:
    """A constant of a graph, converted once.

    Raises:
        UnsupportedModel: it holds no numbers.
    """
    known = _TENSORS.setdefault(graph, {})
    if (name, dtype) not in known:
        value = graph.constants[name]
        if value.dtype.kind not in "fiubV":
            raise UnsupportedModel(f"the constant {name!r} holds {value.dtype}, not numbers")
        known[name, dtype] = _typed(_real(graph, name, as_tensor(value)), dtype)
    return known[name, dtype]


def _real(graph: Graph, name: str, value: Tensor) -> Tensor:
    """Integers as the real numbers that they stand for; real numbers as they are."""
    scheme = graph.quantisation.get(name)
    return value if scheme is None or value.is_floating_point() else scheme.real(value)


def _typed(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype) if value.is_floating_point() else value
