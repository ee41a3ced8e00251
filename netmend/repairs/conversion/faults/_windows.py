"""Operators that look at windows of an image: their sizes, strides and padding."""

from __future__ import annotations

from dataclasses import dataclass

from netmend.network.graph import Node
from netmend.repairs.conversion.faults._base import Case

WINDOWED = ("Conv", "MaxPool", "AveragePool", "ConvTranspose")


@dataclass(frozen=True, slots=True)
class Window:
    """What a node looks at, one number for each axis of space.

    Attributes:
        pads: before each axis, then after each; what `auto_pad` comes to.
    """

    sizes: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How far a window extends, holes included."""
        return tuple(step * (width - 1) + 1 for step, width in zip(self.dilations, self.kernel, strict=True))

    def produced(self, axis: int, before: int, after: int) -> int:
        """Length of an axis of the output with other padding."""
        return (self.sizes[axis] + before + after - self.reach[axis]) // self.strides[axis] + 1


def window(case: Case, node: Node) -> Window | None:
    """The window of an operator of the standard domain; None for other operators, or where a shape is not known."""
    value = case.read(node, 0)
    if node.op not in WINDOWED or value is None:
        return None
    sizes = value.shape[2:]
    weight = case.read(node, 1) if node.op.startswith("Conv") else None
    kernel = tuple(weight.shape[2:] if weight is not None else node.attributes.get("kernel_shape", ()))
    if len(kernel) != len(sizes):
        return None
    rank = len(sizes)
    strides = tuple(node.attributes.get("strides") or [1] * rank)
    dilations = tuple(node.attributes.get("dilations") or [1] * rank)
    plain = Window(sizes, kernel, strides, dilations, tuple(node.attributes.get("pads") or [0] * 2 * rank))
    rule = node.attributes.get("auto_pad", "NOTSET")
    if rule in ("NOTSET", "VALID") or node.op == "ConvTranspose":
        return plain
    total = [
        max(0, (-(-size // stride) - 1) * stride + reach - size)
        for size, stride, reach in zip(sizes, strides, plain.reach, strict=True)
    ]
    less, more = [each // 2 for each in total], [each - each // 2 for each in total]
    return Window(sizes, kernel, strides, dilations, tuple(less + more if rule == "SAME_UPPER" else more + less))
