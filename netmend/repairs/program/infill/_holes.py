"""Every place of a program as a hole: what a scorer expects there, and how unlikely what stands there is.

An element that is not written is a hole like any other: the sequence holds its default, and a value for it is an
argument that is missing. The gain of a change is log p(new) - log p(present) with all else as it is; of changes of
several elements it is the difference of what both sides are worth when all of them are hidden and filled in one after
another, each in sight of those before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, NONE, OTHER, UNKNOWN
from netmend.repairs.program.infill._base import Scorer, Scores, candidates

WIDTH = math.log(2)
"""Numbers within a factor of two are much the same to a training: the doubling and halving of the published search
space (Kim et al., ICST 2023, table 2)."""

FURTHEST = -100.0
"""Nats that a number loses at most: beyond that all are equally strange, and chances can still be computed with."""

BEAM = 3
"""Partial fillings that are gone on with: as many as values of one position are queued. Own choice."""

ASKED = frozenset(ELEMENTS) | {"units", "dropout-rate", "input-scaling"}
"""Kinds that are looked at: the nine elements, and what of the rest a model can know from names and neighbours."""

_MAY_BE_ABSENT = frozenset({"activation", "initialiser"})
_FRACTIONS = frozenset({"learning-rate", "dropout-rate", "validation-split"})


@dataclass(frozen=True, slots=True)
class About:
    """A scorer as a repair sees it: 8 epochs are no stranger than 10, and no activation is a choice like any other.

    The chance of a number is the sum of those of all numbers, each times a Gaussian of their distance on a log scale.
    It is that of a value about as large; these chances do not add up to 1. Where nothing written is a value too, what
    is written is compared with all places, and not with those alone where something is. All else is as the scorer says.
    """

    scorer: Scorer

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `netmend.repairs.program.infill._base.Scorer.log_probabilities`, but for what the class says."""
        token = sequence.tokens[position]
        vocabulary = KINDS[token.kind]
        if token.kind in _MAY_BE_ABSENT and token.given:
            anywhere = replace(token, given=False)
            tokens = (*sequence.tokens[:position], anywhere, *sequence.tokens[position + 1 :])
            sequence = replace(sequence, tokens=tokens)
        if not vocabulary.grid:
            return self.scorer.log_probabilities(sequence, position, candidates)
        found = self.scorer.log_probabilities(sequence, position, vocabulary.tokens)
        if not np.ptp(found):
            return self.scorer.log_probabilities(sequence, position, candidates)  # all alike: it knows nothing of them
        chances = np.exp(found)
        near = [[_nearness(one, other) for other in vocabulary.tokens] for one in candidates]
        scores: Scores = np.log(np.array(near) @ chances)
        return scores


@lru_cache(maxsize=4096)
def _nearness(one: str, other: str) -> float:
    """1 for equal tokens, 0 for such as are no numbers above 0."""
    if one == other or not (is_known(one) and is_known(other)):
        return float(one == other)
    first, second = float(one), float(other)
    return math.exp(-((math.log(first / second) / WIDTH) ** 2) / 2) if first > 0 and second > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Guess:
    """One value for a hole: its token, the value an element takes, its chance and log p(it) - log p(present)."""

    token: str
    value: Value
    chance: float
    gain: float


@dataclass(frozen=True, slots=True)
class Hole:
    """One element of a program, hidden while all others are seen.

    Attributes:
        position: of its token. present: what stands there, as a token.
        chance: of what stands there; nan where its value cannot be told.
        rank: of what stands there among all candidates, from 1; 0 if it is none of them.
        guesses: the other candidates, likeliest first; of numbers only such as differ from what stands there, and
            from each other, by a factor of two or more.
    """

    position: int
    element: Element
    present: str
    chance: float
    rank: int
    guesses: tuple[Guess, ...]

    @property
    def surprise(self) -> float:
        """-log p(present), in nats: the anomaly score; 0 where it cannot be told."""
        return -math.log(self.chance) if self.chance > 0 else 0.0

    @property
    def gain(self) -> float:
        """Of the likeliest other value; -inf if there is none."""
        return self.guesses[0].gain if self.guesses else -math.inf


def holes(scorer: Scorer, sequence: Sequence, elements: Several[Element], *kinds: str) -> tuple[Hole, ...]:
    """A hole for each element that a token of the sequence stands for, in the order of the sequence.

    None for an element of which the scorer knows nothing: to it all values are alike.

    Args:
        scorer: `About` one, where numbers are to be compared by their size.
        elements: of the program. kinds: only holes of these; of `ASKED` if none is named.
    """
    known, seen, found = {element.id: element for element in elements}, set(), []
    for position, token in enumerate(sequence.tokens):
        # Inputs that are scaled already are scaled in some way of their own: there is no better one to expect.
        scaled = token.kind == "input-scaling" and token.value != NONE
        if token.kind in (kinds or ASKED) and not scaled and token.element in known and token.element not in seen:
            seen.add(token.element)
            found.append(_hole(scorer, sequence, position, known[token.element]))
    return tuple(hole for hole in found if hole is not None)


