"""Programs with elements hidden, as batches for training: typed masking at three rates, whole layers among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bench.elements.network import Batch
from netmend.program.sequence.read import AFTER, WORD, Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, OTHER, UNKNOWN
from netmend.repairs.program.infill._slots import ANY, SYMBOLS, WRITTEN, slots, symbols, told

NUMBERS: Mapping[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS)}
_KINDS = tuple(KINDS)
KIND_NUMBERS: Mapping[str, int] = {kind: number for number, kind in enumerate(_KINDS)}

RATES = (0.1, 0.2, 0.4)
"""Shares of the elements that are hidden, one of them drawn for each program (the feasibility study's choice)."""

TRAINING = ("optimiser", "learning-rate", "loss", "metric", "epochs", "batch-size")
"""Elements that a program has once, where layers and activations are many: hidden twice as often."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program with all that does not depend on what is hidden.

    Attributes:
        slots: how many. order: as in `Batch`.
        place: pairs of slot and symbol that are never hidden, shape (n, 2).
        positions: per facet (a token that is no word) its position in the sequence.
        slot, kind, value, default: per facet its slot, kind, symbol, and the symbol that says "default", -1 without.
        chance: per facet how often it is hidden, as a multiple of the rate.
        told: per facet the facets that would tell what it is.
        words: numbers of the words before and after.
    """

    slots: int
    order: NDArray[np.int64]
    place: NDArray[np.int64]
    positions: NDArray[np.int64]
    slot: NDArray[np.int64]
    kind: NDArray[np.int64]
    value: NDArray[np.int64]
    default: NDArray[np.int64]
    chance: NDArray[np.float64]
    told: tuple[tuple[int, ...], ...]
    words: tuple[NDArray[np.int64], NDArray[np.int64]]


def prepared(sequence: Sequence, words: Mapping[str, int]) -> Prepared:
    """A sequence, prepared. Words that are not known are left out."""
    found = slots(sequence)
    place = [(0, NUMBERS[f"framework={sequence.framework}"]), (1, NUMBERS["words"]), (2, NUMBERS["words-after"])]
    place += [(number, NUMBERS[symbol]) for number, slot in enumerate(found, 3) for symbol in slot.place]
    facets = [(number, position) for number, slot in enumerate(found, 3) for position in slot.positions]
    index = {position: facet for facet, (_, position) in enumerate(facets)}
    tokens = [sequence.tokens[position] for _, position in facets]
    said = [symbols(sequence, position) for _, position in facets]
    return Prepared(
        len(found) + 3,
        np.array([-1, -1, -1, *(slot.number for slot in found)]),
        np.array(place),
        np.array([position for _, position in facets]),
        np.array([slot for slot, _ in facets]),
        np.array([KIND_NUMBERS[token.kind] for token in tokens]),
        np.array([NUMBERS[each[0]] for each in said]),
        np.array([NUMBERS[each[1]] if len(each) > 1 else -1 for each in said]),
        np.array([_chance(token.kind, token.value, token.given) for token in tokens]),
        tuple(tuple(index[other] for other in told(sequence, position)) for _, position in facets),
        (_numbers(sequence, WORD, words), _numbers(sequence, AFTER, words)),
    )


def _chance(kind: str, value: str, given: bool) -> float:
    """How often a token is hidden: elements by the rate, what is a default or no element less often."""
    if value == UNKNOWN:
        return 0.0
    if kind not in ELEMENTS:
        return 0.3
    if not given:
        return 0.2 if kind == "initialiser" else 0.5
    return 2.0 if kind in TRAINING else 1.0


def _numbers(sequence: Sequence, kind: str, words: Mapping[str, int]) -> NDArray[np.int64]:
    known = (words[token.value] for token in sequence.tokens if token.kind == kind and token.value in words)
    return np.array(list(known), np.int64)


@dataclass(frozen=True, slots=True)
class Masked:
    """A program with something hidden: pairs of slot and symbol, and per hole slot, kind, symbol and weight."""

    program: Prepared
    pairs: NDArray[np.int64]
    holes: Several[tuple[int, int, int, float]]
    words: tuple[NDArray[np.int64], NDArray[np.int64]]


def asked(program: Prepared, facet: int) -> Masked:
    """One facet hidden by itself, as a scorer is asked."""
    return _masked(program, np.array([facet]), program.default[[facet]] < 0, program.words)


def drawn(program: Prepared, random: np.random.Generator) -> Masked:
    """Some facets and words hidden at random."""
    rate = random.choice(RATES)
    hidden = np.flatnonzero(random.random(len(program.slot)) < rate * program.chance)
    if not len(hidden):
        hidden = random.choice(len(program.slot), 1, p=program.chance / program.chance.sum())
    written = (program.default[hidden] < 0) & (random.random(len(hidden)) < 0.75)
    dropped = random.random() ** 2 if random.random() < 0.8 else 1.0
    words = tuple(each[random.random(len(each)) >= dropped] for each in program.words)
    return _masked(program, hidden, written, (words[0], words[1]))


def _masked(
    program: Prepared, hidden: NDArray[np.int64], written: NDArray[np.bool_], words: tuple[NDArray[np.int64], ...]
) -> Masked:
    gone = {facet for each in hidden for facet in program.told[each]}
    rate = KIND_NUMBERS["learning-rate"]
    shown = np.ones(len(program.slot), bool)
    shown[hidden] = False
    shown[list(gone)] = False
    pairs = [program.place, np.stack([program.slot[shown], program.value[shown]], 1)]
    defaults = shown & (program.default >= 0)
    pairs.append(np.stack([program.slot[defaults], program.default[defaults]], 1))
    holes, masks = [], []
    for facet, is_written in zip(hidden, written, strict=True):
        if facet in gone:
            continue
        kind = _KINDS[program.kind[facet]]
        masks.append((program.slot[facet], NUMBERS[f"{kind}={WRITTEN if is_written else ANY}"]))
        weight = 1.0 if kind in ELEMENTS else 0.3
        holes.append((int(program.slot[facet]), int(program.kind[facet]), int(program.value[facet]), weight))
    for facet in gone:
        if program.kind[facet] == rate:
            masks.append((program.slot[facet], NUMBERS[f"learning-rate={ANY}"]))
    together = np.concatenate([*pairs, np.array(masks, np.int64).reshape(-1, 2)])
    return Masked(program, together[np.argsort(together[:, 0], kind="stable")], holes, (words[0], words[1]))


def batch_of(programs: Iterable[Masked]) -> Batch:
    """Programs together, those with fewer slots filled up with empty ones."""
    programs = list(programs)
    most = max(each.program.slots for each in programs)
    widest = max((len(side) for each in programs for side in each.words), default=0)
    order = np.full((len(programs), most), -1)
    there = np.zeros((len(programs), most), bool)
    words = np.zeros((len(programs), 2, widest), np.int64)
    symbols, counts, holes = [], [], []
    for row, each in enumerate(programs):
        order[row, : each.program.slots] = each.program.order
        there[row, : each.program.slots] = True
        for side in range(2):
            words[row, side, : len(each.words[side])] = each.words[side]
        symbols.append(each.pairs[:, 1])
        counts.append(np.bincount(each.pairs[:, 0], minlength=most))
        holes += [(row * most + slot, kind, target, weight) for slot, kind, target, weight in each.holes]
    lengths = np.concatenate(counts)
    where = np.array([hole[:3] for hole in holes], np.int64).reshape(-1, 3)
    return Batch(
        torch.from_numpy(np.concatenate(symbols)),
        torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]])),
        torch.from_numpy(order),
        torch.from_numpy(there),
        torch.from_numpy(words),
        torch.from_numpy(where[:, 0]),
        torch.from_numpy(where[:, 1]),
        torch.from_numpy(where[:, 2]),
        torch.tensor([hole[3] for hole in holes]),
    )


def of_kind() -> torch.Tensor:
    """Which symbols a hole of a kind may be: shape (kinds, symbols)."""
    allowed = torch.zeros(len(KINDS), len(SYMBOLS), dtype=torch.bool)
    for kind, known in KINDS.items():
        for value in (*known.values, OTHER):
            allowed[KIND_NUMBERS[kind], NUMBERS[f"{kind}={value}"]] = True
    return allowed
