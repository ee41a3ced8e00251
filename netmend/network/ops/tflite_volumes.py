"""TFLite's convolutions over depth, height and width: channels last, padding by name, activation fused."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family
from netmend.network.ops._tflite import listed, on_grid, same_padding
from netmend.network.tensors import Tensor, functional, torch

AXES = "dhw"


def _options(call: Call, name: str) -> list[int]:
    return [call.get(name.format(axis), 1) for axis in AXES]


def _margins(call: Call, sizes: list[int], window: list[int]) -> list[tuple[int, int]]:
    """What the forward convolution puts before and after each axis."""
    rule = call.get("padding", "SAME")
    if rule not in ("SAME", "VALID"):
        raise call.refuse(f"with the padding {rule}")
    if rule == "VALID":
        return [(0, 0)] * len(sizes)
    strides, steps = _options(call, "stride_{}"), _options(call, "dilation_{}_factor")
    return [same_padding(*each) for each in zip(sizes, window, strides, steps, strict=True)]


def _channels_first(value: Tensor) -> Tensor:
    return value.permute(0, 4, 1, 2, 3)


def _biased(call: Call, place: int, volumes: Tensor) -> Tensor:
    bias, made = call.optional(place), volumes.permute(0, 2, 3, 4, 1)
    return made if bias is None else made + bias


def _conv(call: Call) -> Tensor:
    kernel = call[1].permute(4, 3, 0, 1, 2)
    value = _channels_first(call[0])
    if value.shape[1] != kernel.shape[1]:
        raise call.refuse("in groups")
    margins = _margins(call, list(value.shape[2:]), list(kernel.shape[2:]))
    value = functional.pad(value, [each for pair in reversed(margins) for each in pair])
    steps = _options(call, "dilation_{}_factor")
    strides, around = _options(call, "stride_{}"), [0] * len(AXES)
    return _biased(call, 2, torch.conv3d(value, kernel, None, strides, around, steps, 1))


def _transposed(call: Call) -> Tensor:
    shape, kernel = listed(call[0])[1:4], call[1].permute(4, 3, 0, 1, 2)
    strides, steps = _options(call, "stride_{}"), _options(call, "dilation_{}_factor")
    if steps != [1, 1, 1]:
        raise call.refuse("with dilations")
    spread = torch.conv_transpose3d(_channels_first(call[2]), kernel, None, strides)
    for axis, (wanted, (before, _)) in enumerate(
        zip(shape, _margins(call, shape, list(kernel.shape[2:])), strict=True)
    ):
        # What the forward convolution would have padded is cut off; where windows leave a rest, zeros fill it.
        rest = max(0, wanted + before - spread.shape[axis + 2])
        spread = functional.pad(spread, [0, 0] * (2 - axis) + [0, rest])
        spread = spread.narrow(axis + 2, before, wanted)
    return _biased(call, 3, spread)


FAMILY = Family({"tflite:CONV_3D": on_grid(_conv), "tflite:CONV_3D_TRANSPOSE": on_grid(_transposed)})
