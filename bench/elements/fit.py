"""Count the training share of a corpus and keep its programs as neighbours.

How strong the more general contexts of the counts are is chosen on families left out.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np

from bench.elements.holes import written
from netmend.corpus.records import Example, read
from netmend.program.sequence.vocabulary import ELEMENTS
from netmend.repairs.program.infill import counts, neighbours

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
PARTS = 3
"""Parts that are left out of the training share in turn; a family is in one of them, by a hash of its name."""


def fit(corpus: Path) -> None:
    """Write the counts and the neighbours that come with the package."""
    train = list(read(corpus, "train"))
    programs = [(each.family, each.sequence) for each in train]
    found = counts.fit(programs, chosen(train))
    found.write(counts.SHIPPED)
    neighbours.fit(programs).write(neighbours.SHIPPED)
    for path in (counts.SHIPPED, neighbours.SHIPPED):
        print(f"{found.models} models, {path.stat().st_size / 1e6:.2f} MB: {path}")


def chosen(train: list[Example]) -> dict[str, float]:
    """For each kind the strength under which what is written in families left out is likeliest."""
    likely: dict[tuple[str, float], list[float]] = defaultdict(list)
    for part in range(PARTS):
        rest = [(each.family, each.sequence) for each in train if _part(each.family) != part]
        known = counts.fit(rest, {})
        for example in train:
            for position in written(example.sequence) if _part(example.family) == part else ():
                token = example.sequence.tokens[position]
                for strength in STRENGTHS:
                    scorer = counts.Counts(known.tables, {token.kind: strength}, known.models)
                    score = scorer.log_probabilities(example.sequence, position, [token.value])[0]
                    likely[token.kind, strength].append(score)
    best = {}
    for kind in ELEMENTS:
        means = {strength: float(np.mean(likely[kind, strength])) for strength in STRENGTHS if likely[kind, strength]}
        if means:
            best[kind] = max(means, key=lambda strength: (means[strength], strength))
            print(f"{kind}: strength {best[kind]:g}, mean log-probability {means[best[kind]]:.3f}")
    return best


def _part(family: str) -> int:
    return int(hashlib.sha256(f"part {family}".encode()).hexdigest(), 16) % PARTS
