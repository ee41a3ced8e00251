"""How far rounding can carry every number of a network from its exact value, in any order of summation.

Our own pass is in float64. The bound covers that pass and any other computation in the analysed precision, such as the
float32 one of the network's own runtime. It covers operators as the graph has them; that a runtime fuses a batch
normalisation into a convolution, or multiplies by a reciprocal, is covered, and other algorithms than sums of products
(Winograd's convolution) are not.

References: Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, sections 2.2 (model of
arithmetic), 3.1 (constants gamma) and 3.3 (running error analysis).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from netmend.core.errors import UsageError
from netmend.network.evaluate import as_tensor, constant_tensor, evaluated, walk
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import Call, Rounding, operator_of

if TYPE_CHECKING:
    from torch import Tensor

# Unit roundoff, smallest normal and largest number of each precision (IEEE 754; bfloat16 has the range of float32).
UNITS = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
_TINY = {"float64": 2.0**-1022, "float32": 2.0**-126, "float16": 2.0**-14, "bfloat16": 2.0**-126}
_LARGEST = {
    "float64": (2 - 2.0**-52) * 2.0**1023,
    "float32": (2 - 2.0**-23) * 2.0**127,
    "float16": 65504.0,
    "bfloat16": (2 - 2.0**-7) * 2.0**127,
}

SLACK = 1 + 2.0**-20
"""The errors are themselves computed in float64: sums of up to 2^30 positive terms, so to a share of 2^-22."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A tensor's value in float64 and a bound of its error.

    Attributes:
        value: our own value v.
        error: |v - x| and |c - x| for the exact x and any computation c in the analysed precision; None if exact or
            of integers. Infinite where nothing can be said, for example near a division by zero.
    """

    value: Tensor
    error: Tensor | None


def bounds(
    graph: Graph,
    feeds: Mapping[str, Array | Enclosure],
    *,
    precision: str = "float64",
    keep: Collection[str] | None = None,
    values: dict[str, tuple[Tensor, ...]] | None = None,
) -> dict[str, Enclosure]:
    """Value and error of every tensor that is asked for.

    Args:
        feeds: inputs, or any inner tensors with their errors, as `forward` takes them. Arrays are taken as exact, but
            for being rounded to the precision.
        precision: "float64", "float32", "float16" or "bfloat16".
        keep: which tensors to return: None for the outputs, "all" for all.
        values: filled with our own value of every node; if given again, for another precision, they are read from it.

    Raises:
        NoErrorBound: an operator has no rule, or a sum is too long for the precision.
    """
    from netmend.network.tensors import torch

    if precision not in UNITS:
        raise UsageError(f"no error bounds are known for {precision!r}", hint=f"one of {', '.join(UNITS)}")
    from netmend.network.ops._errors import added, untouched

    unit, tiny, largest = UNITS[precision], _TINY[precision], _LARGEST[precision]

    def rounded(value: Tensor) -> Tensor:
        return value if precision == "float64" else value.to(getattr(torch, precision)).to(value.dtype)

    def held(value: Tensor) -> Enclosure:
        """Numbers as the precision holds them."""
        if not value.is_floating_point() or precision == "float64":
            return Enclosure(value, None)
        error = torch.where(torch.isinf(value), 0, (value - rounded(value)).abs())
        return Enclosure(value, error if bool((error > 0).any()) else None)

    def constant(name: str) -> Enclosure:
        return held(constant_tensor(graph, name, torch.float64))

    def apply(node: Node, inputs: tuple[Enclosure | None, ...]) -> tuple[Enclosure, ...]:
        call = Call(node, tuple(None if each is None else each.value for each in inputs), graph.opset, torch.float64)
        answers = (values or {}).get(node.outputs[0]) or evaluated(call)
        if values is not None:
            values[node.outputs[0]] = answers
        rule = operator_of(node).errors
        errors_in = tuple(None if each is None else each.error for each in inputs)
        rounding = Rounding(call, answers, errors_in, unit, tiny, largest, rounded)
        given = (*answers, *(each for each in call.inputs if each is not None))
        if rule is None and not any(each.is_floating_point() for each in given):
            rule = untouched  # integers computed from integers, such as sizes
        if rule is None:
            raise rounding.refuse("has no rule for them")
        errors = rule(rounding)
        each_error = errors if isinstance(errors, tuple) else (errors,)
        # Sums look for overflow themselves.
        limit = torch.inf if rule is added else largest
        return tuple(enclosed(*pair, limit) for pair in zip(answers, each_error, strict=True))

    def known(value: Array | Enclosure) -> Enclosure:
        if isinstance(value, Enclosure):
            return value
        tensor = as_tensor(value)
        return held(tensor.to(torch.float64) if tensor.is_floating_point() else tensor)

    with torch.no_grad():
        return walk(graph, {name: known(value) for name, value in feeds.items()}, keep, constant, apply)


def enclosed(value: Tensor, error: Tensor | None, largest: float) -> Enclosure:
    """A value and its error with what computing the error may have lost; infinite beyond the largest number."""
    from netmend.network.tensors import torch

    if error is None or not value.is_floating_point():
        return Enclosure(value, None)
    error = (error * SLACK).expand(value.shape)
    # Nearly always so, which saves three passes over the numbers.
    if value.numel():
        low, high = value.aminmax()
        most = max(-float(low), float(high)) + 2 * float(error.max())
        if isfinite(most) and most <= largest:
            return Enclosure(value, error)
    error = error.nan_to_num(nan=torch.inf, posinf=torch.inf)
    overflows = (value.abs() + 2 * error > largest) & ~torch.isinf(value)
    return Enclosure(value, torch.where(overflows, torch.inf, error))
