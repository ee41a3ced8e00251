"""One sampler against its reference package and against random search: runs, a table of results, exact tests."""

from __future__ import annotations

import csv
import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from bench.machine import machine, today, versions
from bench.samplers.functions import FUNCTIONS, Function
from netmend.core.stats import not_worse, superiority
from netmend.search._base import Dimension, Point, Scalar


@dataclass(frozen=True, slots=True)
class Player:
    """A sampler that plays one game: suggests a point, observes its loss.

    Attributes:
        failures: how many suggestions so far came from a model that could not be fitted.
    """

    suggest: Callable[[], Point]
    observe: Callable[[Point, float], None]
    failures: Callable[[], int] = lambda: 0


Side = Callable[[tuple[Dimension, ...], int], Player]
"""Makes a player for a box and a seed."""

S = TypeVar("S", contravariant=True)


class Game(Protocol[S]):
    """One run of a side: its regret, the seconds of all suggestions, and how often its model failed."""

    def __call__(self, side: S, *, seed: int, evaluations: int) -> tuple[float, float, int]:
        """Play so many evaluations."""


MARGIN = 0.1
"""Regret that counts as no difference, as a share of the median regret of random search. Our choice, made before any
result: a tenth of what there is to gain at least."""

OURS, REFERENCE, FLOOR = "netmend", "reference", "random"


def compare(
    results: Path, sides: Mapping[str, Side], packages: Sequence[str], *, evaluations: int, seeds: int
) -> list[dict[str, str]]:
    """Run what is not in the table of results yet, row by row, and return the table."""
    games = [(function.name, partial(minimise, function=function), evaluations) for function in FUNCTIONS.values()]
    return play(results, games, sides, packages, seeds=seeds)


def play(
    results: Path,
    games: Sequence[tuple[str, Game[S], int]],
    sides: Mapping[str, S],
    packages: Sequence[str],
    *,
    seeds: int,
) -> list[dict[str, str]]:
    """Play what is not in the table of results yet, row by row, and return the table.

    Seeds are the outer loop, so that a table that was cut short is still balanced.
    """
    rows = read(results)
    known = {(row["function"], row["side"], int(row["seed"]), int(row["evaluations"])) for row in rows}
    installed = versions(*packages)
    for seed in range(seeds):
        for function, game, evaluations in games:
            for name, side in sides.items():
                if (function, name, seed, evaluations) in known:
                    continue
                regret, seconds, failures = game(side, seed=seed, evaluations=evaluations)
                row = {
                    "function": function,
                    "side": name,
                    "seed": str(seed),
                    "evaluations": str(evaluations),
                    "regret": f"{regret:.6g}",
                    "suggestion_seconds": f"{seconds:.2f}",
                    "model_failures": str(failures),
                    "versions": installed,
                    "machine": machine(),
                    "date": today(),
                }
                _append(results, row)
    return read(results)


def minimise(side: Side, function: Function, seed: int, evaluations: int) -> tuple[float, float, int]:
    """Noise-free regret of the point that looked best, seconds of all suggestions, and failures of the model."""
    noise = np.random.default_rng([seed, evaluations])
    started = time.perf_counter()
    player = side(function.dimensions, seed)
    spent = time.perf_counter() - started
    best, regret = math.inf, math.inf
    for _ in range(evaluations):
        started = time.perf_counter()
        point = player.suggest()
        spent += time.perf_counter() - started
        seen = function.look(point, noise)
        if seen < best:
            best, regret = seen, function.value(point) - function.least
        player.observe(point, seen)
    return regret, spent, player.failures()


def random_side(dimensions: tuple[Dimension, ...], seed: int) -> Player:
    """Uniform draws, on the log scale where steps count on it: the floor."""
    rng = np.random.default_rng(seed)
    return Player(lambda: {dimension.name: _draw(dimension, rng) for dimension in dimensions}, lambda point, loss: None)


def _draw(dimension: Dimension, rng: np.random.Generator) -> Scalar:
    if dimension.choices:
        return dimension.choices[int(rng.integers(len(dimension.choices)))]
    if dimension.log:
        value = math.exp(rng.uniform(math.log(dimension.low), math.log(dimension.high)))
    else:
        value = rng.uniform(dimension.low, dimension.high)
    return round(value) if dimension.whole else value


def summary(rows: Sequence[Mapping[str, str]], functions: Iterable[str] = FUNCTIONS) -> list[str]:
    """A line for each function: median regrets, and exact one-sided rank tests of ours against both others."""
    lines = []
    for name in functions:
        sides = {
            side: [float(row["regret"]) for row in rows if row["function"] == name and row["side"] == side]
            for side in (OURS, REFERENCE, FLOOR)
        }
        ours, reference, floor = (sides[side] for side in (OURS, REFERENCE, FLOOR))
        medians = ", ".join(
            f"{side} {statistics.median(values):.3g} (n {len(values)})" for side, values in sides.items() if values
        )
        line = f"{name}: {medians}"
        if ours and reference:
            margin = MARGIN * statistics.median(floor)
            line += (
                f"; not worse than the reference by {margin:.2g}: "
                f"p {not_worse(reference, ours, margin=margin, higher_is_better=False):.2g}; "
                f"better: p {superiority(reference, ours, higher_is_better=False).p:.2g}; "
                f"worse: p {superiority(ours, reference, higher_is_better=False).p:.2g}"
            )
        if ours and floor:
            line += f"; better than random: p {superiority(floor, ours, higher_is_better=False).p:.2g}"
        lines.append(line)
    return lines


def read(results: Path) -> list[dict[str, str]]:
    """The rows of a table of results; none if there is no table."""
    if not results.exists():
        return []
    with results.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _append(results: Path, row: Mapping[str, str]) -> None:
    new = not results.exists()
    with results.open("a", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
        if new:
            table.writeheader()
        table.writerow(row)
