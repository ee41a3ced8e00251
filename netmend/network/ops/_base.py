"""The shape of an operator: how it is evaluated, and how rounding errors pass through it. One file per family.

Files of this folder import torch and are therefore loaded only when something is evaluated (`operators`).
A family is a value `Family`, and a new operator is one line in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netmend.core.discover import contributions
from netmend.core.errors import UnsupportedModel
from netmend.network.graph import Node

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Call:
    """One evaluation of one node.

    Attributes:
        inputs: None where an optional input is absent.
        opset: version of the standard operators; meanings of attributes depend on it.
        dtype: the type in which all floating-point tensors of this evaluation are held.
    """

    node: Node
    inputs: tuple[Tensor | None, ...]
    opset: int
    dtype: torch.dtype

    def __getitem__(self, index: int) -> Tensor:
        """An input that must be there.

        Raises:
            UnsupportedModel: it is not.
        """
        value = self.optional(index)
        if value is None:
            raise UnsupportedModel(f"{self.node.op} needs its input {index}", where=f"node {self.node.name!r}")
        return value

    def optional(self, index: int) -> Tensor | None:
        """An input, or None where it is absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    def get(self, attribute: str, default: Any = None) -> Any:
        """An attribute of the node."""
        return self.node.attributes.get(attribute, default)

    def integers(self, index: int, attribute: str) -> list[int] | None:
        """Integers that newer versions take as an input and older ones as an attribute; None where absent."""
        value = self.optional(index)
        if value is not None:
            return [int(number) for number in value.reshape(-1).tolist()]
        given = self.get(attribute)
        return None if given is None else [int(number) for number in given]

    def refuse(self, what: str) -> UnsupportedModel:
        """The error that this node uses something that is not implemented; to be raised."""
        return UnsupportedModel(
            f"{self.node.op} {what} cannot be evaluated here",
            where=f"node {self.node.name!r}",
            hint="export the network without it, or ask for it with a small example of such a file",
        )


Evaluate = Callable[[Call], "Tensor | tuple[Tensor, ...]"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        evaluate: inputs to output(s), differentiably, in whatever floating-point type they come.
    """

    evaluate: Evaluate


@dataclass(frozen=True, slots=True)
class Family:
    """The operators of one file, by their names in ONNX."""

    operators: Mapping[str, Operator]


@cache
def operators() -> Mapping[str, Operator]:
    """Every operator that can be evaluated, by name."""
    families = contributions("netmend.network.ops", Family).values()
    return {name: operator for family in families for name, operator in family.value.operators.items()}


def operator_of(node: Node) -> Operator:
    """The operator of a node.

    Raises:
        UnsupportedModel: it is not known here.
    """
    known = operators().get(node.op)
    if known is None:
        raise UnsupportedModel(
            f"the operator {node.op} is not supported",
            where=f"node {node.name!r}",
            hint=f"export the network with standard operators; known are {', '.join(sorted(operators()))}",
        )
    return known
