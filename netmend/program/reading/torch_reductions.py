"""How PyTorch losses of the rows of a batch become one number."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.loss_reduction import MEAN, NONE, SUM
from netmend.program.places import Edit
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.spelling import string
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_values import value_element

_KNOWN = (MEAN, SUM, NONE)


def find_reductions(reading: Reading) -> Iterator[Element]:
    """The `reduction` of the loss of the training step, where it is stated.

    "none" is an element only where what `backward` is called on is the loss as it comes, not reduced by the program;
    "sum" only where the program does not divide it.
    """
    for call in reading.losses:
        site = reading.bindings.argument(call, "reduction")
        found = None if site is None else reading.bindings.resolve(site)
        if found is None or found.value not in _KNOWN:
            continue
        if found.value in (SUM, NONE) and not _as_it_comes(reading, call):
            continue
        element = value_element(reading, "loss-reduction", call, "reduction", found.site, call.short)
        yield replace(element, value=str(found.value))


def write_reduction(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that state another reduction.

    Raises:
        Unchangeable: there is none of that name.
    """
    if value not in _KNOWN:
        raise Unchangeable(f"losses have no reduction {value}", where=str(element.place))
    return (Edit(element.place.file, element.start, element.end, string(str(value), element.text, "")),)


def _as_it_comes(reading: Reading, loss: Call) -> bool:
    """Whether `backward` is called on the loss itself, or on a name that stands for it alone."""
    applied = {call.node for call in reading.loss_calls} | {loss.node}
    for backward in reading.backwards:
        assert isinstance(backward.node.func, ast.Attribute)
        if reading.bindings.follow(Site(backward.file, backward.node.func.value)).node in applied:
            return True
    return False
