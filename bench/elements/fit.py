"""Count the training share of a corpus; how strong the more general contexts are is chosen on families left out."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench.elements.holes import accuracy, holes
from netmend.corpus.records import Example, read
from netmend.repairs.program.infill import counts

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
PARTS = 5
"""One family in so many, by a hash of its name, is left out of the training share to choose the strength."""


def fit(corpus: Path) -> None:
    """Write the counts that come with the package."""
    train = list(read(corpus, "train"))
    strength = chosen(train)
    found = counts.fit((each.sequence for each in train), strength)
    found.write(counts.SHIPPED)
    size = counts.SHIPPED.stat().st_size
    print(f"{found.models} models, strength {strength:g}, {size / 1e6:.2f} MB: {counts.SHIPPED}")


def chosen(train: list[Example]) -> float:
    """The strength with the best macro mean of the first value on the families left out."""
    left_out = [each for each in train if _part(each.family) == 0]
    rest = [each.sequence for each in train if _part(each.family) != 0]
    known = counts.fit(rest, 1.0)
    scores = {}
    for strength in STRENGTHS:
        found = list(holes(left_out, counts.Counts(known.tables, strength, known.models)))
        scores[strength] = accuracy(found, 1)["macro"]
        print(f"strength {strength:g}: macro top-1 {scores[strength]:.4f} on {len(found)} elements left out")
    return max(scores, key=lambda strength: (scores[strength], -strength))


def _part(family: str) -> int:
    return int(hashlib.sha256(f"part {family}".encode()).hexdigest(), 16) % PARTS
