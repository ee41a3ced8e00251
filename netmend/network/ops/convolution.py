"""Convolutions over one, two or three axes of space, with padding on either side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import FOLDED, bilinear
from netmend.network.tensors import Tensor, functional, torch

_BY_RANK = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}


def padding(call: Call, sizes: list[int], window: list[int], strides: list[int], steps: list[int]) -> list[int]:
    """What is put before each axis, then after each axis, as the attributes `pads` or `auto_pad` say.

    Args:
        sizes: of the axes of space. window: of the kernel. steps: dilations.
    """
    rule = call.get("auto_pad", "NOTSET")
    if rule == "NOTSET":
        return list(call.get("pads", [0] * 2 * len(sizes)))
    if rule == "VALID":
        return [0] * 2 * len(sizes)
    reach = [step * (width - 1) + 1 for step, width in zip(steps, window, strict=True)]
    total = [
        max(0, (-(-size // stride) - 1) * stride + wide - size)
        for size, stride, wide in zip(sizes, strides, reach, strict=True)
    ]
    less, more = [each // 2 for each in total], [each - each // 2 for each in total]
    return less + more if rule == "SAME_UPPER" else more + less


def padded(value: Tensor, pads: list[int], filler: float = 0.0) -> Tensor:
    """Axes of space widened by `pads` (all befores, then all afters)."""
    if not any(pads):
        return value
    count = len(pads) // 2
    pairs = [each for axis in reversed(range(count)) for each in (pads[axis], pads[axis + count])]
    return functional.pad(value, pairs, value=filler)


def convolved(call: Call) -> Tensor:
    """The convolution of the first input by the second, with a bias where there is a third."""
    value, weight, bias = call[0], call[1], call.optional(2)
    rank = weight.ndim - 2
    if rank not in _BY_RANK:
        raise call.refuse(f"over {rank} axes of space")
    strides = list(call.get("strides", [1] * rank))
    steps = list(call.get("dilations", [1] * rank))
    pads = padding(call, list(value.shape[2:]), list(weight.shape[2:]), strides, steps)
    before, after = pads[:rank], pads[rank:]
    if before != after:
        value, before = padded(value, pads), [0] * rank
    groups = call.get("group", 1)
    with taking_groups(groups):
        return _BY_RANK[rank](by_channel(value, groups), weight, bias, strides, before, steps, groups)


def by_channel(value: Tensor, groups: int) -> Tensor:
    """What is convolved in groups, with the numbers of a channel next to one another in memory.

    torch takes four times as long where they are not (own measurement, float64, 8 pictures of 96 channels of 112 x 112:
    204 against 47 ms by one thread); without groups it does not.
    """
    return value if groups == 1 else value.contiguous()


@contextmanager
def taking_groups(count: int) -> Iterator[None]:
    """For convolutions in groups: by one thread.

    torch takes one group after another, and its threads wait for one another at each. On a machine with other work that
    is a thousand times slower (own measurement, float64, 1,152 channels of 3 x 3: 0.01 s by one thread, 9 to 13 s of
    processor time by two on two busy cores).
    """
    threads = torch.get_num_threads()
    if count == 1 or threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _conv_errors(rounding: Rounding) -> Tensor:
    count = int(rounding.call[1][0].numel()) + FOLDED
    error = bilinear(rounding, count)
    if rounding.call.optional(2) is None:
        return error
    bias = rounding.error(2) + rounding.gamma(count) * rounding.size(2)
    return error + bias.reshape(-1, *[1] * (error.ndim - 2))


FAMILY = Family({"Conv": Operator(convolved, _conv_errors)})
