"""Choose the powers of the mixture's scorers on the validation share, and say what that does to calibration."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence as Several
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.elements.holes import written
from netmend.corpus.records import read
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.repairs.program.infill import mixture
from netmend.repairs.program.infill._base import Scores

PULL = 2.0
"""How strongly powers are pulled towards equal shares: as so many holes whose squared distance is their loss."""


def mix(corpus: Path) -> None:
    """Write the powers that the package comes with."""
    scorers = mixture.experts()
    said: dict[str, list[list[Scores]]] = defaultdict(list)
    right: dict[str, list[int]] = defaultdict(list)
    for example in read(corpus, "validation"):
        for position in written(example.sequence):
            token = example.sequence.tokens[position]
            values = KINDS[token.kind].tokens
            said[token.kind].append([each.log_probabilities(example.sequence, position, values) for each in scorers])
            right[token.kind].append(values.index(token.value))
    found = {kind: powers(np.array(said[kind]), right[kind]) for kind in ELEMENTS if said[kind]}
    for kind, chosen in found.items():
        print(f"{kind}: powers {' '.join(f'{power:.2f}' for power in chosen)}, {len(right[kind])} holes")
    content = {"format": mixture.FORMAT, "powers": found}
    mixture.SHIPPED.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def powers(said: NDArray[np.float64], right: Several[int]) -> tuple[float, ...]:
    """The powers under which the right values are likeliest.

    Args:
        said: logarithms of chances, shape (holes, scorers, values). right: number of the right value of each hole.
    """
    scorers = said.shape[1]
    equal = np.full(scorers, 1 / scorers)

    def loss(tried: NDArray[np.float64]) -> float:
        mixed = mixture.pooled(list(said.swapaxes(0, 1)), tuple(tried))
        likely = mixed[np.arange(len(right)), right].sum()
        return float(PULL * np.square(tried - equal).sum() - likely)

    best = minimize(loss, equal, method="L-BFGS-B", bounds=[(0, 2)] * scorers).x
    return tuple(round(float(each), 3) for each in best)
