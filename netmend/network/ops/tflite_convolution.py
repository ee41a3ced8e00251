"""TFLite's convolutions: channels last, padding by name, activation fused."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family
from netmend.network.ops._tflite import channels_last, images_first, listed, measured, on_grid, pads_of
from netmend.network.ops.convolution import by_channel, taking_groups
from netmend.network.tensors import Tensor, functional, torch


def _convolved(call: Call, value: Tensor, kernel: Tensor, groups: int) -> Tensor:
    """Kernel in the order of torch: output channels, input channels of a group, height, width.

    What looks at one place only is a product of matrices, which needs no other order of the axes, and what torch pads
    by itself is copied once less (own measurement, float64, one thread, 8 pictures of 56 x 56 x 144: 5.8 for 9.4 ms,
    and 91 for 110).
    """
    strides = (call.get("stride_h", 1), call.get("stride_w", 1))
    steps = (call.get("dilation_h_factor", 1), call.get("dilation_w_factor", 1))
    sizes, window = (value.shape[1], value.shape[2]), (kernel.shape[2], kernel.shape[3])
    left, right, top, bottom = pads_of(call, sizes, window, strides, steps)
    if window == strides == (1, 1) and groups == 1:
        return functional.linear(value, kernel[:, :, 0, 0], _bias(call, 2))
    planes, around = images_first(value), [top, left]
    if (left, top) != (right, bottom):
        planes, around = _framed(planes, left, right, top, bottom), [0, 0]
    with taking_groups(groups):
        found = torch.conv2d(by_channel(planes, groups), kernel, _bias(call, 2), strides, around, steps, groups)
    return channels_last(found)


def _framed(planes: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    """Zeros around; the numbers of a channel next to one another, which `torch.nn.functional.pad` would not see to."""
    rows, channels, height, width = planes.shape
    found = planes.new_zeros((rows, channels, top + height + bottom, left + width + right))
    found[:, :, top : top + height, left : left + width] = planes
    return found


def _bias(call: Call, place: int) -> Tensor | None:
    bias = call.optional(place)
    return None if bias is None else bias.to(call.dtype)


def _conv(call: Call) -> Tensor:
    kernel = call[1].permute(0, 3, 1, 2)
    scheme = call.scheme(1)
    value = measured(call, call[0], 1, whole=scheme is not None and scheme.scale.size > 1)
    return _convolved(call, value, kernel, value.shape[3] // kernel.shape[1])


def _depthwise(call: Call) -> Tensor:
    value = measured(call, call[0], 1, whole=True)
    # One filter for each output channel, in the last axis.
    kernel = call[1].permute(3, 0, 1, 2)
    return _convolved(call, value, kernel, value.shape[3])


def _transposed(call: Call) -> Tensor:
    shape, value = listed(call[0]), call[2]
    kernel = call[1].permute(3, 0, 1, 2)
    strides = (call.get("stride_h", 1), call.get("stride_w", 1))
    sizes, window = (shape[1], shape[2]), (kernel.shape[2], kernel.shape[3])
    left, _, top, _ = pads_of(call, sizes, window, strides, (1, 1))
    planes = torch.conv_transpose2d(images_first(value), kernel, None, strides)
    # What the forward convolution would have padded is cut off; where windows leave a rest, zeros fill it.
    planes = functional.pad(planes, [0, max(0, shape[2] + left - planes.shape[3])])
    planes = functional.pad(planes, [0, 0, 0, max(0, shape[1] + top - planes.shape[2])])
    planes = planes[:, :, top : top + shape[1], left : left + shape[2]]
    bias = _bias(call, 3)
    return channels_last(planes if bias is None else planes + bias[:, None, None])


FAMILY = Family(
    {
        "tflite:CONV_2D": on_grid(_conv),
        "tflite:DEPTHWISE_CONV_2D": on_grid(_depthwise),
        "tflite:TRANSPOSE_CONV": on_grid(_transposed),
    }
)
