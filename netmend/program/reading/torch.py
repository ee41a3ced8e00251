"""The source elements of a PyTorch training program: `read` finds them, `write` gives one another value.

PyTorch programs have no element of kind "metric": they compute metrics by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.rate_schedule import BY_HAND
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings
from netmend.program.reading.drafts import Draft
from netmend.program.reading.outdated import outdated_drafts
from netmend.program.reading.rates_by_hand import rate_drafts
from netmend.program.reading.rounded_outputs import marked
from netmend.program.reading.row_orders import row_order_drafts
from netmend.program.reading.torch_activations import find_activations, write_activation
from netmend.program.reading.torch_axes import (
    find_sequence_axes,
    find_softmax_dims,
    write_sequence_axis,
    write_softmax_dim,
)
from netmend.program.reading.torch_data import find_input_scalings, write_input_scaling
from netmend.program.reading.torch_fit import find_class_weights, find_shuffling, write_class_weight, write_shuffling
from netmend.program.reading.torch_flatten import find_flattenings, write_flattening
from netmend.program.reading.torch_frozen import find_frozen, write_frozen
from netmend.program.reading.torch_initialisers import find_bias_initialisers, find_initialisers, write_initialiser
from netmend.program.reading.torch_insert import (
    find_absent_dropouts,
    find_normalisations,
    find_repeats,
    write_absent_dropout,
    write_normalisation,
    write_repeats,
)
from netmend.program.reading.torch_labels import find_loss_targets, write_loss_target
from netmend.program.reading.torch_layers import (
    find_dropout_rates,
    find_layers,
    find_units,
    write_layer,
    write_units,
)
from netmend.program.reading.torch_loops import find_batch_sizes, find_epochs, write_count
from netmend.program.reading.torch_modes import find_train_modes, write_train_mode
from netmend.program.reading.torch_momentum import find_betas, find_momenta, write_betas
from netmend.program.reading.torch_program import Reading, reading_of
from netmend.program.reading.torch_reductions import find_reductions, write_reduction
from netmend.program.reading.torch_schedules import find_rate_schedules, write_rate_schedule
from netmend.program.reading.torch_steps import find_clippings, find_resets, write_clipping, write_reset
from netmend.program.reading.torch_training import (
    find_learning_rates,
    find_losses,
    find_optimisers,
    find_regularisers,
    write_loss,
    write_optimiser,
    write_regulariser,
)
from netmend.program.reading.torch_types import find_tensor_types, write_tensor_type
from netmend.program.reading.torch_update import find_training_steps, write_training_step
from netmend.program.reading.torch_values import write_number
from netmend.program.reading.torch_widths import find_input_widths, write_input_width
from netmend.program.reading.vocabularies import torch_vocabulary_drafts
from netmend.program.source import Program

Find = Callable[[Reading], Iterable[Element]]
Write = Callable[[Reading, Element, Value], tuple[Edit, ...]]


def _dropouts(reading: Reading) -> Iterator[Element]:
    yield from find_dropout_rates(reading)
    yield from find_absent_dropouts(reading)


def _write_dropout(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    if element.form == "behind":
        return write_absent_dropout(reading, element, value)
    return write_number(element, value)


def _drafted(drafts: Callable[[Bindings], Iterable[Draft]]) -> tuple[Find, Write]:
    """How a kind is found and written that is read alike in programs of any framework."""

    def find(reading: Reading) -> Iterator[Element]:
        for draft in drafts(reading.bindings):
            yield draft.element("torch")

    def write(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
        same = (draft for draft in drafts(reading.bindings) if draft.element("torch").id == element.id)
        return tuple(edit for draft in same for edit in draft.edits(value))

    return find, write


_rates_by_hand, _write_rate_by_hand = _drafted(rate_drafts)


def _rate_schedules(reading: Reading) -> Iterator[Element]:
    yield from find_rate_schedules(reading)
    yield from _rates_by_hand(reading)


def _write_rate_schedule(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    write = _write_rate_by_hand if element.form == BY_HAND else write_rate_schedule
    return write(reading, element, value)


_KINDS: dict[str, tuple[Find, Write]] = {
    "layer": (find_layers, write_layer),
    "activation": (find_activations, write_activation),
    "initialiser": (find_initialisers, write_initialiser),
    "units": (find_units, write_units),
    "dropout-rate": (_dropouts, _write_dropout),
    "loss": (find_losses, write_loss),
    "optimiser": (find_optimisers, write_optimiser),
    "learning-rate": (find_learning_rates, lambda _, element, value: write_number(element, value)),
    "momentum": (find_momenta, lambda _, element, value: write_number(element, value)),
    "betas": (find_betas, lambda _, element, value: write_betas(element, value)),
    "regulariser": (find_regularisers, lambda _, element, value: write_regulariser(element, value)),
    "batch-size": (find_batch_sizes, lambda _, element, value: write_count(element, value)),
    "shuffling": (find_shuffling, lambda _, element, value: write_shuffling(element, value)),
    "gradient-reset": (find_resets, write_reset),
    "gradient-clipping": (find_clippings, write_clipping),
    "bias-initialiser": (find_bias_initialisers, write_initialiser),
    "normalisation": (find_normalisations, write_normalisation),
    "layer-repeats": (find_repeats, write_repeats),
    "class-weight": (find_class_weights, lambda _, element, value: write_class_weight(element, value)),
    "input-scaling": (find_input_scalings, write_input_scaling),
    "epochs": (find_epochs, lambda _, element, value: write_count(element, value)),
    "loss-reduction": (find_reductions, lambda _, element, value: write_reduction(element, value)),
    "rate-schedule": (_rate_schedules, _write_rate_schedule),
    "train-mode": (find_train_modes, write_train_mode),
    "frozen-weights": (find_frozen, lambda _, element, value: write_frozen(element, value)),
    "softmax-dim": (find_softmax_dims, lambda _, element, value: write_softmax_dim(element, value)),
    "sequence-axis": (find_sequence_axes, lambda _, element, value: write_sequence_axis(element, value)),
    "row-order": _drafted(row_order_drafts),
    "outdated-names": _drafted(outdated_drafts),
    "training-step": (find_training_steps, write_training_step),
    "tensor-type": (find_tensor_types, write_tensor_type),
    "input-width": (find_input_widths, write_input_width),
    "vocabulary-size": _drafted(torch_vocabulary_drafts),
    "flattening": (find_flattenings, write_flattening),
    "loss-target": (find_loss_targets, lambda _, element, value: write_loss_target(element, value)),
}


@lru_cache(maxsize=256)
def read(program: Program) -> tuple[Element, ...]:
    """Every source element of a program, absent ones included, in order of appearance.

    Calls that take a value from one constant share one element. Empty for a program that builds neither a PyTorch
    model nor an optimiser.
    """
    reading = reading_of(program)
    if not reading.optimisers and not reading.models:
        return ()
    order = {file.name: index for index, file in enumerate(program.files)}
    found: dict[tuple[str, str, int, int], Element] = {}
    for find, _ in _KINDS.values():
        for element in find(reading):
            found.setdefault((element.kind, element.place.file, element.start, element.end), element)
    ordered = sorted(found.values(), key=lambda each: (order[each.place.file], each.start, each.end))
    return marked(ordered, reading.bindings)


def write(program: Program, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that give an element a canonical value.

    Raises:
        Unchangeable: it cannot be done safely; the message says why.
    """
    if element.kind not in _KINDS:
        raise Unchangeable(f"PyTorch programs have no {element.kind} to change", where=str(element.place))
    find, change = _KINDS[element.kind]
    reading = reading_of(program)
    # Found again: the given one may hold nodes of an earlier reading of an equal program.
    current = next((each for each in find(reading) if each.id == element.id), element)
    return tuple(change(reading, current, value))
