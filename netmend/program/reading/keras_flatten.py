"""The flattening before the first fully connected layer of a Keras model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.flattening import FLATTEN, NONE
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_insert import before, insertable
from netmend.program.reading.keras_names import DROPOUTS, layer_class
from netmend.program.reading.keras_spelling import sibling
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_values import in_layer

_KEEPS_PLACES = ("Activation", "BatchNormalization", "Input", "InputLayer", "LayerNormalization", "ReLU")
_PLACES = ("Conv", "SeparableConv", "DepthwiseConv", "MaxPool", "AveragePool", "Embedding", "ZeroPadding", "UpSampling")


def flattening_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """What follows layers that keep places first: a Flatten, or a Dense before which it is missing."""
    for calls in structure.models:
        places = False
        for call in calls:
            name = layer_class(call.name)
            if name in ("Dense", "Flatten") and places and insertable(bindings, call):
                position = structure.position(call)
                owner = name if position.number is None else f"{name} {position.number + 1}"
                write = partial(_write, bindings, call)
                value, start = (FLATTEN, None) if name == "Flatten" else (NONE, call.site.span[0])
                draft = Draft("flattening", call.site, call.site, value, owner, write, start)
                yield in_layer(draft, position)
            if name.startswith(_PLACES):
                places = True
            elif name not in _KEEPS_PLACES and name not in DROPOUTS:
                break


def _write(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    if value != FLATTEN:
        raise Unchangeable(f"{value!r} is no flattening", where=str(at.place))
    text, imports = sibling(bindings, Site(call.file, call.node.func), "keras.layers.Flatten")
    return (*before(bindings, call, f"{text}()"), *imports)
