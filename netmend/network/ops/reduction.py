"""Sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import linear, root
from netmend.network.tensors import Tensor, torch

Reduce = Callable[[Tensor, list[int], bool], Tensor]


def axes_of(call: Call) -> list[int]:
    """The axes that are reduced; none of a single number, whatever a file says (torch does not mind them)."""
    if not call[0].ndim:
        return []
    axes = call.integers(1, "axes")
    if not axes:
        return [] if call.get("noop_with_empty_axes", 0) else list(range(call[0].ndim))
    return [axis % call[0].ndim for axis in axes]


def _reduced(apply: Reduce) -> Callable[[Call], Tensor]:
    def evaluate(call: Call) -> Tensor:
        axes = axes_of(call)
        return apply(call[0], axes, bool(call.get("keepdims", 1))) if axes else call[0]

    return evaluate


def _product(value: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        value = value.prod(axis, keepdim=keep)
    return value


def _squares(value: Tensor, axes: list[int], keep: bool) -> Tensor:
    return (value * value).sum(axes, keepdim=keep)


def _length(value: Tensor, axes: list[int], keep: bool) -> Tensor:
    return _squares(value, axes, keep).sqrt()


def _count(rounding: Rounding) -> int:
    return prod(rounding.call[0].shape[axis] for axis in axes_of(rounding.call)) + 1


def _extreme_errors(rounding: Rounding) -> Tensor:
    return _reduced(lambda value, axes, keep: value.amax(axes, keep))(_of(rounding, rounding.error(0)))


def _absolute_errors(rounding: Rounding) -> Tensor:
    total = _reduced(lambda value, axes, keep: value.sum(axes, keep))
    size = rounding.gamma(_count(rounding)) * rounding.size(0)
    return total(_of(rounding, rounding.error(0) + size)) + rounding.tiny


def _square_errors(rounding: Rounding) -> Tensor:
    error, size = rounding.error(0), rounding.size(0)
    # |c^2 - x^2| <= |c - x| (|c| + |x|)
    each = 2 * error * size + rounding.gamma(_count(rounding)) * size * size
    return _reduced(lambda value, axes, keep: value.sum(axes, keep))(_of(rounding, each)) + rounding.tiny


def _length_errors(rounding: Rounding) -> Tensor:
    return root(rounding.values[0] ** 2, _square_errors(rounding), rounding.unit)


def _of(rounding: Rounding, value: Tensor) -> Call:
    call = rounding.call
    return Call(call.node, (value, *call.inputs[1:]), call.opset, call.dtype)


def _arg(find: Callable[[Tensor, int, bool], Tensor], sign: int) -> Operator:
    def evaluate(call: Call) -> Tensor:
        if call.get("select_last_index", 0):
            raise call.refuse("of the last of equal numbers")
        axis = call.get("axis", 0)
        return find(call[0], axis, bool(call.get("keepdims", 1)))

    def errors(rounding: Rounding) -> tuple[None, ...]:
        if not rounding.exact:
            axis = rounding.call.get("axis", 0)
            best = (sign * rounding.call[0]).topk(2, axis).values
            gap = best.narrow(axis, 0, 1) - best.narrow(axis, 1, 1)
            if not bool((gap > 4 * rounding.error(0).amax(axis, keepdim=True)).all()):
                raise rounding.refuse("chooses between numbers that are equal but for rounding")
        return (None,)

    return Operator(evaluate, errors)


def _running(call: Call) -> Tensor:
    axis = int(call[1])
    value = call[0].flip(axis) if call.get("reverse", 0) else call[0]
    total = value.cumsum(axis)
    if call.get("exclusive", 0):
        # Shifted by one place, rather than less its own entry, which would be rounded.
        start = torch.zeros_like(total.narrow(axis, 0, 1))
        total = torch.cat([start, total.narrow(axis, 0, total.shape[axis] - 1)], axis)
    return total.flip(axis) if call.get("reverse", 0) else total


FAMILY = Family(
    {
        "ReduceMean": Operator(_reduced(lambda value, axes, keep: value.mean(axes, keep)), linear(_count)),
        "ReduceSum": Operator(_reduced(lambda value, axes, keep: value.sum(axes, keep)), linear(_count)),
        "ReduceMax": Operator(_reduced(lambda value, axes, keep: value.amax(axes, keep)), _extreme_errors),
        "ReduceMin": Operator(_reduced(lambda value, axes, keep: value.amin(axes, keep)), _extreme_errors),
        "ReduceL1": Operator(_reduced(lambda value, axes, keep: value.abs().sum(axes, keep)), _absolute_errors),
        "ReduceL2": Operator(_reduced(_length), _length_errors),
        "ReduceSumSquare": Operator(_reduced(_squares), _square_errors),
        "ReduceProd": Operator(_reduced(_product)),
        "ReduceLogSumExp": Operator(_reduced(lambda value, axes, keep: value.logsumexp(axes, keep))),
        "ArgMax": _arg(torch.argmax, 1),
        "ArgMin": _arg(torch.argmin, -1),
        "CumSum": Operator(_running, linear(lambda rounding: rounding.call[0].shape[int(rounding.call[1])])),
    }
)
