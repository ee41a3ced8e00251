"""Finding and changing source elements of any kind and framework."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from netmend.core.discover import contributions
from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.places import Edit
from netmend.program.source import Program

FRAMEWORKS = ("keras", "torch")


@lru_cache(maxsize=256)
def find_all(program: Program, crashed: bool = False) -> tuple[Element, ...]:
    """Every element of every kind, absent ones included, file by file in the order of the text.

    Args:
        crashed: the program crashes before it trains; of others, what must be right for them to train is left out.
    """
    order = {file.name: number for number, file in enumerate(program.files)}
    read = [element for framework in FRAMEWORKS for element in _reader(framework).read(program)]
    found = [element for element in read if crashed or not element.crashed_only]
    return tuple(sorted(found, key=lambda element: (order[element.place.file], element.start)))


def finder(kind: str) -> Callable[[Program], tuple[Element, ...]]:
    """The `find` of one kind."""
    return lambda program: tuple(element for element in find_all(program, crashed=True) if element.kind == kind)


def change(program: Program, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put a canonical value at an element of any kind; none if it is there already.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    if not element.absent and value == element.value and type(value) is type(element.value):
        return ()
    edits: tuple[Edit, ...] = _reader(element.framework).write(program, element, value)
    return edits


def together(wanted: Sequence[tuple[Element, Value]]) -> tuple[tuple[Element, Value], ...]:
    """The same changes, but one where two would rewrite the same text.

    `"sgd"` to "adam" and its absent rate to 0.01 are one change of the optimiser, to "adam(0.01)".
    """
    rates = {element.place: value for element, value in wanted if element.kind == "learning-rate" and element.absent}
    named = {element.place for element, _ in wanted if element.kind == "optimiser" and element.place in rates}
    joined = []
    for element, value in wanted:
        if element.place not in named or element.kind not in ("optimiser", "learning-rate"):
            joined.append((element, value))
        elif element.kind == "optimiser":
            joined.append((element, f"{value}({rates[element.place]})"))
    return tuple(joined)


def values_of(element: Element) -> tuple[Value, ...]:
    """Canonical values that may stand at an element instead of its own, the usual ones first."""
    kind: ElementKind = contributions("netmend.program.elements", ElementKind)[element.kind].value
    return kind.values(element)


def others(element: Element, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values without the element's own."""
    return tuple(value for value in values if value != element.value)


def _reader(framework: str) -> Any:
    """The module that reads and writes a framework's programs, loaded when first needed."""
    return importlib.import_module(f"netmend.program.reading.{framework}")
