"""The shape of a scorer: how likely each candidate is to stand at a position of a program's sequence.

Every scorer ranks the same closed sets of legal candidates, so scorers can be compared, mixed and replaced. The gain of
a change is log p(new) - log p(present); how unlikely what stands there is, is -log p(present).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netmend.program.elements import loss, metric
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import DEFAULT, KINDS, UNKNOWN

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
class ScorerKind:
    """One way of scoring.

    Attributes:
        open: the scorer in a file; the one that comes with the package if none is named.
            Raises `netmend.core.errors.EnvironmentFault` where it cannot be read.
    """

    open: Callable[[Path | None], Scorer]


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
