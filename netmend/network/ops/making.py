"""Tensors made out of nothing but a shape or a range."""

from __future__ import annotations

from math import ceil, prod

from netmend.network.evaluate import as_tensor
from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import untouched
from netmend.network.tensors import Tensor, torch


def _filled(call: Call) -> Tensor:
    shape = call.integers(0, "") or []
    call.affordable(prod(shape))
    value = call.get("value")
    filler = torch.zeros((), dtype=call.dtype) if value is None else as_tensor(value).reshape(())
    kind = call.dtype if filler.is_floating_point() else filler.dtype
    return torch.full(shape, filler.item(), dtype=kind)


def _range(call: Call) -> Tensor:
    start, limit, step = (call[place].item() for place in range(3))
    call.affordable(max(0, ceil((limit - start) / step)))
    return torch.arange(start, limit, step, dtype=call[0].dtype)


def _range_errors(rounding: Rounding) -> tuple[None, ...]:
    if rounding.values[0].is_floating_point():
        raise rounding.refuse("counts in steps that are no integers")
    return untouched(rounding)


def _one_hot(call: Call) -> Tensor:
    places, depth = call[0].long(), int(call[1].reshape(()))
    call.affordable(places.numel() * depth)
    off, on = call[2]
    axis = call.get("axis", -1) % (places.ndim + 1)
    within = torch.where(places < 0, places + depth, places).unsqueeze(axis)
    counted = torch.arange(depth).reshape([-1 if at == axis else 1 for at in range(places.ndim + 1)])
    return torch.where(within == counted, on, off)


FAMILY = Family(
    {
        "ConstantOfShape": Operator(_filled, untouched),
        "Range": Operator(_range, _range_errors),
        "OneHot": Operator(_one_hot),
    }
)
