"""What callbacks of Keras's `fit` do to a training: end it early, or change its learning rate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.rate_schedule import EACH_EPOCH, NONE
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import in_section
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_training import fit_calls
from netmend.program.reading.keras_values import number_draft, quoted, replacing

_SCHEDULES = {"LearningRateScheduler", "ReduceLROnPlateau"}
_WATCHERS = {"EarlyStopping", "ReduceLROnPlateau"}
_WATCHED = "val_loss"  # default of `monitor`


def callback_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """Patience and direction of every callback that watches a quantity, and every callback that sets the rate."""
    for fit in fit_calls(bindings, structure):
        for item, made in _callbacks(bindings, fit):
            name = in_section(made.name, "callbacks")
            if name == "EarlyStopping":
                patience = number_draft(bindings, made, "patience", "patience", 2, _owner(bindings, made), 0, True)
                if patience is not None:
                    yield patience
            if name in _WATCHERS:
                yield from _direction(bindings, made)
            if name in _SCHEDULES:
                write = partial(_without, bindings, fit, item)
                yield Draft("rate-schedule", item, item, EACH_EPOCH, name, write, local=False)


def _callbacks(bindings: Bindings, fit: Call) -> Iterator[tuple[Site, Call]]:
    """Every callback of a `fit`: where it stands in the list, and the call that makes it."""
    given = bindings.argument(fit, "callbacks", 5 if fit.method == "fit" else 4)
    if given is None:
        return
    end = bindings.follow(given)
    items = [Site(end.file, each) for each in end.node.elts] if isinstance(end.node, (ast.List, ast.Tuple)) else [given]
    for item in items:
        made = bindings.call(bindings.follow(item))
        if made is not None and in_section(made.name, "callbacks"):
            yield item, made


def _direction(bindings: Bindings, made: Call) -> Iterator[Draft]:
    use = bindings.argument(made, "mode", 4)
    if use is None:
        return
    resolved = bindings.resolve(use)
    value = resolved.value if isinstance(resolved.value, str) else None
    draft = Draft("better-is", use, resolved.site, value, _owner(bindings, made), replacing(quoted))
    yield replace(draft, form=_monitor(bindings, made))


def _monitor(bindings: Bindings, made: Call) -> str:
    """What a callback watches; "" if that cannot be seen."""
    site = bindings.argument(made, "monitor", 0)
    value = _WATCHED if site is None else bindings.resolve(site).value
    return value if isinstance(value, str) else ""


def _owner(bindings: Bindings, made: Call) -> str:
    watched = _monitor(bindings, made)
    return f"{made.short} on {watched}" if watched else made.short


def _without(bindings: Bindings, fit: Call, item: Site, at: Site, value: Value) -> tuple[Edit, ...]:
    """Take a callback out of the list, or the list out of the call where it holds nothing else."""
    if value != NONE:
        raise Unchangeable(f"a callback cannot be made to set the rate {value}", where=str(at.place))
    around = bindings.scopes(item.file).parent(item.node)
    if isinstance(around, (ast.List, ast.Tuple)):
        return (spans.remove_item(item, around),)
    doomed = [each for each in fit.node.keywords if each.value is item.node]
    if not doomed:
        raise Unchangeable("the callbacks have no list of their own", where=str(at.place))
    return spans.remove_arguments(fit, doomed)
