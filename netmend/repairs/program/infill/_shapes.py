"""Whether the layers of a sequence fit each other, as far as the number of their axes tells.

The sequence has no more than that of an input and no branches, so this finds what cannot be: a convolution of pictures
behind a layer that has flattened them. What it cannot tell it lets pass; whether a program builds is found out by
building it (`netmend.training.build`).
"""

from __future__ import annotations

import re

from netmend.program.sequence.read import Sequence

_SIZED = re.compile(
    r"(Global)?(Max|Average)Pooling([123])D|(UpSampling|ZeroPadding|SpatialDropout|Cropping)([123])D"
    r"|(Separable|Depthwise)?Conv([123])D(Transpose)?"
)
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
_SAME = frozenset({
    "Dense", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "BatchNormalization", "LayerNormalization",
    "GroupNormalization", "UnitNormalization", "Normalization", "Rescaling", "Masking", "Identity", "Bidirectional",
})  # fmt: skip


def misfits(before: Sequence, after: Sequence) -> bool:
    """Whether a change of layers breaks what held before: each gets the axes it takes, and the output has as many.

    Where the program as it is seems not to fit either, its way through the layers is not understood, and nothing is
    said.
    """
    held, old = _through(before)
    holds, new = _through(after)
    return held and (not holds or (old != new and None not in (old, new)))


def _through(sequence: Sequence) -> tuple[bool, int | None]:
    """Whether all layers fit, and how many axes the output has beside that of the rows; None if that is unknown."""
    ranks = [token.value for token in sequence.tokens if token.kind == "input-rank"]
    rank = int(ranks[0]) if ranks and ranks[0].isdigit() else None
    starts = sequence.positions("layer")
    for start, following in zip(starts, [*starts[1:], len(sequence)], strict=True):
        layer = sequence.tokens[start].value
        told = {token.kind: token.value for token in sequence.tokens[start + 1 : following]}
        needs, rank = _step(layer, rank, told.get("return-sequences") == "true")
        if needs:
            return False, None
    return True, rank


def _step(layer: str, rank: int | None, sequences: bool) -> tuple[bool, int | None]:
    """Whether a layer takes another number of axes than it gets, and how many it gives."""
    sized = _SIZED.fullmatch(layer)
    if sized:
        needed = int(next(digit for digit in (sized[3], sized[5], sized[7]) if digit)) + 1
        return rank not in (None, needed), 1 if sized[1] else needed
    if layer in _RECURRENT:
        return rank not in (None, 2), 2 if sequences else 1
    if layer == "Embedding":
        return False, None if rank is None else rank + 1
    if layer == "RepeatVector":
        return rank not in (None, 1), 2
    if layer == "Flatten":
        return False, 1
    return False, rank if layer in _SAME else None
