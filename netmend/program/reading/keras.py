"""Reads the source elements of a Keras program and writes new values back.

Keras 3 and `tensorflow.keras`; models as `Sequential`, `add`, functional calls and subclasses.
"""

from __future__ import annotations

from functools import lru_cache

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.drafts import Draft, settled
from netmend.program.reading.keras_axes import softmax_dim_drafts
from netmend.program.reading.keras_callbacks import callback_drafts
from netmend.program.reading.keras_data import data_drafts
from netmend.program.reading.keras_fit import fit_drafts
from netmend.program.reading.keras_flatten import flattening_drafts
from netmend.program.reading.keras_frozen import frozen_drafts
from netmend.program.reading.keras_insert import insertion_drafts
from netmend.program.reading.keras_layers import layer_drafts
from netmend.program.reading.keras_names import PACKAGES
from netmend.program.reading.keras_optimisers import optimiser_drafts, rate_object_drafts
from netmend.program.reading.keras_reductions import reduction_drafts
from netmend.program.reading.keras_structure import structure_of
from netmend.program.reading.keras_training import training_drafts
from netmend.program.reading.outdated import outdated_drafts
from netmend.program.reading.rates_by_hand import rate_drafts
from netmend.program.reading.rounded_outputs import marked
from netmend.program.reading.row_orders import row_order_drafts
from netmend.program.source import Program


def read(program: Program) -> tuple[Element, ...]:
    """Every element of a program that uses Keras, absent ones included, file by file in the order of the text."""
    return marked((element for element, _ in _found(program).values()), bindings_of(program))


def write(program: Program, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put a canonical value at an element.

    Raises:
        Unchangeable: the element is not one of this program, or cannot take the value safely.
    """
    found = _found(program).get(element.id)
    if found is None:
        raise Unchangeable(f"the program has no {element.kind} there", where=str(element.place))
    return found[1].edits(value)


@lru_cache(maxsize=256)
def _found(program: Program) -> dict[str, tuple[Element, Draft]]:
    bindings = bindings_of(program)
    imported = (name for file in program.files for name in bindings.scopes(file).imported)
    if not any(name.partition(".")[0] in PACKAGES for name in imported):
        return {}
    structure = structure_of(bindings)
    drafts = [
        *layer_drafts(bindings, structure),
        *softmax_dim_drafts(bindings, structure),
        *training_drafts(bindings, structure),
        *optimiser_drafts(bindings),
        *fit_drafts(bindings, structure),
        *insertion_drafts(bindings, structure),
        *flattening_drafts(bindings, structure),
        *data_drafts(bindings, structure),
        *callback_drafts(bindings, structure),
        *rate_drafts(bindings),
        *rate_object_drafts(bindings),
        *frozen_drafts(bindings),
        *reduction_drafts(bindings),
        *row_order_drafts(bindings),
        *outdated_drafts(bindings),
    ]
    order = {file.name: number for number, file in enumerate(program.files)}
    elements = [(draft.element("keras"), draft) for draft in settled(drafts)]
    elements.sort(key=lambda each: (order[each[0].place.file], each[0].start))
    return {element.id: (element, draft) for element, draft in elements}
