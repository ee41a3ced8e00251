"""Elements of the layers of a Keras program: layer, activation, initialiser, regulariser, units and dropout rate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from netmend.program.reading.bindings import Bindings, Call
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_activations import activation_draft, activation_layer_draft, applied_activations
from netmend.program.reading.keras_initialisers import initialiser_draft
from netmend.program.reading.keras_names import ACTIVATION_LAYERS, BIAS, DROPOUTS, LAYERS, Layer, Slot, layer_class
from netmend.program.reading.keras_penalties import regulariser, spelled_regulariser
from netmend.program.reading.keras_rewrite import layer_form, write_layer
from netmend.program.reading.keras_structure import Position, Structure
from netmend.program.reading.keras_values import Meaning, Spell, absent_draft, in_layer, number_draft, replacing
from netmend.program.reading.vocabularies import keras_vocabulary_drafts


def layer_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """The elements of every layer, in the order of the text."""
    functions = list(applied_activations(bindings, structure))
    applied = {layer.node for _, layer in functions if layer is not None}
    for call, name in structure.layers.values():
        position = structure.position(call)
        owner = name if position.number is None else f"{name} {position.number + 1}"
        for draft in _drafts(bindings, structure, call, name, owner, applied):
            yield in_layer(draft, position)
    for draft, layer in functions:
        position = Position(None, "hidden") if layer is None else structure.position(layer)
        yield in_layer(draft, position)


def _drafts(
    bindings: Bindings, structure: Structure, call: Call, name: str, owner: str, applied: set[ast.Call]
) -> Iterator[Draft]:
    form = "" if structure.wrapper(call) else layer_form(bindings, call)
    yield Draft("layer", call.site, call.site, name, owner, partial(write_layer, bindings, call, form), form=form)
    if not layer_class(call.name):
        return
    if name == "Activation" or name in ACTIVATION_LAYERS:
        yield activation_layer_draft(bindings, call, name, owner)
    if name in DROPOUTS:
        yield from _one(number_draft(bindings, call, "dropout-rate", "rate", 0, owner, None, False))
    elif bindings.argument(call, "dropout") is not None:
        yield from _one(number_draft(bindings, call, "dropout-rate", "dropout", None, owner, None, False))
    yield from keras_vocabulary_drafts(bindings, call, owner)
    kind = LAYERS.get(name)
    if kind is None:
        return
    if kind.width is not None:
        yield from _one(number_draft(bindings, call, "units", *kind.width, owner, None, True))
    hidden = structure.activated_later(call) or call.node in applied
    yield from _named(bindings, call, kind, owner, not hidden)


def _named(bindings: Bindings, call: Call, kind: Layer, owner: str, last_word: bool) -> Iterator[Draft]:
    """Activation, initialiser and regulariser of a layer with weights.

    `last_word`: no activation is applied after the layer, so that one in it would not be a second one.
    """
    written = kind.activation is not None and bindings.argument(call, *kind.activation) is not None
    if kind.activation is not None and (written or last_word):
        yield from _one(activation_draft(bindings, call, kind.activation, kind.activates, owner))
    if kind.initialiser is not None:
        yield from _one(initialiser_draft(bindings, call, kind.initialiser, kind.initial, owner))
    if kind.initialiser is not None and kind.bias:
        yield from _one(initialiser_draft(bindings, call, BIAS, "zeros", owner, "bias-initialiser"))
    if kind.regulariser is not None:
        yield from _one(_regulariser(bindings, call, kind.regulariser, owner))


def _regulariser(bindings: Bindings, call: Call, slot: Slot, owner: str) -> Draft | None:
    spell: Spell = partial(spelled_regulariser, bindings)
    use = bindings.argument(call, *slot)
    if use is None:
        return absent_draft(bindings, call, "regulariser", slot[0], "none", owner, spell)
    meaning = Meaning(bindings, use)
    return Draft(
        "regulariser", use, meaning.target, regulariser(bindings, meaning), owner, replacing(spell), form=meaning.form
    )


def _one(draft: Draft | None) -> Iterator[Draft]:
    if draft is not None:
        yield draft
