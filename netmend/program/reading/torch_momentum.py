"""What a PyTorch optimiser keeps of earlier gradients: momentum, and the betas of the Adam family."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.betas import numbers
from netmend.program.places import Edit
from netmend.program.reading.bindings import Site
from netmend.program.reading.spelling import number
from netmend.program.reading.torch_program import Reading, optimiser_class
from netmend.program.reading.torch_values import argument_element, numeric, value_element, write_argument

_MOMENTUM = {"SGD": 2, "RMSprop": 5}
_BETAS = frozenset({"Adam", "AdamW", "Adamax", "NAdam", "RAdam", "SparseAdam"})
"""Optimisers that take them, with the position of `momentum`; that of `betas` is always 2."""


def find_momenta(reading: Reading) -> Iterator[Element]:
    """The momentum of every optimiser that can have one."""
    for call in reading.optimisers:
        name = optimiser_class(call.name)
        if name in _MOMENTUM:
            yield argument_element(reading, "momentum", call, "momentum", _MOMENTUM[name], 0.0, name)


def find_betas(reading: Reading) -> Iterator[Element]:
    """The betas of every optimiser of the Adam family that states them."""
    for call in reading.optimisers:
        name = optimiser_class(call.name)
        site = reading.bindings.argument(call, "betas", 2) if name in _BETAS else None
        if site is None:
            continue
        site = reading.bindings.follow(site)
        element = value_element(reading, "betas", call, "betas", site, name)
        match site.node:
            case ast.Tuple(elts=[first, second]) | ast.List(elts=[first, second]):
                found = [numeric(reading.bindings.resolve(Site(site.file, each)).value) for each in (first, second)]
                stated = None if None in found else f"{found[0]:g}, {found[1]:g}"
                yield replace(element, value=stated)


def write_betas(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put other betas.

    Raises:
        Unchangeable: the value is no pair of numbers.
    """
    found = numbers(value)
    if found is None:
        raise Unchangeable(f"betas are two numbers, not {value}", where=str(element.place))
    return write_argument(element, f"({number(found[0])}, {number(found[1])})")
