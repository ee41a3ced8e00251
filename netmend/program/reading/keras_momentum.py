"""What a Keras optimiser keeps of earlier gradients: momentum, and the betas of the Adam family."""

from __future__ import annotations

from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.betas import numbers
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_values import number_draft
from netmend.program.reading.spelling import number

_MOMENTUM = {"SGD": 1, "RMSprop": 2}
_BETAS = frozenset({"Adam", "AdamW", "Adamax", "Nadam"})
"""Optimisers that take them, with the position of `momentum`; those of `beta_1` and `beta_2` are always 1 and 2."""

_NAMES = "beta_1", "beta_2"
_DEFAULTS = 0.9, 0.999


def momentum_drafts(bindings: Bindings, call: Call, name: str) -> Iterator[Draft]:
    """The momentum or the betas of an optimiser object.

    Args:
        name: its class.
    """
    if name in _MOMENTUM:
        draft = number_draft(bindings, call, "momentum", "momentum", _MOMENTUM[name], name, 0.0, False)
        if draft is not None:
            yield draft
    stated = {at: bindings.argument(call, _NAMES[at], at + 1) for at in (0, 1)} if name in _BETAS else {}
    sites = {at: site for at, site in stated.items() if site is not None}
    if not sites:
        return
    found = [*_DEFAULTS]
    for at, site in sites.items():
        resolved = bindings.resolve(site)
        if not isinstance(resolved.value, int | float) or isinstance(resolved.value, bool):
            return
        found[at] = float(resolved.value)
    first = next(iter(sites.values()))

    def write(_: Site, value: Value) -> tuple[Edit, ...]:
        wanted = numbers(value)
        if wanted is None:
            raise Unchangeable(f"betas are two numbers, not {value}", where=str(first.place))
        changed = [
            spans.replace(bindings.resolve(site).site, number(wanted[at]))
            for at, site in sites.items()
            if wanted[at] != found[at]
        ]
        absent = [at for at in (0, 1) if at not in sites and wanted[at] != found[at]]
        return (*changed, *(spans.add_argument(call, _NAMES[at], number(wanted[at])) for at in absent))

    yield Draft("betas", first, first, f"{found[0]:g}, {found[1]:g}", name, write)
