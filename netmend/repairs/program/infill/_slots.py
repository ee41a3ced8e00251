"""A program's sequence as the encoder sees it: one slot for each layer with all that it says, one for each other token.

A slot is a bag of symbols: the values of its tokens, that a value is a default, the part the layer plays, how far it is
from the first and the last layer. So a program of ten layers has about twenty slots instead of a hundred tokens.

What is hidden is replaced by a symbol that says only of which kind it is, and whether something written is asked for or
anything. With the type of a layer everything goes that only layers of some types have, down to which arguments there
are (`hidden` in `_base.py` keeps the tokens, whose kinds would tell); so does an activation that is a default, because
it is the type's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from netmend.program.sequence.read import AFTER, WORD, Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill._base import OF_LAYER

FARTHEST = 12
"""Layers farther than this from an end are all equally far (own choice: nine of ten programs have fewer layers)."""

WRITTEN, ANY = "[written]", "[any]"
"""What stands in place of a hidden value: something that was written is asked for, or anything."""

FRAME, WORDS_BEFORE, WORDS_AFTER = range(3)
"""The first slots: the framework, the words before the last layer, those after it."""

_FIXED = (
    *(f"framework={name}" for name in ("keras", "torch")),
    "words",
    "words-after",
    *(f"role={role}" for role in ("input", "hidden", "output")),
    *(f"{end}={distance}" for end in ("start", "end") for distance in range(FARTHEST + 1)),
)
SYMBOLS = (
    *_FIXED,
    *(f"{kind}={value}" for kind, known in KINDS.items() for value in (*known.tokens, WRITTEN, ANY)),
    *(f"{kind}*" for kind in KINDS),
)
"""All symbols; "kind*" says that a value is a default."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot.

    Attributes:
        positions: of its tokens in the sequence.
        place: its symbols that are never hidden: role and distances from the ends.
        number: of the layer, from 0; -1 for a slot that is no layer.
    """

    positions: tuple[int, ...]
    place: tuple[str, ...]
    number: int


def slots(sequence: Sequence) -> tuple[Slot, ...]:
    """The slots of a sequence behind the first three, in order; words are in none of them."""
    groups = list(_groups(sequence))
    layers = sum(_in_layer(sequence, group) for group in groups)
    found, number = [], 0
    for group in groups:
        if not _in_layer(sequence, group):
            found.append(Slot(tuple(group), (), -1))
            continue
        role = sequence.roles[group[0]]
        start, end = min(number, FARTHEST), min(layers - 1 - number, FARTHEST)
        place = (*((f"role={role}",) if role else ()), f"start={start}", f"end={end}")
        found.append(Slot(tuple(group), place, number))
        number += 1
    return tuple(found)


def framing(framework: str) -> tuple[tuple[str, ...], ...]:
    """The symbols of the first three slots."""
    return (f"framework={framework}",), ("words",), ("words-after",)


def symbols(sequence: Sequence, position: int) -> tuple[str, ...]:
    """The symbols of a token that is seen."""
    token = sequence.tokens[position]
    value = f"{token.kind}={token.value}"
    return (value,) if token.given else (value, f"{token.kind}*")


def told(sequence: Sequence, position: int) -> tuple[int, ...]:
    """The positions of what must not be seen where the token at a position is asked for, because it would tell."""
    tokens = sequence.tokens
    kind = tokens[position].kind
    after = range(position + 1, len(tokens))
    if kind == "layer":
        own = tuple(takewhile(lambda index: tokens[index].kind in OF_LAYER, after))
        activation = position + len(own) + 1
        is_default = activation < len(tokens) and tokens[activation].kind == "activation"
        return (*own, activation) if is_default and not tokens[activation].given else own
    if kind == "optimiser":
        return tuple(index for index in after if tokens[index].kind == "learning-rate" and not tokens[index].given)
    return ()


def _groups(sequence: Sequence) -> list[list[int]]:
    """A layer and what belongs to it, an activation behind it included; every other token by itself."""
    groups: list[list[int]] = []
    for position, token in enumerate(sequence.tokens):
        if token.kind in (WORD, AFTER):
            continue
        kinds = [sequence.tokens[index].kind for index in groups[-1]] if groups else []
        belongs = token.kind in OF_LAYER or token.kind == "activation"
        if belongs and kinds and kinds[0] == "layer" and "activation" not in kinds:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def _in_layer(sequence: Sequence, group: list[int]) -> bool:
    return sequence.tokens[group[0]].kind in ("layer", "activation")
