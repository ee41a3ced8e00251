"""How far the points are from what is required, and how far they are in each other's way.

Measured:
- mean and largest deficit: by how much a violated point misses its margin, in units of the outputs;
- of the gradients g of the worst rows of up to 300 violated points with respect to the weight and bias of a layer (the
  one looked at; the last one otherwise), K = g g': its smallest eigenvalue as a share of the largest, its condition
  number, the smallest cosine of two gradients whose points contradict each other (no output meets both), and
  the share of rows with a multiplier in the least change that meets them all to first order.
Predicts (a hypothesis until measured): large deficits and small eigenvalues take a large change; a cosine near -1 means
that two points can hardly both be mended at that layer.
When it is wrong: gradients are those of the unchanged network.
References: gradients in conflict: Yu et al., PCGrad, NeurIPS 2020; the kernel is that of the default method.
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.block import block_of
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._evaluation import affordable, inputs_of, looked_at_layer
from netmend.repairs.weights.requirements._base import Array, Indices
from netmend.repairs.weights.rows import gradients_of
from netmend.repairs.weights.solvers.nnls import dual
from netmend.repairs.weights.window import Window

MOST = 300
"""Violated points whose gradients are compared (own choice: a second on networks of MNIST)."""

OPPOSITE = -0.99
"""Cosine of contradicting gradients that is worth a sentence (own choice)."""

SECONDS = 1.0
"""For the program whose multipliers are counted."""


def measure(look: Look) -> Measured:
    """Deficits and conflicts, and a finding where two points pull in opposite directions."""
    wrong = np.flatnonzero(look.slack < 0)
    if not len(wrong):
        return Measured({"mean deficit": 0.0, "largest deficit": 0.0})
    missing = -look.slack[wrong]
    values = {"mean deficit": float(missing.mean()), "largest deficit": float(missing.max())}
    chosen, why = affordable(look, np.random.default_rng(look.seed).permutation(wrong)[:MOST])
    layer = looked_at_layer(look)
    if not len(chosen) or layer is None:
        why = why or "no layer of the network can be changed"
        return Measured(values, (), dict.fromkeys(("condition number", "active fraction"), why))
    kernel, demand, points = kernel_of(look, chosen)
    spectrum = np.linalg.eigvalsh(kernel)
    largest = spectrum[-1]
    if not largest > 0:
        return Measured(values, (), {"condition number": f"no gradient reaches {layer.name}"})
    values["smallest eigenvalue"] = float(max(spectrum[0], 0.0) / largest)
    values["condition number"] = float(largest / max(spectrum[0], np.finfo(np.float64).eps * largest))
    multipliers = dual(kernel, demand, SECONDS)
    if multipliers is not None:
        values["active fraction"] = float(np.mean(multipliers > 0))
    worst = opposites(look, kernel, points)
    if worst is None:
        return Measured(values)
    cosine, one, other = worst
    values["smallest cosine of contradicting points"] = cosine
    if cosine > OPPOSITE:
        return Measured(values)
    message = f"points {one} and {other} pull {layer.name} in opposite directions (cosine {cosine:.4f})"
    places = (f"point {one}", f"point {other}")
    return Measured(values, (Finding("opposite-gradients", message, cosine, OPPOSITE, places, "data", 0.5),))


def kernel_of(look: Look, points: Indices) -> tuple[Array, Array, Indices]:
    """Inner products of the gradients of the worst rows, (m, m), what each row misses, (m,), and its point, (m,)."""
    assert look.network is not None
    layer, graph = looked_at_layer(look), look.network.graph
    assert layer is not None
    requirement = look.specification.requirement.select(points)
    block = block_of(graph, layer, writable=look.network.parameters, later_biases=False)
    window = Window(block, inputs_of(look, points), look.output or graph.outputs[0].name)
    rows = requirement.violated(window.outputs({}), 1, np.full(len(points), np.inf))
    at = np.array([row.point for row in rows], dtype=np.intp)
    gradients = gradients_of(window, window.patches, at, window.pulled(rows, {}), Metric())
    return gradients.kernel(), requirement.margin - gradients.values, points[at]


def opposites(look: Look, kernel: Array, points: Indices) -> tuple[float, int, int] | None:
    """The smallest cosine of gradients of two points that no output could satisfy together, and the points."""
    sizes = np.sqrt(np.diag(kernel))
    cosines = kernel / np.where(sizes > 0, sizes, np.inf) / np.where(sizes > 0, sizes, np.inf)[:, None]
    agrees = look.specification.requirement.agrees
    pairs = zip(*np.triu_indices(len(points), 1), strict=True)
    apart = [(cosines[i, j], i, j) for i, j in pairs if not agrees(int(points[i]), int(points[j]))]
    if not apart:
        return None
    cosine, i, j = min(apart)
    return float(cosine), int(points[i]), int(points[j])


ANALYSIS = Analysis(measure)
