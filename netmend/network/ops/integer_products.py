"""Products of integers less their zero points, in integers: what dynamic quantisation writes before it scales.

References: MatMulInteger and ConvInteger of the ONNX specification. Sums of float64 hold such integers exactly.
"""

from __future__ import annotations

from dataclasses import replace

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops.convolution import convolved
from netmend.network.tensors import Tensor, torch


def _less_zero(call: Call, place: int, axis: int) -> Tensor:
    """An input as float64, less its zero point: one for all, or one for each entry of an axis."""
    value, zero = call[place].double(), call.optional(place + 2)
    if zero is None or zero.numel() == 1:
        return value if zero is None else value - zero.double().reshape(())
    if zero.ndim > 1:
        return value - zero.double()
    shape = [1] * value.ndim
    shape[axis] = -1
    return value - zero.double().reshape(shape)


def _matmul(call: Call) -> Tensor:
    return (_less_zero(call, 0, -2) @ _less_zero(call, 1, -1)).to(torch.int32)


def _conv(call: Call) -> Tensor:
    inputs = _less_zero(call, 0, 1), _less_zero(call, 1, 0)
    return convolved(replace(call, inputs=inputs)).to(torch.int32)


FAMILY = Family({"MatMulInteger": Operator(_matmul), "ConvInteger": Operator(_conv)})
