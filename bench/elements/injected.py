"""One element of a correct program replaced: is it found, and how soon does what was there come up in the queue?

The protocol is the one of our feasibility study: of one written element the value is replaced by one of the eight
commonest others of its kind. The score of an element is log p(best value) - log p(present value); the queue holds the
changes of all elements by log p(new) - log p(present). Elements are of the six kinds that faults are injected into.
Values that a program's framework has not are never tried.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace

import numpy as np

from bench.elements.holes import written
from netmend.corpus.records import Example
from netmend.program.sequence.read import Sequence
from netmend.repairs.program.infill._base import Scorer, candidates

FAULTY = ("activation", "loss", "optimiser", "learning-rate", "epochs", "batch-size")
"""The kinds of the elements that are replaced."""

COMMONEST = 8
"""A fault's value is one of so many."""

LEAST = 5
"""Programs with fewer elements are left out: in them the first three are nearly all (own choice)."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A program with a fault: where it is, and what was there before."""

    family: str
    sequence: Sequence
    position: int
    right: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a scorer says of a program with a fault.

    Attributes:
        kind: of the faulty element. family: of the program's author. elements: how many could be at fault.
        element: rank of the faulty element, from 1. fix: rank of the exact fix in the queue, from 1.
    """

    kind: str
    family: str
    elements: int
    element: int
    fix: int


def commonest(sequences: Iterable[Sequence]) -> dict[str, tuple[str, ...]]:
    """For each kind the values that are written most often, the commonest first."""
    times: dict[str, Counter[str]] = defaultdict(Counter)
    for sequence in sequences:
        for position in elements(sequence):
            token = sequence.tokens[position]
            times[token.kind][token.value] += 1
    return {kind: tuple(value for value, _ in found.most_common()) for kind, found in times.items()}


def elements(sequence: Sequence) -> tuple[int, ...]:
    """The positions of the elements that could be at fault."""
    return tuple(position for position in written(sequence) if sequence.tokens[position].kind in FAULTY)


def injected(examples: Iterable[Example], common: Mapping[str, Several[str]], draws: int) -> Iterator[Injected]:
    """Each program so many times with a fault, each time in an element of its own drawing.

    What is drawn depends on the program alone, so that all scorers see the same faults.
    """
    for example in examples:
        sequence = example.sequence
        places = elements(sequence)
        if len(places) < LEAST:
            continue
        name = f"{example.repository} {example.path} {sequence.tokens}"
        random = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:16], 16))
        for position in random.permutation(places)[:draws]:
            token = sequence.tokens[position]
            legal = candidates(token.kind, sequence.framework)
            others = [each for each in common[token.kind] if each != token.value and each in legal][:COMMONEST]
            if not others:
                continue
            wrong = replace(token, value=str(random.choice(others)))
            tokens = (*sequence.tokens[:position], wrong, *sequence.tokens[position + 1 :])
            yield Injected(example.family, replace(sequence, tokens=tokens), int(position), token.value)


def found(faults: Iterable[Injected], scorer: Scorer) -> Iterator[Found]:
    """What a scorer says of each."""
    for fault in faults:
        sequence = fault.sequence
        gains: dict[int, float] = {}
        queue: list[tuple[float, int, str]] = []
        for position in elements(sequence):
            token = sequence.tokens[position]
            values = [each for each in candidates(token.kind, sequence.framework) if each != token.value]
            *scores, present = scorer.log_probabilities(sequence, position, [*values, token.value])
            queue += [(float(score - present), position, value) for score, value in zip(scores, values, strict=True)]
            gains[position] = float(max(scores) - present)
        # Of what gains as much the first one in the program and its vocabulary comes first.
        order = sorted(gains, key=lambda position: -gains[position])
        changes = [change for _, *change in sorted(queue, key=lambda each: -each[0])]
        exact = [fault.position, fault.right]
        fix = changes.index(exact) if exact in changes else len(changes)
        yield Found(
            sequence.tokens[fault.position].kind,
            fault.family,
            len(gains),
            1 + order.index(fault.position),
            1 + fix,
        )
