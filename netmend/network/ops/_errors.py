"""How rounding errors pass through operators: the few rules that most of them share.

References: Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, sections 3.1 to 3.5: running
error analysis that holds for every order of summation, with or without fused multiply-add. Not covered are algorithms
that are no sums of products, such as convolution by Winograd's or Fourier transforms.
"""

from __future__ import annotations

from collections.abc import Callable

from netmend.network.ops._base import Errors, Rounding
from netmend.network.tensors import Tensor, torch

FUNCTIONS = 4
"""Errors of elementary functions are taken as this many times the largest seen in float32 over three million points
each, in ONNX Runtime 1.31 and torch 2.13 (own measurement): no runtime states bounds of its own."""


FOLDED = 6
"""Roundings of a product beyond those of its own sum: bias, two factors of Gemm, and a batch normalisation that a
runtime has folded into the weights, whose factor is rounded three times."""


def untouched(rounding: Rounding) -> tuple[None, ...]:
    """The outputs do not depend on the numbers, only on shapes, or are integers computed from integers."""
    return (None,) * len(rounding.values)


def carried(rounding: Rounding) -> tuple[Tensor | None, ...]:
    """Every output number is one of the input numbers: its error comes along."""
    if rounding.exact:
        return untouched(rounding)
    moved = [
        rounding.error(place) if each is not None and each.is_floating_point() else each
        for place, each in enumerate(rounding.call.inputs)
    ]
    answers = rounding.evaluated(*moved)
    return tuple(answer if answer.is_floating_point() else None for answer in answers)


def decided(rounding: Rounding) -> tuple[None, ...]:
    """The outputs are yes or no, and no rounding can turn them."""
    if not rounding.exact:
        left, right = rounding.call[0], rounding.call[1]
        if not ((left - right).abs() > 2 * (rounding.error(0) + rounding.error(1))).all():
            raise rounding.refuse("compares numbers that are equal but for rounding")
    return untouched(rounding)


def stepped(rounding: Rounding) -> tuple[None, ...]:
    """The outputs jump at some inputs, and none of these is within rounding."""
    if not rounding.exact:
        rest = rounding.call.inputs[1:]
        low = rounding.evaluated(rounding.call[0] - 2 * rounding.error(0), *rest)
        high = rounding.evaluated(rounding.call[0] + 2 * rounding.error(0), *rest)
        if not all(torch.equal(a, b) for a, b in zip(low, high, strict=True)):
            raise rounding.refuse("jumps at a number within rounding of its input")
    return untouched(rounding)


def linear(count: Callable[[Rounding], int]) -> Errors:
    """A sum of `count` inputs with fixed weights."""

    def errors(rounding: Rounding) -> Tensor:
        roundings = count(rounding)
        sizes, before = (
            rounding.evaluated(each, *rounding.call.inputs[1:])[0] for each in (rounding.size(0), rounding.error(0))
        )
        return before + rounding.gamma(roundings) * sizes + roundings * rounding.tiny

    return errors


def bilinear(rounding: Rounding, count: int, *bias: Tensor | None) -> Tensor:
    """Sums of `count` products of the first two inputs. `bias` is what the evaluation takes for one: none, or zeros."""
    left, right = rounding.size(0), rounding.size(1)
    # What is new may be written over: each pass over the numbers of a large image takes as long as its products.
    before = torch.add(rounding.error(0), left, alpha=rounding.gamma(count))
    error = rounding.evaluated(before, right, *bias)[0].abs_()
    if rounding.errors[1] is not None:
        error += rounding.evaluated(left, rounding.error(1), *bias)[0].abs_()
    return error.add_(count * rounding.tiny)


