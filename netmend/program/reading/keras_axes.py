"""The axis of a softmax of a Keras program, where it is stated: `Softmax(axis=0)`, `softmax(x, axis=0)`."""

from __future__ import annotations

from collections.abc import Iterator

from netmend.program.reading.bindings import Bindings, Call
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_activations import applied_activations
from netmend.program.reading.keras_structure import Position, Structure
from netmend.program.reading.keras_values import in_layer, number_draft

_SCORES = ("softmax", "log_softmax")


def softmax_dim_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """The axis of every softmax that gives the answer, where it is stated."""
    for call, name in structure.layers.values():
        if name == "Softmax":
            yield from _axis(bindings, call, 0, structure.position(call))
    calls = {call.node.func: call for call in bindings.calls}
    for draft, layer in applied_activations(bindings, structure):
        if draft.value in _SCORES and layer is not None and draft.use.node in calls:
            yield from _axis(bindings, calls[draft.use.node], 1, structure.position(layer))


def _axis(bindings: Bindings, call: Call, index: int, position: Position) -> Iterator[Draft]:
    if position.role == "output" and bindings.argument(call, "axis", index) is not None:
        draft = number_draft(bindings, call, "softmax-dim", "axis", index, call.short, None, True)
        if draft is not None and draft.value is not None:
            yield in_layer(draft, position)
