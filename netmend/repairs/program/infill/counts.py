"""How often each value stood in such a place: counts with back-off, without anything learned.

For every kind of element there is a chain of contexts, from "anywhere" to "the output of a net with one output and a
binary cross-entropy". The chance of a value in a context is its share of what was counted there, mixed with its chance
in the next more general context as if that had been seen `strength` times (a hierarchy of Dirichlet priors: MacKay and
Peto, "A hierarchical Dirichlet language model", Natural Language Engineering 1, 1995). At the bottom every value of the
vocabulary is equally likely.

A place where something is written is compared with places where something was written; a place that has its default is
compared with all places, as what should be written there is asked.

References:
    Restoring hidden elements: Wang et al., "Element-based automated DNN repair with fine-tuned masked language model",
    FSE 2025. That conditional counts are hard to beat: own measurement, `python -m bench.elements restoration`.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, UNKNOWN
from netmend.repairs.program.infill._base import ScorerKind, Scores, hidden
from netmend.repairs.program.infill._contexts import contexts

SHIPPED = Path(__file__).with_name("counts.json")
"""The counts that come with the package; `python -m bench.elements fit` makes them anew."""

FORMAT = 1
"""Of the file."""

WRITTEN, ANY = "written", "any"
Table = Mapping[str, Mapping[str, int]]
"""From a context, its parts joined by bars, to how often each value stood there."""


@dataclass(frozen=True)
class Counts:
    """The tables.

    Attributes:
        tables: by kind and by what was counted ("written" values, or "any"), one for each level of contexts.
        strength: how many sightings a more general context counts for.
        models: how many were counted.
    """

    tables: Mapping[str, Mapping[str, tuple[Table, ...]]]
    strength: float
    models: int

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        token = sequence.tokens[position]
        values = KINDS[token.kind].tokens
        chances = np.full(len(values), 1 / len(values))
        tables = self.tables.get(token.kind, {}).get(WRITTEN if token.given else ANY, ())
        for table, context in zip(tables, contexts(hidden(sequence, position), position), strict=False):
            seen = table.get("|".join(context), {})
            counts = np.array([seen.get(value, 0) for value in values], float)
            chances = (counts + self.strength * chances) / (counts.sum() + self.strength)
        logarithms = np.log(chances)
        return np.array([logarithms[values.index(each)] for each in candidates])

    def write(self, path: Path) -> None:
        """Write the file, the same counts always to the same bytes."""
        content = {"format": FORMAT, "models": self.models, "strength": self.strength, "tables": self.tables}
        path.write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


def fit(sequences: Iterable[Sequence], strength: float, least: int = 2) -> Counts:
    """Count.

    Args:
        sequences: of programs. strength: see `Counts`.
        least: a context that was met less often is left out, unless it is that of all places.
    """
    found: dict[str, dict[str, list[dict[str, Counter[str]]]]] = {kind: {WRITTEN: [], ANY: []} for kind in ELEMENTS}
    models = 0
    for sequence in sequences:
        models += 1
        for position in sequence.positions(*ELEMENTS):
            token = sequence.tokens[position]
            if token.value == UNKNOWN:
                continue
            chain = contexts(hidden(sequence, position), position)
            for what in (WRITTEN, ANY) if token.given else (ANY,):
                levels = found[token.kind][what]
                levels += [defaultdict(Counter) for _ in range(len(chain) - len(levels))]
                for level, context in zip(levels, chain, strict=False):
                    level["|".join(context)][token.value] += 1
    return Counts(
        {
            kind: {what: tuple(_kept(level, least) for level in levels) for what, levels in tables.items()}
            for kind, tables in found.items()
        },
        strength,
        models,
    )


def _kept(level: Mapping[str, Counter[str]], least: int) -> Table:
    return {context: dict(values) for context, values in level.items() if not context or sum(values.values()) >= least}


@cache
def read(path: Path | None = None) -> Counts:
    """The counts in a file.

    Raises:
        EnvironmentFault: there is none, it is damaged, or of another version.
    """
    path = path or SHIPPED
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']!r}, expected {FORMAT}")
        tables = {
            kind: {what: tuple(levels) for what, levels in of_kind.items()} for kind, of_kind in found["tables"].items()
        }
        return Counts(tables, found["strength"], found["models"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "install netmend again, or make it anew with: python -m bench.elements fit"
        raise EnvironmentFault(f"the counts cannot be read: {error}", where=str(path), hint=hint) from error


kind = ScorerKind(open=read)