def function(
    slope: float | Callable[[Rounding, Tensor, Tensor], Tensor],
    relative: float = 0.0,
    absolute: float = 0.0,
    linear: float = 0.0,
) -> Errors:
    """A function f of one number that is computed with error u (relative |f| + absolute + linear |x|).

    Args:
        slope: its largest one anywhere, or between a lowest and a highest input.
        relative, absolute, linear: errors seen; they are multiplied by `FUNCTIONS`.
    """

    def errors(rounding: Rounding) -> Tensor:
        value, error = rounding.call[0], rounding.error(0)
        steepest = slope if isinstance(slope, float) else slope(rounding, value - 2 * error, value + 2 * error)
        moved = error * steepest
        own = relative * (rounding.values[0].abs() + 2 * moved) + absolute + linear * rounding.size(0)
        return moved + FUNCTIONS * rounding.unit * own + rounding.tiny

    return errors


def added(rounding: Rounding) -> Tensor:
    """A sum or difference of all inputs."""
    places = range(len(rounding.call.inputs))
    before = _total([rounding.error(place) for place in places])
    error = before + rounding.gamma(max(1, len(places) - 1)) * _total([rounding.size(place) for place in places])
    value = rounding.values[0]
    if len(places) == 2 and rounding.call.node.op in ("Add", "Sub"):
        # One rounding of a sum that the precision holds is none: the rest of 1 - 1 times the lowest number is zero.
        kept = (_lost(rounding) == 0) & (rounding.rounded(value) == value)
        error = torch.where((before == 0) & kept, 0, error)
    # Half a unit in the last place more than the largest number is still rounded to it: masks add to the lowest one.
    error = torch.where(value.abs() + 2 * before > rounding.largest * (1 + rounding.unit / 2), torch.inf, error)
    return torch.where(torch.isinf(value), 0, error)


def _lost(rounding: Rounding) -> Tensor:
    """What our own sum of two numbers lost: Knuth's TwoSum (Higham, section 4.3)."""
    total, left = rounding.values[0], rounding.call[0]
    right = total - left
    other = rounding.call[1] if rounding.call.node.op == "Add" else -rounding.call[1]
    return (left - (total - right)) + (other - right)


def largest(rounding: Rounding) -> Tensor:
    """The largest or smallest of the inputs, entry by entry: it moves no more than the one that moves most."""
    error = rounding.error(0)
    for place in range(1, len(rounding.call.inputs)):
        if rounding.call.optional(place) is not None:
            error = torch.maximum(error, rounding.error(place))
    return error.expand(rounding.values[0].shape)


def beyond(rounding: Rounding, low: Tensor | float | None, high: Tensor | float | None, error: Tensor) -> Tensor:
    """Error of numbers cut off below and above: none where every computation lies beyond a limit."""
    value = rounding.call[0]
    # Twice the error, and what our own value, itself rounded, and these lines may lose.
    reach = (value.abs() * 2.0**-48).add_(rounding.error(0), alpha=2 * (1 + 2.0**-20))
    if low is not None:
        error = torch.minimum(error, (value - low + reach).clamp_(min=0))
    if high is not None:
        error = torch.minimum(error, (high - value + reach).clamp_(min=0))
    return error


def quotient(top: Tensor, top_error: Tensor, bottom: Tensor, bottom_error: Tensor, unit: float) -> Tensor:
    """Error of a / b: |a'/b' - a/b| <= |a' - a| / |b'| + |a/b| |b' - b| / |b'|, and one rounding."""
    least = (bottom.abs() - 2 * bottom_error).clamp(min=0)
    error = (top_error + (top.abs() + top_error) / least * bottom_error) / least
    return error + unit * (top.abs() + 2 * top_error) / least


def root(value: Tensor, error: Tensor, unit: float) -> Tensor:
    """Error of a square root: by its slope, or by |sqrt a - sqrt b| <= sqrt |a - b| near zero, and two roundings."""
    by_slope = error / (2 * (value - 2 * error).clamp(min=0).sqrt())
    by_slope = torch.where(error == 0, error, by_slope)
    return torch.minimum(by_slope, error.sqrt()) + 2 * unit * (value.clamp(min=0) + 2 * error).sqrt()


def _total(terms: list[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
