"""Whether a scorer is right as often as it is sure: the expected calibration error of its first choices."""

from __future__ import annotations

from collections.abc import Sequence as Several

import numpy as np

from bench.elements.holes import Hole
from netmend.program.sequence.vocabulary import ELEMENTS

BINS = 10
"""Of equal numbers of holes (Nguyen and O'Connor, "Posterior calibration and exploratory analysis", EMNLP 2015)."""


def calibration_error(found: Several[Hole], bins: int = BINS) -> float:
    """The mean distance between how sure a scorer is of its first choice and how often that is right, bin by bin.

    Guo et al., "On calibration of modern neural networks", ICML 2017, section 2, with bins of equal numbers of holes.
    """
    ordered = sorted(found, key=lambda hole: hole.sure)
    parts = [part for part in np.array_split(np.arange(len(ordered)), bins) if len(part)]
    gaps = [
        abs(np.mean([ordered[each].sure for each in part]) - np.mean([ordered[each].rank == 1 for each in part]))
        * len(part)
        for part in parts
    ]
    return float(np.sum(gaps) / len(ordered))


def by_kind(found: Several[Hole]) -> dict[str, float]:
    """The error of each kind's holes, and "macro", their mean."""
    of = {kind: [hole for hole in found if hole.kind == kind] for kind in ELEMENTS}
    errors = {kind: calibration_error(holes) for kind, holes in of.items() if holes}
    return errors | {"macro": float(np.mean(list(errors.values())))}
