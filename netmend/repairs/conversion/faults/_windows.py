"""Operators that look at windows of an image: their sizes, strides and padding."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, picked

STANDARD = ("Conv", "MaxPool", "AveragePool", "ConvTranspose")
TFLITE = ("tflite:CONV_2D", "tflite:DEPTHWISE_CONV_2D", "tflite:MAX_POOL_2D", "tflite:AVERAGE_POOL_2D")
WINDOWED = STANDARD + TFLITE

NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "strides": ("strides", ("stride_h", "stride_w")),
    "dilations": ("dilations", ("dilation_h_factor", "dilation_w_factor")),
}
"""What a setting is called in ONNX, and in TFLite, where every axis has a name of its own."""


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
    """The window of an operator; None for operators without one, or where a shape is not known."""
    value = case.read(node, 0)
    if node.op not in WINDOWED or value is None:
        return None
    if node.op in TFLITE:
        return _tflite(case, node, value)
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
    return _same(plain, rule == "SAME_LOWER")


def _tflite(case: Case, node: Node, value: Array) -> Window | None:
    if value.ndim != 4:  # what another edit has made of the input
        return None
    weight = case.read(node, 1) if "CONV" in node.op else None
    kernel = weight.shape[1:3] if weight is not None else (_of(node, "filter_height"), _of(node, "filter_width"))
    strides, dilations = (tuple(steps_of(node, name)) for name in ("strides", "dilations"))
    plain = Window(value.shape[1:3], kernel, strides, dilations, (0, 0, 0, 0))
    return _same(plain, False) if node.attributes.get("padding", "SAME") == "SAME" else plain


def _same(plain: Window, lower: bool) -> Window:
    """With the padding that keeps the shape; the odd one before each axis if `lower`."""
    total = [
        max(0, (-(-size // stride) - 1) * stride + reach - size)
        for size, stride, reach in zip(plain.sizes, plain.strides, plain.reach, strict=True)
    ]
    less, more = [each // 2 for each in total], [each - each // 2 for each in total]
    return replace(plain, pads=tuple(more + less if lower else less + more))


def steps_of(node: Node, setting: str) -> list[int]:
    """Strides or dilations, one for each axis of space."""
    standard, named = NAMES[setting]
    if node.op in TFLITE:
        return [_of(node, name) for name in named]
    rank = len(node.attributes.get(standard) or node.attributes.get("kernel_shape") or [1, 1])
    return list(node.attributes.get(standard) or [1] * rank)


def stepping(node: Node, setting: str, steps: Sequence[int]) -> tuple[Edit, ...]:
    """The edits that give a node other strides or dilations."""
    standard, named = NAMES[setting]
    key = node.outputs[0]
    if node.op in TFLITE:
        return tuple(SetAttribute(key, name, step) for name, step in zip(named, steps, strict=True))
    return (SetAttribute(key, standard, list(steps)),)


MOST = 4
"""Larger strides and dilations are rare in published networks (own choice)."""


def other_steps(node: Node, setting: str, most: int) -> Iterator[list[int]]:
    """Other strides or dilations: the same for all axes, then one at a time; none where a node takes none."""
    if node.op not in WINDOWED or (setting == "dilations" and "POOL" in node.op):
        return
    now = steps_of(node, setting)
    for steps in product(range(1, most + 1), repeat=len(now)):
        if list(steps) != now and (len(set(steps)) == 1 or len(now) <= 2):
            yield list(steps)


def step_fault(id: str, setting: str) -> Fault:
    """The fault type of wrong strides or dilations."""

    def alternatives(case: Case) -> Iterator[Hypothesis]:
        for node in case.nodes:
            for steps in other_steps(node, setting, MOST):
                says = (
                    f"The {setting} of {node.op} {node.name!r} are {steps_of(node, setting)} where {steps} are right."
                )
                yield Hypothesis(stepping(node, setting, steps), says, node.outputs[0], 1.0 / len(set(steps)))

    def inject(graph: Graph, chance: random.Random) -> Injection | None:
        places = [(node, steps) for node in graph.nodes for steps in other_steps(node, setting, MOST)]
        return picked(chance, ((stepping(node, setting, steps), node.outputs[0]) for node, steps in places))

    return Fault(id, "LH", EVERYWHERE, alternatives, inject)


def _of(node: Node, name: str) -> int:
    return int(node.attributes.get(name) or 1)
