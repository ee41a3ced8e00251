"""Aircraft advisory network 2_9 of ACAS Xu and its property 8, which it breaks: the advisory, the lowest output, is to
be "clear of conflict" or "weak left".

points   Inputs that break it, among a million drawn from its box (345 do).
regions  Boxes around such inputs, of side 0.05 in normalised units as in Tao et al., PLDI 2023, fourth experiment, cut
         to the property's box: each has 32 vertices.

Both are written as VNN-LIB and read by our reader. One half of the inputs that break it is the pool, the other half
unseen. Ordinary inputs are drawn evenly from all that the network is defined on, are to get the advisory that it gives
now, and are halved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.weights.subjects._base import DATA, Case, Judged, Subject, drawn
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights.given import required_of
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.reading._base import read_points
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.subject import NetworkUnderRepair

NETWORK, WEIGHTS = "models/acasxu/ACASXU_run2a_2_9_batch_2000.onnx", "models/acasxu/acasxu_weights.npz"
BOX = np.array([[0, 60760], [-3.141592, -0.75 * 3.141592], [-0.1, 0.1], [600, 1200], [600, 1200]])
"""Property 8 in physical units: distance, angles, speeds (Katz et al., Reluplex, CAV 2017, appendix)."""

SIDE = 0.05
DRAWN = 1_000_000
ORDINARY = 4000
MARGIN = 1e-6
"""That of APRNN's experiments with this network (Tao et al., PLDI 2023)."""


@lru_cache(maxsize=1)
def _prepared() -> tuple[Network, Array, Array, Array]:
    """The network, the property's box, inputs that break it, ordinary inputs; all normalised."""
    network = load(DATA / NETWORK)
    with np.load(DATA / WEIGHTS) as found:
        mean, width = found["mean"][:5], found["range"][:5]
        layers = [(found[f"2_9.W{at}"], found[f"2_9.B{at}"]) for at in range(7)]
        limits = (np.stack([found["input_min"], found["input_max"]], axis=1) - mean[:, None]) / width[:, None]
    box = (BOX - mean[:, None]) / width[:, None]
    random = np.random.default_rng(0)
    inside = random.uniform(box[:, 0], box[:, 1], (DRAWN, 5)).astype(np.float32)
    broken = inside[~_holds(_at_once(layers, inside))]
    return network, box, broken, random.uniform(limits[:, 0], limits[:, 1], (ORDINARY, 5)).astype(np.float32)


def _at_once(layers: Sequence[tuple[Array, Array]], inputs: Array) -> Array:
    """The same network on many inputs: its file takes one at a time."""
    values = inputs
    for weight, bias in layers[:-1]:
        values = np.maximum(values @ weight.T + bias, 0)
    outputs: Array = values @ layers[-1][0].T + layers[-1][1]
    return outputs


def _holds(values: Array) -> Array:
    allowed: Array = _advisory(values) < 2
    return allowed


def _advisory(values: Array) -> Array:
    lowest: Array = values.argmin(axis=1)
    return lowest


def make(fault: str, size: int, seed: int) -> Case:
    """See the module's docstring; the size of `regions` counts boxes."""
    network, box, broken, ordinary = _prepared()
    half = len(broken) // 2
    inputs = broken[drawn(np.arange(half), size, seed)]
    around = (inputs - SIDE / 2, inputs + SIDE / 2) if fault == "regions" else (inputs, inputs)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "property.vnnlib"
        path.write_text(vnnlib(*(np.clip(end, box[:, 0], box[:, 1]) for end in around)), encoding="ascii")
        found = read_points(path, network.graph)
    if fault == "points":
        found = replace(found, polytopes=None)
    subject = NetworkUnderRepair(
        DATA / NETWORK, network, required_of(found, network, MARGIN), reference=ordinary[: ORDINARY // 2]
    )
    answers = _advisory(outputs(network, ordinary))

    def part(chosen: slice) -> Judged:
        return Judged(ordinary[chosen], lambda values: _advisory(values) == answers[chosen], _advisory)

    unseen = Judged(broken[half:], _holds, _advisory)
    return Case(subject, part(slice(0, ORDINARY // 2)), part(slice(ORDINARY // 2, ORDINARY)), unseen)


def vnnlib(low: Array, high: Array) -> str:
    """The property on boxes (N, 5) as VNN-LIB text: what must not be is a third output as low as the first two."""
    names = [*(f"X_{at}" for at in range(5)), *(f"Y_{at}" for at in range(5))]
    boxes = (
        " ".join(f"(>= X_{at} {least!r}) (<= X_{at} {most!r})" for at, (least, most) in enumerate(sides))
        for sides in np.stack([low, high], axis=2).tolist()
    )
    lines = [f"(declare-const {name} Real)" for name in names]
    lines.append(f"(assert (or {' '.join(f'(and {box})' for box in boxes)}))")
    rivals = " ".join(f"(and (<= Y_{rival} Y_0) (<= Y_{rival} Y_1))" for rival in (2, 3, 4))
    return "\n".join([*lines, f"(assert (or {rivals}))", ""])


SUBJECTS = (
    Subject("acasxu-2-9", "acasxu", {"points": (10, 50, 100), "regions": (1, 5, 10, 20)}, make, (NETWORK, WEIGHTS)),
)
