"""How Keras losses of the rows of a batch become one number."""

from __future__ import annotations

from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.loss_reduction import MEAN, NONE, SUM
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import LOSSES, in_section
from netmend.program.reading.keras_training import is_compile
from netmend.program.reading.keras_values import quoted, replacing

_WRITTEN = {MEAN: "sum_over_batch_size", SUM: "sum", NONE: "none"}
_READ = {written: value for value, written in _WRITTEN.items()} | {"mean": MEAN}


def reduction_drafts(bindings: Bindings) -> Iterator[Draft]:
    """The `reduction` of every loss that is given to `compile`, where it is stated."""
    for call in bindings.calls:
        given = bindings.argument(call, "loss", 1) if is_compile(bindings, call) else None
        made = None if given is None else bindings.call(bindings.follow(given))
        if made is None or in_section(made.name, "losses") not in LOSSES.values():
            continue
        use = bindings.argument(made, "reduction")
        if use is None:
            continue
        resolved = bindings.resolve(use)
        value = _READ.get(str(resolved.value)) if resolved.known else None
        yield Draft("loss-reduction", use, resolved.site, value, made.short, _write)


def _write(at: Site, value: Value) -> tuple[Edit, ...]:
    if value not in _WRITTEN:
        raise Unchangeable(f"losses have no reduction {value}", where=str(at.place))
    return replacing(quoted)(at, _WRITTEN[str(value)])
