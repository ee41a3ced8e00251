"""Layers added, removed and replaced, by how likely the layers are in each other's sight before and after.

A change of structure has no single hole whose fillings could be compared: what is likely there depends on whether there
is a layer at all. So the layers around the change are hidden one at a time, in the program as it is and in the changed
one, and the gain is the difference of the sums of their log-probabilities (the pseudo-log-likelihood of Besag,
"Statistical analysis of non-lattice data", The Statistician 24, 1975). A layer more is one chance more to pay for;
a change of layers pays in advance, because they are seldom at fault.
Arguments of a new layer are filled from left to right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.elements.layer import family
from netmend.program.sequence.layers import torch_layer
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import KINDS, UNKNOWN
from netmend.repairs.program.infill._base import Scorer
from netmend.repairs.program.infill._holes import applied, fillings, value_of

REACH = 2
"""Layers on each side whose chances count: those that a layer is counted or attended with (`_contexts`)."""

TORCH_FAMILIES = (
    ("LSTM", "GRU", "RNN"),
    ("MaxPool1d", "AvgPool1d"),
    ("MaxPool2d", "AvgPool2d"),
    ("MaxPool3d", "AvgPool3d"),
)
"""Modules that take the same first arguments (PyTorch reference, torch.nn)."""

_NORMALISATIONS = {"batch_normalization": "BatchNormalization", "layer_normalization": "LayerNormalization"}

_UNITS, _RELU = ("units", "units", "64"), ("activation", "activation", "relu")
_FILTERS, _KERNEL = ("units", "filters", "32"), ("kernel-size", "kernel_size", "3")
_ARGUMENTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Dense": (_UNITS, _RELU),
    "Conv1D": (_FILTERS, _KERNEL, _RELU),
    "Conv2D": (_FILTERS, _KERNEL, _RELU),
    "LSTM": (_UNITS,),
    "GRU": (_UNITS,),
    "Dropout": (("dropout-rate", "rate", "0.5"),),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "AveragePooling2D", "Flatten", "BatchNormalization"), ()),
    **dict.fromkeys(("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D"), ()),
}
"""What a new Keras layer is told: kind, name of the argument, and its value where the scorer knows nothing of it and no
layer before has one (those of the Keras guides). The rest is its default."""

AT_FAULT = math.log((58 - 7) / 7)
"""What a change of the layers has to make up for: they are at fault in 7 of the 58 programs of DeepFD (Cao et al., ICSE
2022, as its authors label them)."""


@dataclass(frozen=True, slots=True)
class Restructured:
    """One change of the layers.

    Attributes:
        assignment: what it puts where. sequence: of the changed program. gain: see the module.
        what: for a person: "Dropout behind Dense 1".
    """

    assignment: Mapping[str, Value]
    sequence: Sequence
    gain: float
    what: str


def restructured(
    scorer: Scorer, sequence: Sequence, elements: Several[Element], *, anew: bool = True
) -> Iterator[Restructured]:
    """Every change of the layers that the program's elements can take.

    Args:
        elements: as they read in the program that the sequence is of.
        anew: also layers that are made anew, with arguments of their own, in the place of others.
    """
    layers = {element.id: element for element in elements if element.kind == "layer"}
    blocks = {
        sequence.tokens[start].element: (start, end)
        for start, end in _blocks(sequence)
        if sequence.tokens[start].element in layers
    }
    numbers = {layers[identity].layer: identity for identity in blocks}
    for identity, (start, end) in blocks.items():
        yield from _replaced(scorer, sequence, layers[identity], start, end)
        if anew and layers[identity].framework == "keras":
            yield from _made_anew(scorer, sequence, layers[identity], start, end)
    for element in elements:
        if element.kind in ("dropout-rate", "normalisation", "layer-repeats") and element.layer in numbers:
            start, end = blocks[numbers[element.layer]]
            yield from _added(scorer, sequence, element, start, end)


def _blocks(sequence: Sequence) -> Iterator[tuple[int, int]]:
    """Where each layer begins, and where the next one does, or what follows the layers."""
    starts = sequence.positions("layer")
    for start, following in zip(starts, [*starts[1:], len(sequence)], strict=True):
        end = next((at for at in range(start, following) if not sequence.roles[at]), following)
        yield start, end


def _replaced(scorer: Scorer, sequence: Sequence, layer: Element, start: int, end: int) -> Iterator[Restructured]:
    """Without the layer, or as another one that takes its arguments."""
    options = values_of(layer)
    if None in options and layer.role != "output":
        without = _spliced(sequence, start, end, ())
        yield _compared(scorer, sequence, without, start, end, start, {layer.id: None}, f"without {layer.owner}")
    if layer.framework == "torch":
        for name, text in _torch_siblings(layer):
            found = _spliced(sequence, start, start + 1, (replace(sequence.tokens[start], value=torch_layer(name)),))
            yield _compared(
                scorer, sequence, found, start, end, end, {layer.id: text}, f"{name} in place of {layer.owner}"
            )
        return
    for name in family(str(layer.value)):
        found = _spliced(sequence, start, start + 1, (replace(sequence.tokens[start], value=name),))
        yield _compared(scorer, sequence, found, start, end, end, {layer.id: name}, f"{name} in place of {layer.owner}")


def _made_anew(scorer: Scorer, sequence: Sequence, layer: Element, start: int, end: int) -> Iterator[Restructured]:
    """Other layers, with arguments that are likely together; what layers before have comes first of equals."""
    if not layer.form or layer.role == "output":
        return
    before = {token.kind: token.value for token in sequence.tokens[:end]}
    for name, arguments in _ARGUMENTS.items():
        if name in (*family(str(layer.value)), layer.value):
            continue
        kinds = [kind for kind, _, _ in arguments]
        new = (replace(sequence.tokens[start], value=name), *(Token(kind, UNKNOWN) for kind in kinds))
        hole = _spliced(sequence, start, end, new)
        positions = range(start + 1, start + len(new))
        options = [_first(before.get(kind, usual), KINDS[kind].values) for kind, _, usual in arguments]
        tokens = fillings(scorer, hole, positions, options)[0].tokens if arguments else ()
        filled = _spliced(hole, start + 1, start + len(new), tuple(map(Token, kinds, tokens)))
        told = ", ".join(
            f"{argument}={value_of(kind, token)!r}"
            for (kind, argument, _), token in zip(arguments, tokens, strict=True)
        )
        what, text = f"{name} in place of {layer.owner}", f"keras.layers.{name}({told})"
        yield _compared(scorer, sequence, filled, start, end, start + len(new), {layer.id: text}, what)


def _added(scorer: Scorer, sequence: Sequence, element: Element, start: int, end: int) -> Iterator[Restructured]:
    """What an element that is not there yet would put behind a layer."""
    tokens: tuple[Token, ...]
    if element.kind == "dropout-rate" and element.absent:
        hole = _spliced(sequence, end, end, (Token("layer", "Dropout"), Token("dropout-rate", UNKNOWN)))
        usual = [KINDS["dropout-rate"].token(value) for value in values_of(element)]
        best = fillings(scorer, hole, (end + 1,), (_first(usual[0], usual),))
        rate = best[0].tokens[0]
        tokens = (Token("layer", "Dropout"), Token("dropout-rate", rate))
        yield _behind(scorer, sequence, tokens, end, {element.id: value_of("dropout-rate", rate)}, element)
    elif element.kind == "normalisation" and element.value == "none":
        for value, name in _NORMALISATIONS.items():
            yield _behind(scorer, sequence, (Token("layer", name),), end, {element.id: value}, element)
    elif element.kind == "layer-repeats" and element.form != "fixed" and isinstance(element.value, int):
        copy = tuple(replace(token, element="") for token in sequence.tokens[start:end] if token.given)
        kept = tuple(token for token in copy if token.kind not in ("input-rank", "input-width"))
        yield _behind(scorer, sequence, kept, end, {element.id: element.value + 1}, element)


def _behind(
    scorer: Scorer,
    sequence: Sequence,
    tokens: tuple[Token, ...],
    end: int,
    assignment: Mapping[str, Value],
    element: Element,
) -> Restructured:
    found = _spliced(sequence, end, end, tokens)
    what = f"{tokens[0].value} behind {element.owner}"
    return _compared(scorer, sequence, found, end, end, end + len(tokens), assignment, what)


def _compared(
    scorer: Scorer,
    before: Sequence,
    after: Sequence,
    start: int,
    end: int,
    new_end: int,
    assignment: Mapping[str, Value],
    what: str,
) -> Restructured:
    """The change of the tokens from `start` to `end`, which are those to `new_end` afterwards."""
    gain = _likelihood(scorer, after, start, new_end) - _likelihood(scorer, before, start, end) - AT_FAULT
    return Restructured(assignment, applied(after, assignment), gain, what)


def _likelihood(scorer: Scorer, sequence: Sequence, start: int, end: int) -> float:
    """The sum of the log-probabilities of the layers from `start` to `end` and of `REACH` on each side."""
    layers = sequence.positions("layer")
    before = [at for at in layers if at < start][-REACH:]
    after = [at for at in layers if at >= end][:REACH]
    around = [*before, *(at for at in layers if start <= at < end), *after]
    return sum(float(scorer.log_probabilities(sequence, at, (sequence.tokens[at].value,))[0]) for at in around)


def _spliced(sequence: Sequence, start: int, end: int, tokens: tuple[Token, ...]) -> Sequence:
    """The sequence with other tokens in the place of some."""
    role = sequence.roles[start] if start < end else "hidden"
    return replace(
        sequence,
        tokens=(*sequence.tokens[:start], *tokens, *sequence.tokens[end:]),
        roles=(*sequence.roles[:start], *(role for _ in tokens), *sequence.roles[end:]),
    )


def _first(favourite: str, others: Several[str]) -> tuple[str, ...]:
    """Of options that are equally likely the first is taken."""
    return (favourite, *(each for each in others if each != favourite)) if favourite in others else tuple(others)


def _torch_siblings(layer: Element) -> Iterator[tuple[str, str]]:
    """Classes that take the arguments of a module, each with the text of the call."""
    for name in next((names for names in TORCH_FAMILIES if layer.value in names), ()):
        if name != layer.value:
            yield name, re.sub(rf"\b{layer.value}(?=\()", name, layer.text, count=1)
