"""An image is resized by another rule than in the source.

What it is:
    Frameworks place the pixels of the new image differently on the old one (half pixels, aligned corners, asymmetric),
    round differently to the nearest, and call different things bilinear.

How it is mended:
    Every combination of coordinate mode, interpolation and rounding is tried.

When it is wrong:
    Some combinations agree for whole ratios; then the first that fits is taken, which is as good for this network.

References:
    ONNX specification, Resize; NVIDIA/TensorRT issue 273; tensorflow/tensorflow issue 33691; microsoft/onnxruntime
    issue 17564; pytorch/pytorch issue 183523.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection

PLACES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
MODES = ("nearest", "linear", "cubic")
ROUNDING = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
TFLITE = ("tflite:RESIZE_BILINEAR", "tflite:RESIZE_NEAREST_NEIGHBOR")
FLAGS = ("align_corners", "half_pixel_centers")
DEFAULTS = {
    "coordinate_transformation_mode": "half_pixel",
    "mode": "nearest",
    "nearest_mode": "round_prefer_floor",
}


def _settings(node: Node) -> tuple[str, ...]:
    return tuple(node.attributes.get(name, default) for name, default in DEFAULTS.items())


def _edits(node: Node, settings: tuple[str, ...]) -> tuple[Edit, ...]:
    now = zip(DEFAULTS, _settings(node), settings, strict=True)
    return tuple(SetAttribute(node.outputs[0], name, new) for name, old, new in now if new != old)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        if node.op in TFLITE:
            yield from _flags(node)
        if node.op != "Resize":
            continue
        for settings in product(PLACES, MODES, ROUNDING):
            edits = _edits(node, settings)
            # How the nearest is rounded matters to that mode alone.
            if edits and (settings[1] == "nearest" or settings[2] == _settings(node)[2]):
                says = (
                    f"Resize {node.name!r} works by {', '.join(_settings(node))} where {', '.join(settings)} is right."
                )
                yield Hypothesis(edits, says, node.outputs[0])


def _flags(node: Node) -> Iterator[Hypothesis]:
    """TFLite's two flags; both at once are not allowed."""
    now = tuple(bool(node.attributes.get(name, False)) for name in FLAGS)
    for flags in ((False, False), (True, False), (False, True)):
        if flags != now:
            key = node.outputs[0]
            edits = tuple(
                SetAttribute(key, *each)
                for each, old in zip(zip(FLAGS, flags, strict=True), now, strict=True)
                if each[1] != old
            )
            says = f"{node.op} {node.name!r} has {' and '.join(FLAGS)} {now} where {flags} are right."
            yield Hypothesis(edits, says, key)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    flagged = [hypothesis for node in graph.nodes if node.op in TFLITE for hypothesis in _flags(node)]
    if flagged:
        chosen = chance.choice(flagged)
        return chosen.edits, chosen.node
    places = [node for node in graph.nodes if node.op == "Resize"]
    if not places:
        return None
    node = chance.choice(places)
    now = _settings(node)
    settings = [chance.choice(PLACES), now[1], now[2]]
    if now[1] == "nearest" and chance.random() < 0.5:
        settings = [now[0], now[1], chance.choice(ROUNDING)]
    edits = _edits(node, tuple(settings))
    return (edits, node.outputs[0]) if edits else None


fault = Fault("R1", "LH", EVERYWHERE, _alternatives, _inject)
