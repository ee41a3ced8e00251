"""The shape of a scorer: how likely each candidate is to stand at a position of a program's sequence.

Every scorer ranks the same closed sets of legal candidates, so scorers can be compared, mixed and replaced. The gain of
a change is log p(new) - log p(present); how unlikely what stands there is, is -log p(present).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netmend.program.blame import Value
from netmend.program.elements import loss, metric
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import DEFAULT, KINDS, UNKNOWN
from netmend.program.source import Program

Scores = NDArray[np.float64]


class Scorer(Protocol):
    """What a model of programs says."""

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """Natural logarithm of the chance of each candidate at a position, given all else but what stands there.

        Args:
            sequence: a program. position: of one of its tokens that has a vocabulary.
            candidates: tokens of the kind's vocabulary; they need not be all of it.

        Returns:
            Shape (candidates,). Over the whole vocabulary the chances add up to 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class Filler:
    """Which scorer is to fill holes, and what it needs.

    Attributes:
        name: of the scorer; the default one if empty. model: file, folder or hub name of a model.
        endpoint: address of a server.
    """

    name: str = ""
    model: str = ""
    endpoint: str = ""


NO_FILLER = Filler()
"""The one that is taken where none is named."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that a filler asks for by itself: beyond the legal candidates, or of the whole program at once.

    Attributes:
        assignment: element id to value, as in `netmend.repairs.program.space`.
        gain: log p(new) - log p(present), or what the filler has in its place. reason: for a person.
    """

    assignment: Mapping[str, Value]
    gain: float
    reason: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a filler asks for, best first, and what became of its other answers.

    Attributes:
        refused: answers that are no changes, by why.
    """

    found: tuple[Wish, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


def _of_any_program(scorer: Any, program: Program) -> Scorer:
    opened: Scorer = scorer
    return opened


def _no_wishes(scorer: Any, program: Program) -> Wishes:
    return Wishes()


@dataclass(frozen=True, slots=True)
class ScorerKind:
    """One way of scoring.

    Attributes:
        open: the scorer in a file; the one that comes with the package if none is named.
            Raises `netmend.core.errors.EnvironmentFault` where it cannot be read.
        connect: opens it by all that a filler may name, where a file is not enough.
        of_program: the scorer that looks at a program's text, made from one that was opened.
        wishes: what it asks for by itself in a program; takes what `of_program` gave.
        tells: a sentence that is said before that, where something is sent to somebody; empty otherwise.
    """

    open: Callable[[Path | None], Scorer]
    connect: Callable[[Filler], Scorer] | None = None
    of_program: Callable[[Any, Program], Scorer] = _of_any_program
    wishes: Callable[[Any, Program], Wishes] = _no_wishes
    tells: Callable[[Any, Program], str] = lambda scorer, program: ""


_NO_VALUE = frozenset({DEFAULT})
# Where a framework has not every value of the vocabulary.
_LIMITED = {("loss", framework): frozenset(values) for framework, values in loss.VALUES.items()} | {
    ("metric", "keras"): frozenset(metric.VALUES),
    ("metric", "torch"): frozenset(),
}


def candidates(kind: str, framework: str) -> tuple[str, ...]:
    """What may legally be written at an element of a kind, in the order of the vocabulary."""
    allowed = _LIMITED.get((kind, framework))
    return tuple(
        value for value in KINDS[kind].values if value not in _NO_VALUE and (allowed is None or value in allowed)
    )


def hidden(sequence: Sequence, position: int) -> Sequence:
    """The sequence without what stands at a position: unknown there.

    With the type of a layer all that the layer says is hidden, because it would tell the type: a kernel size that of a
    convolution. With an optimiser its default rate is: it is that of the class.
    """
    tokens = list(sequence.tokens)
    kind = tokens[position].kind
    after = range(position + 1, len(tokens))
    doomed = {position}
    if kind == "layer":
        doomed |= set(takewhile(lambda index: tokens[index].kind in OF_LAYER, after))
    elif kind == "optimiser":
        doomed |= {index for index in after if tokens[index].kind == "learning-rate" and not tokens[index].given}
    found = (replace(each, value=UNKNOWN) if index in doomed else each for index, each in enumerate(tokens))
    return replace(sequence, tokens=tuple(found))


OF_LAYER = frozenset(
    {"input-rank", "input-width", "units", "kernel-size", "strides", "padding", "pool-size", "return-sequences",
     "dropout-rate", "initialiser", "bias-initialiser", "regulariser"}
)  # fmt: skip
"""What belongs to the layer before it and could belong to no layer of another type; an activation could."""
