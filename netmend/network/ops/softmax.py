"""Numbers turned into shares of one, or into their logarithms."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.tensors import Tensor, torch

EXPONENTIAL = 6
"""Roundings that one exponential counts for: four times the largest error seen, 1.3 u, in ONNX Runtime 1.31 (own
measurement), and one of the subtraction before it."""

DEPTH = 100.0
"""An entry that lies this far below the largest one has no share that float32 could hold: its smallest number is
exp(-103.3)."""

DUST = exp(-DEPTH)


def _rows(call: Call, value: Tensor) -> Tensor:
    """What is normalised together, along the last axis; before version 13 that was all axes from the stated one on."""
    axis = call.get("axis", -1 if call.opset >= 13 else 1)
    return value.movedim(axis, -1) if call.opset >= 13 else value.reshape(*value.shape[:axis], -1)


def _back(call: Call, rows: Tensor) -> Tensor:
    return rows.movedim(-1, call.get("axis", -1)) if call.opset >= 13 else rows.reshape(call[0].shape)


def _along(apply: Callable[[Tensor, int], Tensor]) -> Callable[[Call], Tensor]:
    return lambda call: _back(call, apply(_rows(call, call[0]), -1))


def _moved(rounding: Rounding) -> tuple[Tensor, Tensor]:
    """How far the logarithm of each share can move, and which entries are masked: their shares are next to zero."""
    value, error = _rows(rounding.call, rounding.call[0]), _rows(rounding.call, rounding.error(0))
    masked = value + 2 * error < (value - 2 * error).amax(-1, keepdim=True) - DEPTH
    error = torch.where(masked, 0, error)
    top = value.amax(-1, keepdim=True)
    most = error.amax(-1, keepdim=True)
    depth = (top - torch.where(masked, top, value)).amax(-1, keepdim=True) + 4 * most
    roundings = rounding.gamma(2 * EXPONENTIAL + value.shape[-1] + 1) + value.shape[-1] * DUST
    return error + most + 2 * rounding.unit * depth + roundings, masked


def _softmax_errors(rounding: Rounding) -> Tensor:
    moved, masked = _moved(rounding)
    ours = _rows(rounding.call, rounding.values[0])
    # The exact share is at most ours times exp(moved), and never above one.
    error = ((ours * moved.exp()).clamp(max=1) * moved.expm1()).clamp(max=1)
    return _back(rounding.call, torch.where(masked, DUST, error)) + rounding.tiny


def _log_softmax_errors(rounding: Rounding) -> Tensor:
    moved, masked = _moved(rounding)
    ours = _rows(rounding.call, rounding.values[0])
    error = moved + 4 * EXPONENTIAL * rounding.unit * (1 + ours.abs() + 2 * moved)
    return _back(rounding.call, torch.where(masked, torch.inf, error))


FAMILY = Family(
    {
        "Softmax": Operator(_along(torch.softmax), _softmax_errors),
        "LogSoftmax": Operator(_along(torch.log_softmax), _log_softmax_errors),
    }
)
