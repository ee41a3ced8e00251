"""The shape of an operator: how it is evaluated, and how rounding errors pass through it. One file per family.

Files of this folder are written in torch's words, which `tensors` has, and import torch where it is installed. They are
therefore loaded only when something is evaluated (`operators`).
A family is a value `Family`, and a new operator is one line in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from netmend.core.discover import contributions
from netmend.core.errors import NoErrorBound, UnsupportedModel
from netmend.network.graph import Node
from netmend.network.quantisation import Scheme

if TYPE_CHECKING:
    import torch
    from torch import Tensor


LARGEST = 2**28
"""Most entries of a tensor that an operator may make out of nothing: 2 GiB in float64."""


@dataclass(frozen=True, slots=True)
class Call:
    """One evaluation of one node.

    Attributes:
        inputs: None where an optional input is absent.
        opset: version of the standard operators; meanings of attributes depend on it.
        dtype: the type in which all floating-point tensors of this evaluation are held.
        quantisation: of the network's tensors, as `Graph` says.
    """

    node: Node
    inputs: tuple[Tensor | None, ...]
    opset: int
    dtype: torch.dtype
    quantisation: Mapping[str, Scheme] = field(default_factory=dict)

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

    def scheme(self, index: int) -> Scheme | None:
        """How an input is stored, if as integers that stand for real numbers."""
        return self.quantisation.get(self.node.inputs[index]) if index < len(self.node.inputs) else None

    def affordable(self, count: int) -> int:
        """A number of entries, if a tensor of so many may be made.

        Raises:
            UnsupportedModel: it may not: a few bytes in a file can ask for any amount of memory.
        """
        if not 0 <= count <= LARGEST:
            raise self.refuse(f"with {count} entries")
        return count

    def refuse(self, what: str) -> UnsupportedModel:
        """The error that this node uses something that is not implemented; to be raised."""
        return UnsupportedModel(
            f"{self.node.op} {what} cannot be evaluated here",
            where=f"node {self.node.name!r}",
            hint="export the network without it, or ask for it with a small example of such a file",
        )


@dataclass(frozen=True, slots=True)
class Rounding:
    """What is known where the errors of one node's outputs are asked for.

    For each tensor there is an exact value x, our float64 value v and any other computation c of it in the analysed
    precision, in whatever order. An error e bounds both |v - x| and |c - x|, so x is within e of v and c within 2 e.

    Attributes:
        call: the node with our values of its inputs.
        values: our values of its outputs.
        errors: of its inputs; None where an input is absent, exact or an integer.
        unit: the unit roundoff u of the analysed precision. tiny: its smallest normal number. largest: its largest.
        rounded: numbers as the precision holds them.
    """

    call: Call
    values: tuple[Tensor, ...]
    errors: tuple[Tensor | None, ...]
    unit: float
    tiny: float
    largest: float
    rounded: Callable[[Tensor], Tensor]

    @property
    def exact(self) -> bool:
        """Whether all inputs are."""
        return all(error is None for error in self.errors)

    def error(self, index: int) -> Tensor:
        """The error of an input, zeros where it is exact."""
        error = self.errors[index] if index < len(self.errors) else None
        return self.call[index].new_zeros(self.call[index].shape) if error is None else error

    def size(self, index: int) -> Tensor:
        """The largest magnitude that an entry of an input has in any computation."""
        error = self.errors[index] if index < len(self.errors) else None
        return self.call[index].abs() if error is None else self.call[index].abs().add_(error, alpha=2)

    def gamma(self, count: int) -> float:
        """Relative error of `count` roundings, n u / (1 - n u); Higham, Accuracy and Stability, 2002, lemma 3.1.

        Raises:
            NoErrorBound: n u reaches 1.
        """
        if count * self.unit >= 1:
            raise self.refuse(f"adds {count} terms, too many for this precision")
        return count * self.unit / (1 - count * self.unit)

    def evaluated(self, *inputs: Tensor | None) -> tuple[Tensor, ...]:
        """The same node for other inputs."""
        answer = operator_of(self.call.node).evaluate(replace(self.call, inputs=inputs))
        return answer if isinstance(answer, tuple) else (answer,)

    def refuse(self, what: str) -> NoErrorBound:
        """The error that nothing can be said about this node; to be raised."""
        return NoErrorBound(
            f"rounding errors cannot be bounded: {self.call.node.op} {what}",
            where=f"node {self.call.node.name!r}",
            hint="certify with the network's own runtime instead, which is a check of these inputs and no bound",
        )


Evaluate = Callable[[Call], "Tensor | tuple[Tensor, ...]"]
Errors = Callable[[Rounding], "Tensor | tuple[Tensor | None, ...]"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        evaluate: inputs to output(s), differentiably, in whatever floating-point type they come.
        errors: bounds of the outputs' errors, None for an exact output; no rule where the errors cannot be bounded.
    """

    evaluate: Evaluate
    errors: Errors | None = None


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
            hint=f"export the network with standard operators; {len(operators())} are known here",
        )
    return known
