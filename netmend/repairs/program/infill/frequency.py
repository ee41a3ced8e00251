"""How often each value is written anywhere, whatever is around it: what every other scorer has to beat.

The most general of the contexts that are counted, and nothing else; where something is written, values are compared by
how often they are written, elsewhere by how often they hold. Each value has been seen once more than it was.

References:
    Plain frequency is the weakest baseline in `docs/elements-benchmark.md`.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill._base import Scorer, ScorerKind, Scores
from netmend.repairs.program.infill.counts import ANY, WRITTEN, Counts
from netmend.repairs.program.infill.counts import read as read_counts


@dataclass(frozen=True)
class Frequency:
    """The counts, of which the most general ones are used."""

    counts: Counts

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        token = sequence.tokens[position]
        levels = self.counts.tables.get(token.kind, {}).get(WRITTEN if token.given else ANY, ())
        seen = levels[0].get("", {}) if levels else {}
        total = sum(seen.values()) + len(KINDS[token.kind].tokens)
        return np.log([(seen.get(each, 0) + 1) / total for each in candidates])


def _open(path: Path | None) -> Scorer:
    return Frequency(read_counts(path))


kind = ScorerKind(open=_open)
