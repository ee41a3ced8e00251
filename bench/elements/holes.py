"""Hidden elements: where they are, how a scorer ranks the right value, and how often it comes first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

import numpy as np

from netmend.corpus.records import Example
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, OTHER, UNKNOWN
from netmend.repairs.program.infill._base import Scorer, Scores

TOPS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Hole:
    """One hidden element.

    Attributes:
        kind: of the element. family: of its author. framework: of the program.
        rank: of the right value, from 1. sure: chance of the scorer's first choice. likely: logarithm of the chance of
            the right value.
    """

    kind: str
    family: str
    framework: str
    rank: int
    sure: float = 0.0
    likely: float = 0.0


@dataclass(frozen=True, slots=True)
class Frequency:
    """The scorer that knows nothing of a program: values by how often they are written."""

    counts: Mapping[str, Mapping[str, int]]

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `netmend.repairs.program.infill._base.Scorer.log_probabilities`; one sighting of each value is added."""
        kind = sequence.tokens[position].kind
        counts = self.counts.get(kind, {})
        total = sum(counts.values()) + len(KINDS[kind].tokens)
        return np.log([(counts.get(each, 0) + 1) / total for each in candidates])

    @classmethod
    def of(cls, sequences: Iterable[Sequence]) -> Frequency:
        """The frequencies of what is written in some programs."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for sequence in sequences:
            for token in sequence.tokens:
                if token.given and token.kind in ELEMENTS:
                    found[token.kind][token.value] += 1
        return cls(found)


def written(sequence: Sequence) -> Iterator[int]:
    """The positions of elements that are written and that their vocabulary can express."""
    for position in sequence.positions(*ELEMENTS):
        token = sequence.tokens[position]
        if token.given and token.value not in (OTHER, UNKNOWN):
            yield position


def holes(examples: Iterable[Example], scorer: Scorer) -> Iterator[Hole]:
    """Every element of `written`, hidden by itself, all others visible."""
    for example in examples:
        sequence = example.sequence
        for position in written(sequence):
            token = sequence.tokens[position]
            candidates = KINDS[token.kind].values
            scores = scorer.log_probabilities(sequence, position, candidates)
            # Of values that are as likely the first one of the vocabulary comes first.
            right = candidates.index(token.value)
            rank = 1 + int((scores > scores[right]).sum() + (scores[:right] == scores[right]).sum())
            sure, likely = float(np.exp(scores.max())), float(scores[right])
            yield Hole(token.kind, example.family, sequence.framework, rank, sure, likely)


def accuracy(found: Several[Hole], top: int) -> dict[str, float]:
    """The share of each kind's holes whose right value is among the first so many, and "macro", their mean."""
    by_kind = {
        kind: float(np.mean([hole.rank <= top for hole in found if hole.kind == kind]))
        for kind in ELEMENTS
        if any(hole.kind == kind for hole in found)
    }
    return by_kind | {"macro": float(np.mean(list(by_kind.values())))}


def interval(
    found: Several[Hole], top: int, beyond: Several[Hole] = (), draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """A 95 % interval of the macro mean by drawing families anew (Efron and Tibshirani, 1993, section 13.3).

    Families are drawn and not holes, because those of one author are alike.

    Args:
        beyond: what another scorer says of the same holes; then the interval is that of how far the means are apart.
    """
    means = _drawn(found, top, draws, seed)
    low, high = np.percentile(means - _drawn(beyond, top, draws, seed) if beyond else means, [2.5, 97.5])
    return float(low), float(high)


def _drawn(found: Several[Hole], top: int, draws: int, seed: int) -> Scores:
    """The macro mean of each draw of families; the same seed draws the same families."""
    random = np.random.default_rng(seed)
    families = sorted({hole.family for hole in found})
    hits, sizes = (np.zeros((len(families), len(ELEMENTS))) for _ in range(2))
    for hole in found:
        cell = families.index(hole.family), ELEMENTS.index(hole.kind)
        hits[cell] += hole.rank <= top
        sizes[cell] += 1
    means = []
    for _ in range(draws):
        drawn = random.integers(len(families), size=len(families))
        total = sizes[drawn].sum(0)
        means.append(np.mean(hits[drawn].sum(0)[total > 0] / total[total > 0]))
    return np.array(means)
