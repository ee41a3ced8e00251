"""Images made larger or smaller: by the nearest number, linearly between two, or by a cubic through four."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import floor

import torch
from torch import Tensor

from netmend.network.ops._base import Call, Family, Operator, Rounding

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
    value = call[0]
    old = call.opset < 11
    mode = call.get("mode", "nearest")
    scales = call.optional(1) if old else call.optional(2)
    sizes = None if old else call.integers(3, "")
    if scales is not None and scales.numel():
        ratios = [float(each) for each in scales.tolist()]
        sizes = [floor(size * ratio) for size, ratio in zip(value.shape, ratios, strict=True)]
    elif sizes:
        ratios = [new / size for new, size in zip(sizes, value.shape, strict=True)]
    else:
        raise call.refuse("without sizes or scales")
    count = 1
    for size in sizes:
        count *= size
    call.affordable(count)
    way = call.get("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    refused = any(call.get(name) for name in ("antialias", "exclude_outside", "axes"))
    refused |= bool(sizes) and call.get("keep_aspect_ratio_policy", "stretch") != "stretch"
    if way not in _PLACES or mode not in ("nearest", "linear", "cubic") or refused:
        raise call.refuse(f"in the mode {mode!r} with {way!r}")
    for axis, (ratio, new) in enumerate(zip(ratios, sizes, strict=True)):
        length = value.shape[axis]
        if new == length and ratio == 1:
            continue
        places = _PLACES[way](torch.arange(new, dtype=torch.float64), ratio, length, new)
        if mode == "nearest":
            rule = _NEAREST[call.get("nearest_mode", "floor" if old else "round_prefer_floor")]
            value = value.index_select(axis, rule(places).clamp(0, length - 1).long())
            continue
        if mode == "cubic":
            value = _cubic(value, axis, places, call.get("cubic_coeff_a", -0.75))
            continue
        places = places.clamp(0, length - 1)
        low = places.floor().long()
        share = (places - low).to(value.dtype).reshape(-1, *[1] * (value.ndim - axis - 1))
        high = (low + 1).clamp(max=length - 1)
        value = value.index_select(axis, low) * (1 - share) + value.index_select(axis, high) * share
    return value


def _cubic(value: Tensor, axis: int, places: Tensor, a: float) -> Tensor:
    """Four neighbours weighed by Keys' kernel (Cubic convolution interpolation, 1981, equation 8), edges repeated."""
    low = places.floor()
    total = torch.zeros((), dtype=value.dtype)
    for step in (-1, 0, 1, 2):
        far = (places - low - step).abs()
        near = ((a + 2) * far - (a + 3)) * far * far + 1
        weight = torch.where(far <= 1, near, ((a * far - 5 * a) * far + 8 * a) * far - 4 * a)
        taken = value.index_select(axis, (low + step).clamp(0, value.shape[axis] - 1).long())
        total = total + taken * weight.to(value.dtype).reshape(-1, *[1] * (value.ndim - axis - 1))
    return total


def _resize_errors(rounding: Rounding) -> tuple[Tensor, ...]:
    if rounding.call.get("mode", "nearest") != "nearest":
        raise rounding.refuse("weighs neighbours by places that runtimes round differently")
    return rounding.evaluated(rounding.error(0), *rounding.call.inputs[1:])


FAMILY = Family({"Resize": Operator(_resize, _resize_errors), "Upsample": Operator(_resize, _resize_errors)})
