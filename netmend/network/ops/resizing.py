"""Images made larger or smaller: by the nearest number, linearly between two, or by a cubic through four."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import floor, prod

import numpy as np

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.tensors import Tensor, torch

# Where an entry of the new axis lies on the old one, given its place, the ratio of new to old, and both lengths.
_PLACES: Mapping[str, Callable[[Tensor, float, int, int], Tensor]] = {
    "half_pixel": lambda place, ratio, old, new: (place + 0.5) / ratio - 0.5,
    "pytorch_half_pixel": lambda place, ratio, old, new: (place + 0.5) / ratio - 0.5 if new > 1 else place * 0,
    "align_corners": lambda place, ratio, old, new: place * (old - 1) / max(1, new - 1),
    "asymmetric": lambda place, ratio, old, new: place / ratio,
}
_NEAREST: Mapping[str, Callable[[Tensor], Tensor]] = {
    "round_prefer_floor": lambda place: torch.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: torch.floor(place + 0.5),
    "floor": torch.floor,
    "ceil": torch.ceil,
}


def _resize(call: Call) -> Tensor:
    value, mode = call[0], call.get("mode", "nearest")
    way = call.get("coordinate_transformation_mode", "asymmetric" if call.opset < 11 else "half_pixel")
    if way not in _PLACES or mode not in ("nearest", *_KERNELS):
        raise call.refuse(f"in the mode {mode!r} with {way!r}")
    ratios, sizes = _sizes(call)
    call.affordable(prod(sizes))
    for axis, (ratio, new) in enumerate(zip(ratios, sizes, strict=True)):
        length = value.shape[axis]
        if new == length and ratio == 1:
            continue
        # Runtimes find places in single precision; which of two is the nearest hangs on that where both are as near.
        kind = torch.float32 if mode == "nearest" else torch.float64
        places = _PLACES[way](torch.arange(new, dtype=kind), ratio, length, new)
        if mode == "nearest":
            rule = _NEAREST[call.get("nearest_mode", "floor" if call.opset < 11 else "round_prefer_floor")]
            value = value.index_select(axis, rule(places).clamp(0, length - 1).long())
        else:
            value = _weighed(call, value, axis, places, ratio)
    return value


def _sizes(call: Call) -> tuple[list[float], list[int]]:
    """For each axis the ratio of new to old, and the new length."""
    old = list(call[0].shape)
    scales = call.optional(1) if call.opset < 11 else call.optional(2)
    sizes = None if call.opset < 11 else call.integers(3, "")
    axes = [axis % len(old) for axis in call.get("axes") or range(len(old))]
    ratios, new = [1.0] * len(old), list(old)
    if scales is not None and scales.numel():
        for axis, ratio in zip(axes, scales.tolist(), strict=True):
            # Multiplied in single precision, as ONNX Runtime does: 13 / 9 is stored as less than that, and 9 become 13.
            ratios[axis], new[axis] = float(ratio), floor(np.float32(ratio) * np.float32(old[axis]))
        return ratios, new
    if not sizes:
        raise call.refuse("without sizes or scales")
    given = [size / old[axis] for axis, size in zip(axes, sizes, strict=True)]
    keep = _KEEPS.get(call.get("keep_aspect_ratio_policy", "stretch"))
    for axis, ratio, size in zip(axes, given, sizes, strict=True):
        ratios[axis] = keep(given) if keep else ratio
        new[axis] = floor(ratios[axis] * old[axis] + 0.5) if keep else size
    return ratios, new


_KEEPS: Mapping[str, Callable[[list[float]], float]] = {"not_larger": min, "not_smaller": max}
"""What one ratio is taken for all axes, so that they keep their proportions (ONNX specification, Resize)."""


def _linear(far: Tensor, a: float) -> Tensor:
    return (1 - far).clamp(min=0)


def _cubic(far: Tensor, a: float) -> Tensor:
    """Keys, Cubic convolution interpolation, 1981, equation 8, with another slope than -1/2."""
    near = ((a + 2) * far - (a + 3)) * far * far + 1
    return torch.where(far <= 1, near, torch.where(far < 2, ((a * far - 5 * a) * far + 8 * a) * far - 4 * a, 0.0))


_KERNELS: Mapping[str, tuple[Callable[[Tensor, float], Tensor], int]] = {"linear": (_linear, 1), "cubic": (_cubic, 2)}
"""Weights of neighbours by their distance, and how far they reach."""


def _weighed(call: Call, value: Tensor, axis: int, places: Tensor, ratio: float) -> Tensor:
    """Neighbours weighed by a kernel, with the edges repeated; so many more, if antialiased, as an axis shrinks."""
    kernel, reach = _KERNELS[call.get("mode")]
    narrow = min(1.0, ratio) if call.get("antialias", 0) else 1.0
    first = floor(-reach / narrow) + 1
    low, a = places.floor(), call.get("cubic_coeff_a", -0.75)
    steps = [low + step for step in range(first, 2 - first)]
    weights = torch.stack([kernel((step - places).abs() * narrow, a) for step in steps])
    if call.get("exclude_outside", 0):
        weights *= torch.stack([(step >= 0) & (step < value.shape[axis]) for step in steps])
    if narrow < 1 or call.get("exclude_outside", 0):
        weights /= weights.sum(0)
    total = torch.zeros((), dtype=value.dtype)
    for step, weight in zip(steps, weights, strict=True):
        taken = value.index_select(axis, step.clamp(0, value.shape[axis] - 1).long())
        total = total + taken * weight.to(value.dtype).reshape(-1, *[1] * (value.ndim - axis - 1))
    return total


def _resize_errors(rounding: Rounding) -> tuple[Tensor, ...]:
    if rounding.call.get("mode", "nearest") != "nearest":
        raise rounding.refuse("weighs neighbours by places that runtimes round differently")
    return rounding.evaluated(rounding.error(0), *rounding.call.inputs[1:])


FAMILY = Family({"Resize": Operator(_resize, _resize_errors), "Upsample": Operator(_resize, _resize_errors)})
