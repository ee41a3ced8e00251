"""An exported program of torch looked into: which of its values are which tensors of the graph.

References: torch.export and torch.fx (pytorch.org/docs): a program is a list of calls of aten operators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import Inputs, package
from netmend.network.backends._lower import as_arguments
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph
from netmend.network.random_inputs import random_inputs

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


@dataclass(frozen=True, slots=True, eq=False)
class DoubledCall:
    """A call of a program, made twice from the inputs that it really got.

    Attributes:
        name: of the call. op: what is called. made: by the program. right: by the same call in float64.
        largest: number among its inputs.
    """

    name: str
    op: str
    made: Array
    right: Array
    largest: float


@runtime_checkable
class Doubled(Protocol):
    """A network that torch runs, call by call."""

    @property
    def runtime(self) -> str:
        """See `Network`."""

    @property
    def precision(self) -> str:
        """See `Network`."""

    def doubled(self, inputs: Inputs) -> Sequence[DoubledCall]:
        """See the function of this name; none where torch cannot export the network."""


def doubled(flat: Any, names: tuple[str, ...], inputs: Mapping[str, Array]) -> Sequence[DoubledCall]:
    """Every call of a program that makes real numbers of one precision, made in float64 too."""
    torch = package("torch", "PyTorch networks")
    found: list[DoubledCall] = []

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc,name-defined]
        def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
            # Copied first, because a call may change what it is given.
            wide = torch.utils._pytree.tree_map(_widened, (args, kwargs))
            value = super().call_function(target, args, kwargs)
            if isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.float16, torch.bfloat16):
                self.compare(target, wide, value)
            return value

        def compare(self, target: Any, wide: Any, value: Any) -> None:
            try:
                again = super().call_function(target, *wide)
            except (RuntimeError, TypeError, ValueError):
                return  # a call that knows no float64
            if isinstance(again, torch.Tensor) and again.shape == value.shape:
                given = [each for each in torch.utils._pytree.tree_leaves(wide) if isinstance(each, torch.Tensor)]
                largest = max((float(each.abs().max()) for each in given if each.numel()), default=0.0)
                made, right = (each.double().numpy() for each in (value, again))
                found.append(DoubledCall(self.current, str(target), made, right, largest))

        def run_node(self, node: Any) -> Any:
            self.current = node.name
            return super().run_node(node)

    arguments, keywords = as_arguments(dict(zip(names, inputs.values(), strict=True)))
    with torch.no_grad():
        Recorder(flat).run(*arguments, *keywords.values(), enable_io_processing=False)
    return found


def _widened(value: Any) -> Any:
    torch = package("torch", "PyTorch networks")
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    return torch.float64 if isinstance(value, torch.dtype) and value.is_floating_point else value


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
