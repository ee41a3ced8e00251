"""netmend's HEBO against HEBO 0.3.6 and against random search.

A side is run wherever it can be: run the module in netmend's environment and once more in the reference environment,
both from the root of the repository; the rows go to the same table. The reference package cannot be installed with its
own requirements any more (it asks for numpy < 1.25, pymoo 0.6.0, GPy and catboost), but its code runs without them:

    python3.11 -m venv REFERENCE
    REFERENCE/bin/pip install --no-deps HEBO==0.3.6
    REFERENCE/bin/pip install numpy==2.4.6 scipy==1.17.1 pandas scikit-learn==1.9.1 torch==2.13.0 gpytorch==1.15.2 \
        pymoo==0.6.2 disjoint-set
    OMP_NUM_THREADS=1 REFERENCE/bin/python -m bench.samplers hebo

What runs there is the package's default, as Ray's wrapper uses it: a Gaussian process on learnt embeddings without
input warping. The warped model of the paper needs GPy, which asks for numpy < 2.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
from pathlib import Path
from typing import Any

from bench.samplers.comparison import FLOOR, OURS, REFERENCE, Player, Side, compare, random_side, summary
from netmend.search._base import Ask, Dimension, Point, Problem

RESULTS = Path(__file__).parent / "hebo.csv"
PACKAGES = ("HEBO", "numpy", "scipy", "torch", "gpytorch", "pymoo")
EVALUATIONS, SEEDS = 30, 20


def main() -> None:
    """Run the sides that this environment can run, and print the summary."""
    sides: dict[str, Side] = {FLOOR: random_side}
    if importlib.util.find_spec("hebo"):
        sides[REFERENCE] = reference_side
    else:
        sides[OURS] = our_side
    for line in summary(compare(RESULTS, sides, PACKAGES, evaluations=EVALUATIONS, seeds=SEEDS)):
        print(line)


def our_side(dimensions: tuple[Dimension, ...], seed: int) -> Player:
    """netmend's sampler, one point at a time."""
    from netmend.search.hebo import KIND

    sampler = KIND.make(Problem(dimensions, seed))
    asked: list[Ask] = []

    def suggest() -> Point:
        ask = sampler.ask()
        assert ask is not None, "the box holds more points than are asked for"
        asked.append(ask)
        return ask.point

    return Player(suggest, lambda point, loss: sampler.tell(asked[-1], loss))


def reference_side(dimensions: tuple[Dimension, ...], seed: int) -> Player:
    """HEBO 0.3.6 with its defaults, one point at a time; it draws from the global random states, which are seeded."""
    import numpy as np
    import torch
    from hebo.design_space.design_space import DesignSpace
    from hebo.optimizers.hebo import HEBO

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)
    sampler = HEBO(DesignSpace().parse([_parameter(dimension) for dimension in dimensions]), scramble_seed=seed)
    suggested: list[Any] = []
    failures: list[int] = []

    def suggest() -> Point:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            suggested.append(sampler.suggest(1))
        failures.append("output random predictions" in said.getvalue())
        row = suggested[-1].iloc[0]
        return {dimension.name: _plain(row[dimension.name], dimension) for dimension in dimensions}

    return Player(
        suggest, lambda point, loss: sampler.observe(suggested[-1], np.array([[loss]])), lambda: sum(failures)
    )


def _parameter(dimension: Dimension) -> dict[str, Any]:
    if dimension.choices:
        return {"name": dimension.name, "type": "cat", "categories": list(dimension.choices)}
    kind = {(False, False): "num", (False, True): "int", (True, False): "pow", (True, True): "pow_int"}
    return {
        "name": dimension.name,
        "type": kind[dimension.log, dimension.whole],
        "lb": dimension.low,
        "ub": dimension.high,
    }


def _plain(value: Any, dimension: Dimension) -> Any:
    """A value of a data frame as plain Python; choices come back as NumPy scalars."""
    if dimension.choices:
        return next(choice for choice in dimension.choices if choice == value)
    return round(value) if dimension.whole else float(value)
