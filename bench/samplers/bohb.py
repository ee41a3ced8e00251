"""netmend's BOHB against hpbandster 0.7.4 and against random search.

Six functions without stages, 60 looks each, on which both run as plain kernel-density search; two with stages, on which
both run Hyperband brackets over the same shares of the work at the same cost. A promoted point pays for all of its work
again on both sides: hpbandster cannot resume. With stages there is `hyperband` too, our brackets of even draws, to see
what the model adds. All sides run in one environment; `docs/samplers.md` says how to make it.
"""

from __future__ import annotations

import importlib.util
import logging
from functools import partial
from pathlib import Path

from bench.samplers.comparison import FLOOR, OURS, REFERENCE, play, summary
from bench.samplers.functions import FUNCTIONS
from bench.samplers.hpbandster_side import Hpbandster
from bench.samplers.staged import STAGED, WHOLE, Make, search
from netmend.search._base import Problem, Sampler
from netmend.search.bohb import Bohb
from netmend.search.hyperband import Hyperband

RESULTS = Path(__file__).parent / "bohb.csv"
PACKAGES = ("hpbandster", "ConfigSpace", "statsmodels", "numpy", "scipy")
SEEDS = 20


def main() -> None:
    """Run the sides that this environment can run, and print the summary."""
    logging.getLogger("hpbandster").setLevel(logging.ERROR)  # it warns of each infinite density
    sides: dict[str, Make] = {OURS: Bohb, FLOOR: even}
    if importlib.util.find_spec("hpbandster"):
        sides[REFERENCE] = Hpbandster
    whole = [(function.name, partial(search, function=function), WHOLE) for function in FUNCTIONS.values()]
    staged = [(function.name, partial(search, function=function), function.budget) for function in STAGED.values()]
    play(RESULTS, whole, sides, PACKAGES, seeds=SEEDS)
    rows = play(RESULTS, staged, {**sides, "hyperband": Hyperband}, PACKAGES, seeds=SEEDS)
    for line in summary(rows, (*FUNCTIONS, *STAGED)):
        print(line)


def even(problem: Problem) -> Sampler:
    """Even draws that do all the work each time: Hyperband without stages."""
    return Hyperband(Problem(problem.dimensions, problem.seed))
