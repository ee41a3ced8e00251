"""TFLite's sums, means, extremes and orders along axes."""

from __future__ import annotations

from collections.abc import Callable

from netmend.network.ops._base import Call, Evaluate, Family
from netmend.network.ops._tflite import listed, on_grid
from netmend.network.tensors import Tensor, torch


def _over(reduce: Callable[[Tensor, list[int], bool], Tensor]) -> Evaluate:
    def evaluate(call: Call) -> Tensor:
        axes = sorted({axis % call[0].ndim for axis in listed(call[1])}) if call[0].ndim else []
        return reduce(call[0], axes, call.get("keep_dims", False)) if axes else call[0]

    return evaluate


def _mean(value: Tensor, axes: list[int], keep: bool) -> Tensor:
    if value.is_floating_point():
        return value.mean(axes, keepdim=keep)
    return torch.div(value.sum(axes, keepdim=keep), _count(value, axes), rounding_mode="trunc").to(value.dtype)


def _count(value: Tensor, axes: list[int]) -> int:
    count = 1
    for axis in axes:
        count *= value.shape[axis]
    return count


def _one_by_one(reduce: Callable[..., Tensor]) -> Callable[[Tensor, list[int], bool], Tensor]:
    def evaluate(value: Tensor, axes: list[int], keep: bool) -> Tensor:
        for axis in reversed(axes):
            value = reduce(value, axis, keepdim=keep)
        return value

    return evaluate


def _place_of(extreme: Callable[..., Tensor]) -> Evaluate:
    def evaluate(call: Call) -> Tensor:
        kind = torch.int32 if call.get("output_type", "INT64") == "INT32" else torch.int64
        axis = listed(call[1])[0]
        best = extreme(call[0], axis, keepdim=True)
        # The first of equal ones, which torch does not promise.
        return (call[0] == best).to(torch.uint8).argmax(axis).to(kind)

    return evaluate


def _cumulated(call: Call) -> Tensor:
    axis = listed(call[1])[0]
    value = call[0].flip(axis) if call.get("reverse", False) else call[0]
    sums = value.cumsum(axis).to(value.dtype)
    sums = sums - value if call.get("exclusive", False) else sums
    return sums.flip(axis) if call.get("reverse", False) else sums


def _largest(call: Call) -> tuple[Tensor, ...]:
    values, places = torch.sort(call[0], stable=True, dim=-1, descending=True)
    count = listed(call[1])[0]
    return values[..., :count], places[..., :count].to(torch.int32)


_BY_NAME: dict[str, Evaluate] = {
    "MEAN": _over(_mean),
    "SUM": _over(lambda value, axes, keep: value.sum(axes, keepdim=keep).to(value.dtype)),
    "REDUCE_MAX": _over(lambda value, axes, keep: value.amax(axes, keepdim=keep)),
    "REDUCE_MIN": _over(lambda value, axes, keep: value.amin(axes, keepdim=keep)),
    "REDUCE_PROD": _over(_one_by_one(torch.prod)),
    "REDUCE_ANY": _over(_one_by_one(torch.any)),
    "REDUCE_ALL": _over(_one_by_one(torch.all)),
    "ARG_MAX": _place_of(torch.amax),
    "ARG_MIN": _place_of(torch.amin),
    "CUMSUM": _cumulated,
    "TOPK_V2": _largest,
}

FAMILY = Family({f"tflite:{name}": on_grid(evaluate) for name, evaluate in _BY_NAME.items()})
