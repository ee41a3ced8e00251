"""What stood there in programs like this one: likeness by words and elements, nothing learned.

A program is compared with those that were read for training: by the words of its names, its elements, the order of its
layers. Features that few authors share weigh more, and the kind of element that is asked for is left out of the
comparison. Every program then speaks for what it has there, those most alike by far the loudest, prolific authors each
more quietly. That is weak for layers, whose place matters, and strong for what goes with the data at hand: batch
sizes, rates, metrics.

References:
    Weights of rare features: Sparck Jones, "A statistical interpretation of term specificity", Journal of Documentation
    28, 1972. Neighbours beside a learned model: Khandelwal et al., "Generalization through memorization: nearest
    neighbor language models", ICLR 2020.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import AFTER, WORD, Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, UNKNOWN
from netmend.repairs.program.infill._base import ScorerKind, Scores, hidden
from netmend.repairs.program.infill._safetensors import read as arrays_in
from netmend.repairs.program.infill._safetensors import write as write_arrays

SHIPPED = Path(__file__).with_name("neighbours.safetensors")
"""The programs that come with the package; `python -m bench.elements fit` makes them anew."""

FORMAT = "1"
"""Of the file."""

SHARPNESS = 16.0
"""A program whose cosine is larger by 1/16 speaks e times as loudly (own measurement on the validation share)."""

DAMPING = 0.5
"""A family with n programs speaks as n^(1 - 0.5), as in `counts.py`."""

PRIOR = 0.1
"""The share of what is common in all programs alike (own choice: no value is impossible)."""

COMMON = 0.1
"""The weight of a feature that every family has (own choice: little, but not nothing)."""

LEAST = 2
"""Features that fewer families share are left out: they are an author's own."""

