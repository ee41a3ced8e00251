"""The same numbers in another shape, order or type."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import carried, stepped, untouched
from netmend.network.tensors import Tensor, torch

# TensorProto.DataType of the ONNX specification; None is the floating-point type of the evaluation.
_TYPES: dict[int, torch.dtype | None] = {
    1: None, 10: None, 11: None, 16: None,
    2: torch.uint8, 3: torch.int8, 4: torch.int32, 5: torch.int16, 6: torch.int32, 7: torch.int64, 9: torch.bool,
    12: torch.int64, 13: torch.int64,
}  # fmt: skip


def as_type(call: Call, code: int) -> torch.dtype:
    """The torch type of an ONNX type code."""
    if code not in _TYPES:
        raise call.refuse(f"to the type with code {code}")
    return _TYPES[code] or call.dtype


def _reshape(call: Call) -> Tensor:
    value, shape = call[0], call.integers(1, "shape") or []
    if not call.get("allowzero", 0):
        shape = [value.shape[axis] if size == 0 else size for axis, size in enumerate(shape)]
    return value.reshape(shape)


def _flatten(call: Call) -> Tensor:
    value = call[0]
    axis = call.get("axis", 1)
    axis = axis + value.ndim if axis < 0 else axis
    rows = 1
    for size in value.shape[:axis]:
        rows *= size
    return value.reshape(rows, -1 if value.numel() else value[:0].numel())


def _squeeze(call: Call) -> Tensor:
    axes = call.integers(1, "axes")
    return call[0].squeeze() if axes is None else call[0].squeeze(tuple(axes))


def _unsqueeze(call: Call) -> Tensor:
    axes = call.integers(1, "axes") or []
    rank = call[0].ndim + len(axes)
    value = call[0]
    for axis in sorted(each % rank for each in axes):
        value = value.unsqueeze(axis)
    return value


def _transpose(call: Call) -> Tensor:
    return call[0].permute(call.get("perm") or list(reversed(range(call[0].ndim))))


def _expand(call: Call) -> Tensor:
    wanted = call.integers(1, "shape") or []
    # Ones in the wanted shape leave an axis as it is.
    ranks = max(len(wanted), call[0].ndim)
    sizes = [1] * (ranks - call[0].ndim) + list(call[0].shape)
    asked = [1] * (ranks - len(wanted)) + wanted
    return call[0].expand([size if new == 1 else new for size, new in zip(sizes, asked, strict=True)])


def _shape(call: Call) -> Tensor:
    sizes = list(call[0].shape)
    return torch.tensor(sizes[call.get("start", 0) : call.get("end")], dtype=torch.int64)


def _dropout(call: Call) -> tuple[Tensor, ...]:
    training = call.optional(2)
    if training is not None and bool(training):
        raise call.refuse("in training mode")
    return call[0], torch.ones_like(call[0], dtype=torch.bool)


def _cast_errors(rounding: Rounding) -> Tensor | tuple[Tensor | None, ...]:
    if not rounding.values[0].is_floating_point():
        return stepped(rounding)
    if rounding.call[0].is_floating_point():
        # Our value keeps all digits; a runtime in less than double precision rounds to the type that is asked for.
        unit = 0.0 if rounding.unit <= _DOUBLE else _COARSE.get(rounding.call.get("to"), 0.0)
    else:
        unit = rounding.unit if bool((rounding.values[0].abs() > 1 / rounding.unit).any()) else 0.0
    if rounding.exact and not unit:
        return (None,)
    before = rounding.error(0).to(rounding.values[0].dtype)
    if not unit:
        return before
    # An infinite number is infinite in every type.
    sizes = torch.where(torch.isinf(rounding.values[0]), 0, rounding.values[0].abs())
    return before + unit * (sizes + 2 * before) + rounding.tiny


_DOUBLE = 2.0**-53
# Unit roundoffs of float16 and bfloat16.
_COARSE = {10: 2.0**-11, 16: 2.0**-8}

FAMILY = Family(
    {
        "Reshape": Operator(_reshape, carried),
        "Flatten": Operator(_flatten, carried),
        "Squeeze": Operator(_squeeze, carried),
        "Unsqueeze": Operator(_unsqueeze, carried),
        "Transpose": Operator(_transpose, carried),
        "Expand": Operator(_expand, carried),
        "Identity": Operator(lambda call: call[0], carried),
        "Dropout": Operator(_dropout, carried),
        "Cast": Operator(lambda call: call[0].to(as_type(call, call.get("to"))), _cast_errors),
        "CastLike": Operator(lambda call: call[0].to(call[1].dtype), _cast_errors),
        "Shape": Operator(_shape, untouched),
        "Size": Operator(lambda call: torch.tensor(call[0].numel()), untouched),
    }
)
