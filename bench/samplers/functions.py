"""Functions to compare samplers on: three of the literature, three shaped like tuning a training, a replayed fault.

None of them was looked at to choose a constant of a sampler.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bench.samplers import replay
from netmend.search._base import Dimension, Point

Value = Callable[[Point], float]


@dataclass(frozen=True, slots=True)
class Function:
    """A function to minimise.

    Attributes:
        value: the loss of a point without noise. least: its smallest value, of which regrets are counted.
        noise: standard deviation of the normal noise that a sampler sees on top.
        measured: what a sampler sees instead, where it was measured.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    value: Value
    least: float
    noise: float = 0.0
    measured: Callable[[Point, np.random.Generator], float] | None = None

    def look(self, point: Point, rng: np.random.Generator) -> float:
        """What a sampler sees of a point."""
        return self.measured(point, rng) if self.measured else self.value(point) + self.noise * rng.standard_normal()


def _numbers(point: Point) -> list[float]:
    return [float(value) for value in point.values() if isinstance(value, int | float)]


def _branin(point: Point) -> float:
    x, y = _numbers(point)
    curve = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return curve * curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


_HARTMANN_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
_HARTMANN_SCALES = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_HARTMANN_CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def _hartmann6(point: Point) -> float:
    x = _numbers(point)
    return -sum(
        weight * math.exp(-sum(a * (value - c) ** 2 for a, value, c in zip(scales, x, centre, strict=True)))
        for weight, scales, centre in zip(_HARTMANN_WEIGHTS, _HARTMANN_SCALES, _HARTMANN_CENTRES, strict=True)
    )


def _rosenbrock(point: Point) -> float:
    x = _numbers(point)
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


_SHIFTS = {"a": 0.2, "b": 0.5, "c": 0.8, "d": 0.35}
_LIFTS = {"a": 0.3, "b": 0.0, "c": 0.6, "d": 0.1}


def _mixed(point: Point) -> float:
    """A bowl whose place and height depend on a choice, a step count, and a choice that does nothing."""
    kind = str(point["kind"])
    x, y, count = (float(point[name]) for name in ("x", "y", "count"))  # type: ignore[arg-type]
    return _LIFTS[kind] + (x - _SHIFTS[kind]) ** 2 + 2 * (y - x * x) ** 2 + 0.02 * abs(count - 7)


_BEST_RATE = {"sgd": -1.5, "rmsprop": -3.0, "adam": -3.0}
_FLOOR = {"sgd": 0.35, "rmsprop": 0.25, "adam": 0.2}


def _training(point: Point) -> float:
    """The loss of a classifier of ten classes: a valley in the learning rate, chance level where it diverges."""
    optimiser = str(point["optimiser"])
    rate, batch, dropout = (float(point[name]) for name in ("rate", "batch", "dropout"))  # type: ignore[arg-type]
    off = math.log10(rate) - _BEST_RATE[optimiser] - 0.5 * math.log10(batch / 32)
    if off > 1.5:
        return math.log(10)
    loss = _FLOOR[optimiser] + 0.3 * off * off + 0.5 * (dropout - 0.3) ** 2
    return min(loss, math.log(10))


_WIDE_CHOICES = 8
_WIDE_NUMBERS = 7


def _wide(point: Point) -> float:
    """Fifteen dimensions of which four matter: the rate, two choices that depend on each other, and a size."""
    rate = math.log10(float(point["n0"]))  # type: ignore[arg-type]
    size = float(point["n1"])  # type: ignore[arg-type]
    pair = 0.0 if (point["c0"], point["c1"]) == ("b", "c") else 0.5 if point["c0"] == "b" or point["c1"] == "c" else 1.0
    return 0.15 * (rate + 2.5) ** 2 + pair + 0.5 * abs(math.log2(size / 64)) / 5


FUNCTIONS = {
    function.name: function
    for function in (
        Function(
            "branin", (Dimension("x", low=-5, high=10), Dimension("y", low=0, high=15)), _branin, 0.39788735772973816
        ),
        Function("hartmann-6", tuple(Dimension(f"x{i}") for i in range(6)), _hartmann6, -3.32236801141551),
        Function("rosenbrock-4", tuple(Dimension(f"x{i}", low=-2, high=2) for i in range(4)), _rosenbrock, 0.0),
        Function(
            "mixed",
            (
                Dimension("kind", choices=("a", "b", "c", "d")),
                Dimension("x"),
                Dimension("y"),
                Dimension("count", low=1, high=12, whole=True),
                Dimension("nothing", choices=(True, False)),
            ),
            _mixed,
            0.0,
        ),
        Function(
            "training",
            (
                Dimension("optimiser", choices=("sgd", "rmsprop", "adam")),
                Dimension("rate", low=1e-6, high=10, log=True),
                Dimension("batch", low=8, high=512, log=True, whole=True),
                Dimension("dropout", low=0, high=0.9),
            ),
            _training,
            0.2,
            noise=0.03,
        ),
        Function(
            "wide",
            (
                Dimension("n0", low=1e-6, high=10, log=True),
                Dimension("n1", low=2, high=2048, log=True, whole=True),
                *(Dimension(f"n{i}") for i in range(2, _WIDE_NUMBERS)),
                *(Dimension(f"c{i}", choices=("a", "b", "c", "d")) for i in range(_WIDE_CHOICES)),
            ),
            _wide,
            0.0,
        ),
        Function("replayed", replay.DIMENSIONS, replay.error, replay.least_error(), measured=replay.measured_error),
    )
}
"""By name. Branin and Hartmann: Dixon & Szego, Towards Global Optimisation 2, 1978; Rosenbrock, Comput. J. 3, 1960."""
