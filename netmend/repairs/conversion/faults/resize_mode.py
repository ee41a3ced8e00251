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


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
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
