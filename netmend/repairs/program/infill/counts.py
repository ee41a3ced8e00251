"""How often each value stood in such a place: counts with back-off, without anything learned.

For every kind of element there is a chain of contexts, from "anywhere" to "the output of a net with one output and a
binary cross-entropy". The chance of a value in a context is its share of what was counted there, mixed with its chance
in the next more general context; the more different values a context has shown, the more the general one counts (Witten
and Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37, 1991, method C, times a factor). At
the bottom every value of the vocabulary is equally likely.

What n programs of one family of authors have in common counts as the square root of n sightings: authors repeat
themselves. Own measurement on families left out: the right value is likelier than with n sightings for each of the
nine kinds.

A place where something is written is compared with places where something was written; a place that has its default is
compared with all places, as what should be written there is asked.

References:
    Restoring hidden elements: Wang et al., "Element-based automated DNN repair with fine-tuned masked language model",
    FSE 2025. That conditional counts are hard to beat: own measurement, `python -m bench.elements restoration`.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
Table = Mapping[str, Mapping[str, float]]
"""From a context, its parts joined by bars, to how often each value stood there, damped by family."""


@dataclass(frozen=True)
class Counts:
    """The tables.

    Attributes:
        tables: by kind and by what was counted ("written" values, or "any"), one for each level of contexts.
        strengths: by kind, how many sightings a more general context counts for, for each value that was seen.
        models: how many were counted.
    """

    tables: Mapping[str, Mapping[str, tuple[Table, ...]]]
    strengths: Mapping[str, float]
    models: int

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        token = sequence.tokens[position]
        values = KINDS[token.kind].tokens
        chances = np.full(len(values), 1 / len(values))
        strength = self.strengths.get(token.kind, 1.0)
        tables = self.tables.get(token.kind, {}).get(WRITTEN if token.given else ANY, ())
        for table, context in zip(tables, contexts(hidden(sequence, position), position), strict=False):
            seen = table.get("|".join(context), {})
            counts = np.array([seen.get(value, 0) for value in values], float)
            general = strength * max(1, int(np.count_nonzero(counts)))
            chances = (counts + general * chances) / (counts.sum() + general)
        logarithms = np.log(chances)
        return np.array([logarithms[values.index(each)] for each in candidates])

    def write(self, path: Path) -> None:
        """Write the file, the same counts always to the same bytes."""
        content = {"format": FORMAT, "models": self.models, "strengths": self.strengths, "tables": self.tables}
        path.write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


def fit(programs: Iterable[tuple[str, Sequence]], strengths: Mapping[str, float], least: int = 2) -> Counts:
    """Count.

    Args:
        programs: family of authors and sequence of each. strengths: see `Counts`; 1 for kinds that are not named.
        least: a context that was met less often is left out, unless it is that of all places.
    """
    found: dict[tuple[str, str, int], dict[str, Counter[tuple[str, str]]]] = defaultdict(lambda: defaultdict(Counter))
    models = 0
    for family, sequence in programs:
        models += 1
        for position in sequence.positions(*ELEMENTS):
            token = sequence.tokens[position]
            if token.value == UNKNOWN:
                continue
            chain = contexts(hidden(sequence, position), position)
            for what in (WRITTEN, ANY) if token.given else (ANY,):
                for level, context in enumerate(chain):
                    found[token.kind, what, level]["|".join(context)][token.value, family] += 1
    tables = {kind: {what: tuple(_tables(found, kind, what, least)) for what in (WRITTEN, ANY)} for kind in ELEMENTS}
    return Counts(tables, strengths, models)


def _tables(
    found: Mapping[tuple[str, str, int], Mapping[str, Counter[tuple[str, str]]]], kind: str, what: str, least: int
) -> Iterator[Table]:
    """The tables of a kind, level by level."""
    level = 0
    while (kind, what, level) in found:
        contexts_there = found[kind, what, level].items()
        yield {context: _damped(met) for context, met in contexts_there if not context or met.total() >= least}
        level += 1


def _damped(met: Counter[tuple[str, str]]) -> dict[str, float]:
    """How often each value was met: of each family the square root, together."""
    values: dict[str, float] = defaultdict(float)
    for (value, _), times in met.items():
        values[value] += math.sqrt(times)
    return {value: round(times, 2) for value, times in values.items()}


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
        return Counts(tables, found["strengths"], found["models"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "install netmend again, or make it anew with: python -m bench.elements fit"
        raise EnvironmentFault(f"the counts cannot be read: {error}", where=str(path), hint=hint) from error


kind = ScorerKind(open=read)
