"""Convolutions backwards: each number of a small image spread over a window of a large one.

References: ConvTranspose of the ONNX specification, with its equations for `pads` and `output_shape`.
"""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops.convolution import taking_groups
from netmend.network.tensors import Tensor, functional, torch

_BY_RANK = {1: torch.conv_transpose1d, 2: torch.conv_transpose2d, 3: torch.conv_transpose3d}


def _spread(call: Call) -> Tensor:
    value, weight, bias = call[0], call[1], call.optional(2)
    rank = weight.ndim - 2
    if rank not in _BY_RANK:
        raise call.refuse(f"over {rank} axes of space")
    strides, steps = list(call.get("strides") or [1] * rank), list(call.get("dilations") or [1] * rank)
    more, groups = list(call.get("output_padding") or [0] * rank), call.get("group", 1)
    whole = [
        stride * (size - 1) + extra + (width - 1) * step + 1
        for size, stride, extra, width, step in zip(
            value.shape[2:], strides, more, weight.shape[2:], steps, strict=True
        )
    ]
    pads = _pads(call, whole, [size * stride for size, stride in zip(value.shape[2:], strides, strict=True)])
    beyond = [max(0, -each) for each in pads]
    if any(beyond):
        # Nothing is spread beyond the edge: there is the bias alone.
        with taking_groups(groups):
            spread = _BY_RANK[rank](value, weight, None, strides, [0] * rank, more, groups, steps)
        spread = functional.pad(
            spread, [each for at in reversed(range(rank)) for each in (beyond[at], beyond[at + rank])]
        )
        spread = spread if bias is None else spread + bias.reshape(-1, *[1] * rank)
        pads = [max(0, each) for each in pads]
        whole = list(spread.shape[2:])
    else:
        with taking_groups(groups):
            spread = _BY_RANK[rank](value, weight, bias, strides, [0] * rank, more, groups, steps)
    for axis in range(rank):
        spread = spread.narrow(axis + 2, pads[axis], whole[axis] - pads[axis] - pads[axis + rank])
    return spread


def _pads(call: Call, whole: list[int], same: list[int]) -> list[int]:
    """What is cut off before each axis, then after each axis."""
    rule, shape = call.get("auto_pad", "NOTSET"), call.get("output_shape")
    if rule == "NOTSET" and not shape:
        return list(call.get("pads") or [0] * 2 * len(whole))
    if rule == "VALID":
        return [0] * 2 * len(whole)
    wanted = list(shape)[-len(whole) :] if shape else same
    total = [size - want for size, want in zip(whole, wanted, strict=True)]
    less, more = [each // 2 for each in total], [each - each // 2 for each in total]
    return less + more if rule == "SAME_UPPER" else more + less


FAMILY = Family({"ConvTranspose": Operator(_spread)})
