"""Where a layer has a bias, and the edit that takes it away or gives it one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netmend.mutation.operators._base import NotApplicable, Opportunity, Reason
from netmend.mutation.operators._calls import layers, set_argument, truth
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Call, bindings_of
from netmend.program.reading.keras_names import layer_class
from netmend.program.source import Program

KERAS = frozenset(
    {"Dense", "LSTM", "GRU", "SimpleRNN"}
    | {f"{name}{n}D" for name in ("SeparableConv", "DepthwiseConv") for n in (1, 2)}
    | {f"Conv{n}D{end}" for n in (1, 2, 3) for end in ("", "Transpose")}
)
"""Layers that take `use_bias` (Keras reference, layers)."""

TORCH = {
    "Linear": 2,
    **{f"Conv{n}d": 7 for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": 7 for n in (1, 2, 3)},
    **dict.fromkeys(("LSTM", "GRU", "RNN"), 3),
}
"""Layers that take `bias`, and its position (PyTorch reference, torch.nn)."""


def biases(program: Program, *, present: bool) -> Iterator[Opportunity | NotApplicable]:
    """An opportunity to turn the bias of every layer that has one (or has none) to the contrary."""
    bindings = bindings_of(program)
    found = False
    for call, layer in layers(program):
        keras = bool(layer_class(call.name))
        if layer not in (KERAS if keras else TORCH) or bindings.opaque(call):
            continue
        name, index = ("use_bias", 2 if layer == "Dense" else None) if keras else ("bias", TORCH[layer])
        given = bindings.argument(call, name, index)
        if (True if given is None else truth(bindings, given)) is present:
            found = True
            place = call.site.place if given is None else bindings.resolve(given).site.place
            before, after = ("yes", "no") if present else ("no", "yes")
            write = partial(_write, bindings, call, name, index)
            yield Opportunity("bias", place, layer, before, write, (after,))
    if not found:
        yield NotApplicable(
            Reason.NOTHING_TO_CHANGE, "no layer has a bias" if present else "every layer that can have a bias has one"
        )


def _write(bindings: Bindings, call: Call, name: str, index: int | None, value: Value) -> tuple[Edit, ...]:
    return set_argument(bindings, call, name, index, "True" if value == "yes" else "False")
