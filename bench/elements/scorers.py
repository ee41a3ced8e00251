"""The scorers that are compared."""

from __future__ import annotations

from pathlib import Path

from bench.elements.holes import Frequency
from netmend.corpus.records import read
from netmend.repairs.program.infill import mixture
from netmend.repairs.program.infill._base import Scorer


def scorers(corpus: Path) -> dict[str, Scorer]:
    """By name: how often values are written in the training share, and what comes with the package."""
    learned, counted, near = mixture.experts()
    return {
        "frequency": Frequency.of(each.sequence for each in read(corpus, "train")),
        "counts": counted,
        "neighbours": near,
        "encoder": learned,
        "mixture": mixture.read(None),
    }
