"""Numbers put on a grid of integers and taken back: scale times (integer less zero point).

References: QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear of the ONNX specification; rounding is to the
nearest even integer.
"""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.tensors import Tensor, torch

_TYPES = {2: torch.uint8, 3: torch.int8, 4: torch.uint16, 5: torch.int16}


def _along(call: Call, value: Tensor) -> Tensor:
    """A scale or zero point in a shape that fits the input: one for all, for each entry of an axis, or for each block.

    Of the weights of a recurrent layer also one for each direction and gate (ONNX Runtime, DynamicQuantizeLSTM).
    """
    if value.numel() == 1:
        return value.reshape(())
    axis, block = call.get("axis", 1) % call[0].ndim, call.get("block_size", 0)
    if block:
        return value.repeat_interleave(block, axis).narrow(axis, 0, call[0].shape[axis])
    if value.ndim == 2 and call[0].ndim == 3:
        return value.unsqueeze(1)
    if value.ndim > 1:
        raise call.refuse("along several axes")
    return value.reshape(-1, *[1] * (call[0].ndim - axis - 1))


def _quantise(call: Call) -> Tensor:
    zero = call.optional(2)
    kind = _TYPES.get(call.get("output_dtype", 2), torch.uint8) if zero is None else zero.dtype
    if kind.is_floating_point:
        raise call.refuse("to a type with a point")
    shift = 0 if zero is None else _along(call, zero.to(call.dtype))
    whole = torch.round(call[0] / _along(call, call[1])) + shift
    return whole.clamp(torch.iinfo(kind).min, torch.iinfo(kind).max).to(kind)


def _dequantise(call: Call) -> Tensor:
    zero = call.optional(2)
    value = call[0].to(call.dtype)
    return (value if zero is None else value - _along(call, zero.to(call.dtype))) * _along(call, call[1])


def own_grid(value: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and zero point of the grid of unsigned bytes that reaches over a tensor's own numbers, and zero."""
    least, most = value.min().clamp(max=0), value.max().clamp(min=0)
    scale = (most - least) / 255
    # As runtimes do, in single precision; of nothing but zeros the grid is any.
    scale = torch.where(scale > 0, scale, torch.ones_like(scale)).to(torch.float32).to(value.dtype)
    return scale, torch.round(-least / scale).clamp(0, 255)


def on_own_grid(value: Tensor) -> Tensor:
    """The numbers of its own grid that are nearest to those of a tensor."""
    scale, zero = own_grid(value)
    return ((torch.round(value / scale) + zero).clamp(0, 255) - zero) * scale


def _dynamic(call: Call) -> tuple[Tensor, Tensor, Tensor]:
    scale, zero = own_grid(call[0])
    codes = (torch.round(call[0] / scale) + zero).clamp(0, 255).to(torch.uint8)
    return codes, scale, zero.to(torch.uint8)


FAMILY = Family(
    {
        "QuantizeLinear": Operator(_quantise),
        "DequantizeLinear": Operator(_dequantise),
        "DynamicQuantizeLinear": Operator(_dynamic),
    }
)
