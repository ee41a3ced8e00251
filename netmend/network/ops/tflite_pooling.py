"""TFLite's windows: the largest number or the mean of each, and images made larger or smaller."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family
from netmend.network.ops._tflite import channels_last, images_first, listed, on_grid, pads_of
from netmend.network.tensors import Tensor, functional, torch


def _windows(call: Call) -> tuple[Tensor, tuple[int, int], tuple[int, int], list[int]]:
    """Planes, window, strides and padding."""
    window = (call.get("filter_height", 1), call.get("filter_width", 1))
    strides = (call.get("stride_h", 1), call.get("stride_w", 1))
    sizes = (call[0].shape[1], call[0].shape[2])
    return images_first(call[0]), window, strides, pads_of(call, sizes, window, strides, (1, 1))


def _max(call: Call) -> Tensor:
    planes, window, strides, pads = _windows(call)
    return channels_last(functional.max_pool2d(functional.pad(planes, pads, value=-torch.inf), window, strides))


def _mean(call: Call) -> Tensor:
    """The mean of what lies inside: padding is not counted."""
    planes, window, strides, pads = _windows(call)
    counted = functional.avg_pool2d(functional.pad(torch.ones_like(planes[:1, :1]), pads), window, strides)
    return channels_last(functional.avg_pool2d(functional.pad(planes, pads), window, strides) / counted)


def _root_mean_square(call: Call) -> Tensor:
    planes, window, strides, pads = _windows(call)
    counted = functional.avg_pool2d(functional.pad(torch.ones_like(planes[:1, :1]), pads), window, strides)
    return channels_last(
        torch.sqrt(functional.avg_pool2d(functional.pad(planes * planes, pads), window, strides) / counted)
    )


def _places(call: Call, old: int, new: int) -> tuple[Tensor, float]:
    """Where the entries of the new axis begin on the old one, and how far apart they are."""
    aligned = call.get("align_corners", False) and new > 1
    ratio = (old - 1) / (new - 1) if aligned else old / new
    return torch.arange(new, dtype=torch.float64), ratio


def _bilinear(call: Call) -> Tensor:
    value, sizes = call[0], listed(call[1])
    call.affordable(value.shape[0] * value.shape[3] * sizes[0] * sizes[1])
    for axis, new in zip((1, 2), sizes, strict=True):
        old = value.shape[axis]
        places, ratio = _places(call, old, new)
        places = (places + 0.5) * ratio - 0.5 if call.get("half_pixel_centers", False) else places * ratio
        low = places.floor()
        share = (places - low).to(value.dtype).reshape(-1, *[1] * (3 - axis))
        # Below the first entry both neighbours are the first.
        before, after = low.clamp(0, old - 1).long(), (low + 1).clamp(0, old - 1).long()
        value = value.index_select(axis, before) * (1 - share) + value.index_select(axis, after) * share
    return value


def _nearest(call: Call) -> Tensor:
    value, sizes = call[0], listed(call[1])
    call.affordable(value.shape[0] * value.shape[3] * sizes[0] * sizes[1])
    for axis, new in zip((1, 2), sizes, strict=True):
        old = value.shape[axis]
        places, ratio = _places(call, old, new)
        places = (places + (0.5 if call.get("half_pixel_centers", False) else 0.0)) * ratio
        nearest = torch.floor(places + 0.5) if call.get("align_corners", False) else torch.floor(places)
        value = value.index_select(axis, nearest.clamp(0, old - 1).long())
    return value


FAMILY = Family(
    {
        "tflite:MAX_POOL_2D": on_grid(_max),
        "tflite:AVERAGE_POOL_2D": on_grid(_mean),
        "tflite:L2_POOL_2D": on_grid(_root_mean_square),
        "tflite:RESIZE_BILINEAR": on_grid(_bilinear),
        "tflite:RESIZE_NEAREST_NEIGHBOR": on_grid(_nearest),
    }
)