def _hole(scorer: Scorer, sequence: Sequence, position: int, element: Element) -> Hole | None:
    token = sequence.tokens[position]
    among = candidates(token.kind, sequence.framework)
    logs = scorer.log_probabilities(sequence, position, (*among, token.value))
    if not among or not np.ptp(logs[:-1]):
        return None
    present = math.nan if token.value == UNKNOWN else float(logs[-1]) + _beyond(token, element)
    said = dict(zip(among, map(float, logs[:-1]), strict=True))
    ranked = sorted(said, key=lambda each: -said[each])
    exact = scorer.scorer if isinstance(scorer, About) else scorer
    exactly = dict(zip(among, exact.log_probabilities(sequence, position, among), strict=True))
    usual = set(_apart(token.kind, token.value, sorted(among, key=lambda each: -exactly[each])))
    guesses = tuple(
        Guess(
            each, value_of(token.kind, each), math.exp(said[each]), 0.0 if math.isnan(present) else said[each] - present
        )
        for each in ranked
        if each in usual
    )
    rank = ranked.index(token.value) + 1 if token.value in said else 0
    return Hole(position, element, token.value, math.exp(present), rank, guesses)


def _beyond(token: Token, element: Element) -> float:
    """What a number loses, in nats, by lying beyond the grid of its token: a rate of 20 is stranger than one of 1."""
    grid, value = KINDS[token.kind].grid, element.value
    if not grid or isinstance(value, str | bool | None) or token.value != KINDS[token.kind].token(value) or value <= 0:
        return 0.0
    edge = min(max(value, min(each for each in grid if each > 0)), max(grid))
    return max(-((math.log(value / edge) / WIDTH) ** 2) / 2, FURTHEST)


def _apart(kind: str, present: str, ranked: Several[str]) -> Iterator[str]:
    """Other values than what stands there; of numbers none within a factor of two of it or of a more usual one."""
    taken = [present]
    for token in ranked:
        if not any(_same(kind, token, other) for other in taken):
            taken.append(token)
            yield token


def _same(kind: str, one: str, other: str) -> bool:
    if one == other or not KINDS[kind].grid or not (is_known(one) and is_known(other)):
        return one == other
    return float(one) * float(other) > 0 and abs(math.log(float(one) / float(other))) < WIDTH * 0.99


def value_of(kind: str, token: str) -> Value:
    """The canonical value of an element that a token of its kind stands for: "32" batches are 32, "0.1" is 0.1."""
    if KINDS[kind].grid:
        return float(token) if kind in _FRACTIONS else int(token)
    return {"true": True, "false": False}.get(token, token)


def applied(sequence: Sequence, assignment: Mapping[str, Value]) -> Sequence:
    """The sequence as it would be read with other values for some elements, which are written then.

    Layers stay what they are: what comes and goes with them is for `_structure` to say.
    """
    return replace(
        sequence,
        tokens=tuple(
            replace(token, value=KINDS[token.kind].token(assignment[token.element]), given=True)
            if token.element in assignment and token.kind in KINDS and token.kind != "layer"
            else token
            for token in sequence.tokens
        ),
    )


# Several at once


@dataclass(frozen=True, slots=True)
class Filling:
    """Values for several positions, in their order, and how much likelier they are together than what stands there."""

    tokens: tuple[str, ...]
    gain: float


def fillings(
    scorer: Scorer, sequence: Sequence, positions: Several[int], options: Several[Several[str]], width: int = BEAM
) -> tuple[Filling, ...]:
    """The best fillings of several positions, best first, without what stands there.

    All positions are hidden; they are filled in their order, each in sight of those before it, so that the product of
    the chances is that of all together. What stands there is followed beside the beam, so that both are compared in
    the same way.

    Args:
        options: for each position the tokens that may stand there. width: how many fillings are gone on with.
    """
    present = tuple(sequence.tokens[position].value for position in positions)
    beams: list[tuple[tuple[str, ...], float]] = [((), 0.0)]
    own = 0.0
    for at, position in enumerate(positions):
        own += _step(scorer, sequence, positions, present[:at], position, (present[at],))[0]
        grown = [
            ((*tokens, option), log + more)
            for tokens, log in beams
            for option, more in zip(
                options[at], _step(scorer, sequence, positions, tokens, position, options[at]), strict=True
            )
        ]
        beams = sorted(grown, key=lambda each: -each[1])[:width]
    return tuple(Filling(tokens, log - own) for tokens, log in beams if tokens != present)


def _step(
    scorer: Scorer,
    sequence: Sequence,
    positions: Several[int],
    filled: Several[str],
    position: int,
    options: Several[str],
) -> list[float]:
    """Log-probabilities at the next position, with those before it filled and those after it hidden."""
    values = dict(zip(positions, [*filled, *[UNKNOWN] * (len(positions) - len(filled))], strict=True))
    tokens = tuple(
        replace(token, value=values[index]) if index in values else token for index, token in enumerate(sequence.tokens)
    )
    return list(map(float, scorer.log_probabilities(replace(sequence, tokens=tokens), position, tuple(options))))


def alike(scorer: Scorer, sequence: Sequence, positions: Several[int], options: Several[str]) -> Iterator[Filling]:
    """Fillings that put the same value at every position, best first: what goes by the same rule is wrong together."""
    found = [fillings(scorer, sequence, positions, [(option,)] * len(positions), 1) for option in options]
    yield from sorted((each for one in found for each in one), key=lambda each: -each.gain)


def is_known(token: str) -> bool:
    """Whether a token is a value of its vocabulary and not a custom or unreadable one."""
    return token not in (OTHER, UNKNOWN)
