"""Whole numbers as rows of bits."""

from __future__ import annotations

from collections.abc import Callable

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops._errors import untouched
from netmend.network.tensors import Tensor, torch


def _shift(call: Call) -> Tensor:
    value, by = _signed(call[0]), _signed(call[1])
    if call.get("direction") == "LEFT":
        return (value << by).to(call[0].dtype)
    # What comes in from the left is zero in unsigned numbers, and the sign in signed ones.
    coming = torch.where(by > 0, torch.full_like(value, -1) << (64 - by).clamp(max=63), 0)
    moved = (value >> by) & ~coming if call[0].dtype == torch.uint64 else value >> by
    return moved.to(call[0].dtype)


def _signed(value: Tensor) -> Tensor:
    """The same bits in a type that torch can compute with."""
    return value.to(torch.int64)


def _bits(apply: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    return Operator(lambda call: apply(_signed(call[0]), _signed(call[1])).to(call[0].dtype), untouched)


FAMILY = Family(
    {
        "BitShift": Operator(_shift, untouched),
        "BitwiseAnd": _bits(torch.bitwise_and),
        "BitwiseOr": _bits(torch.bitwise_or),
        "BitwiseXor": _bits(torch.bitwise_xor),
        "BitwiseNot": Operator(lambda call: (~_signed(call[0])).to(call[0].dtype), untouched),
    }
)
