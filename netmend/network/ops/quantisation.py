"""Numbers put on a grid of integers and taken back: scale times (integer less zero point).

References: QuantizeLinear and DequantizeLinear of the ONNX specification; rounding is to the nearest even integer.
"""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.tensors import Tensor, torch


def _along(call: Call, value: Tensor) -> Tensor:
    """A scale or zero point, one for all or one for each entry of an axis, in a shape that fits the input."""
    if value.numel() == 1:
        return value.reshape(())
    if value.ndim > 1 or call.get("block_size", 0):
        raise call.refuse("in blocks")
    axis = call.get("axis", 1) % call[0].ndim
    return value.reshape(-1, *[1] * (call[0].ndim - axis - 1))


def _quantise(call: Call) -> Tensor:
    zero = call.optional(2)
    kind = torch.uint8 if zero is None else zero.dtype
    if kind.is_floating_point:
        raise call.refuse("to a type with a point")
    shift = 0 if zero is None else _along(call, zero.to(call.dtype))
    whole = torch.round(call[0] / _along(call, call[1])) + shift
    return whole.clamp(torch.iinfo(kind).min, torch.iinfo(kind).max).to(kind)


def _dequantise(call: Call) -> Tensor:
    zero = call.optional(2)
    value = call[0].to(call.dtype)
    return (value if zero is None else value - _along(call, zero.to(call.dtype))) * _along(call, call[1])


FAMILY = Family({"QuantizeLinear": Operator(_quantise), "DequantizeLinear": Operator(_dequantise)})