_KINDS = tuple(KINDS)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The programs.

    Attributes:
        features: names of the features: "kind=value", or two layers that follow one another, "layer,layer".
        weights: of each feature, larger the fewer families share it.
        loudness: of each program.
        has: pairs of feature and program, shape (n, 2), features ascending.
        stood: rows of program, number of the kind, number of the value, and 2 · whether it was written + whether it
            stood in the output layer.
    """

    features: tuple[str, ...]
    weights: NDArray[Any]
    loudness: NDArray[Any]
    has: NDArray[Any]
    stood: NDArray[Any]

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        token = sequence.tokens[position]
        values = KINDS[token.kind].tokens
        program, value, often = self._places[token.kind, sequence.roles[position] == "output", token.given]
        loud = np.exp(SHARPNESS * self.likeness(hidden(sequence, position), token.kind))
        everywhere, near = (
            np.bincount(value, (weight * self.loudness)[program] * often, len(values)) + 1 / len(values)
            for weight in (np.ones_like(loud), loud / loud.mean())
        )
        chances = PRIOR * everywhere / everywhere.sum() + (1 - PRIOR) * near / near.sum()
        logarithms: Scores = np.log(chances)
        return logarithms[[values.index(each) for each in candidates]]

    def likeness(self, sequence: Sequence, kind: str) -> NDArray[np.float64]:
        """The cosine of a program with each of those that are known, without what is of a kind; shape (programs,)."""
        own = {self._numbers[name] for name in features(sequence, kind) if name in self._numbers}
        shared = np.zeros(len(self.loudness))
        for number in own:
            shared[self.has[self._starts[number] : self._starts[number + 1], 1]] += self.weights[number] ** 2
        length = math.sqrt(sum(self.weights[number] ** 2 for number in own))
        return shared / np.maximum(length * self._lengths[kind], 1e-9)

    def write(self, path: Path) -> None:
        """Write the file, the same programs always to the same bytes."""
        arrays = {"weights": self.weights.astype(np.float32), "loudness": self.loudness.astype(np.float32)}
        numbers = {"has": self.has.astype(np.uint16), "stood": self.stood.astype(np.uint16)}
        write_arrays(path, arrays | numbers, {"format": FORMAT, "features": json.dumps(self.features)})

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.features)}

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.searchsorted(self.has[:, 0], np.arange(len(self.features) + 1))

    @cached_property
    def _lengths(self) -> dict[str, NDArray[np.float64]]:
        """For each kind the lengths of all programs without it."""
        squares = np.square(self.weights)[self.has[:, 0]]
        of_kind = np.array([name.partition("=")[0] for name in self.features])[self.has[:, 0]]
        rest = {kind: np.where(_about(of_kind, kind), 0, squares) for kind in KINDS}
        return {kind: np.sqrt(np.bincount(self.has[:, 1], each, len(self.loudness))) for kind, each in rest.items()}

    @cached_property
    def _places(self) -> dict[tuple[str, bool, bool], tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """By kind, whether in the output layer, whether only what was written counts: programs, values, shares."""
        found = {}
        program, kind, value, how = self.stood.T.astype(np.int64)
        for number, name in enumerate(_KINDS):
            for output in (False, True):
                for written in (False, True):
                    there = (kind == number) & (how % 2 == output) & ((how >= 2) | (not written))
                    times = np.bincount(program[there], minlength=len(self.loudness))
                    found[name, output, written] = program[there], value[there], 1 / times[program[there]]
        return found


def features(sequence: Sequence, without: str) -> set[str]:
    """What a program is compared by, without what is of a kind."""
    layers = [token.value for token in sequence.tokens if token.kind == "layer"]
    found = {f"framework={sequence.framework}", *(f"layer,layer={one},{next}" for one, next in pairwise(layers))}
    for token in sequence.tokens:
        if token.value != UNKNOWN:
            found.add(f"{WORD if token.kind == AFTER else token.kind}={token.value}")
    return {name for name in found if not _about(name.partition("=")[0], without)}


def _about(kinds: Any, kind: str) -> Any:
    """Whether features speak of a kind; those of two layers, of layers."""
    return (kinds == kind) | ((kinds == "layer,layer") & (kind == "layer"))


def fit(programs: Iterable[tuple[str, Sequence]]) -> Neighbours:
    """Read programs.

    Args:
        programs: family of authors and sequence of each.
    """
    programs = list(programs)
    families = Counter(family for family, _ in programs)
    users: dict[str, set[str]] = defaultdict(set)
    all_features = [features(sequence, "") for _, sequence in programs]
    for (family, _), found in zip(programs, all_features, strict=True):
        for name in found:
            users[name].add(family)
    known = sorted(name for name, who in users.items() if len(who) >= LEAST)
    numbers = {name: number for number, name in enumerate(known)}
    has = sorted((numbers[name], row) for row, found in enumerate(all_features) for name in found if name in numbers)
    return Neighbours(
        tuple(known),
        np.array([math.log(len(families) / len(users[name])) + COMMON for name in known]),
        np.array([families[family] ** -DAMPING for family, _ in programs]),
        np.array(has).reshape(-1, 2),
        np.array([each for row, (_, sequence) in enumerate(programs) for each in _stood(row, sequence)]).reshape(-1, 4),
    )


def _stood(row: int, sequence: Sequence) -> Iterator[tuple[int, int, int, int]]:
    for position in sequence.positions(*ELEMENTS):
        token = sequence.tokens[position]
        if token.value != UNKNOWN:
            how = 2 * token.given + (sequence.roles[position] == "output")
            yield row, _KINDS.index(token.kind), KINDS[token.kind].index(token.value), how


@cache
def read(path: Path | None = None) -> Neighbours:
    """The programs in a file.

    Raises:
        EnvironmentFault: there is none, it is damaged, or of another version.
    """
    path = path or SHIPPED
    try:
        arrays, text = arrays_in(path)
        if text["format"] != FORMAT:
            raise ValueError(f"format {text['format']!r}, expected {FORMAT!r}")
        names = tuple(json.loads(text["features"]))
        return Neighbours(names, arrays["weights"], arrays["loudness"], arrays["has"], arrays["stood"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "install netmend again, or make it anew with: python -m bench.elements fit"
        raise EnvironmentFault(f"the known programs cannot be read: {error}", where=str(path), hint=hint) from error


kind = ScorerKind(open=read)
