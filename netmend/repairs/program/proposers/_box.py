"""A program's elements as a box of dimensions: what a sampler searches, and what its points mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.repairs.program.space import Assignment, Space
from netmend.search._base import Dimension, Point, Scalar


@dataclass(frozen=True, slots=True)
class Entry:
    """One dimension.

    Attributes:
        element: what it is about. present: where the program as it is lies.
        assign: what a place on the dimension puts where.
    """

    element: Element
    dimension: Dimension
    present: Scalar
    assign: Callable[[Scalar], Assignment]


@dataclass(frozen=True, slots=True)
class Box:
    """The dimensions of a program.

    Attributes:
        gaps: what was meant to be searched, but cannot be written in this program.
    """

    space: Space
    entries: tuple[Entry, ...]
    gaps: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """One for each entry."""
        return tuple(entry.dimension for entry in self.entries)

    @property
    def start(self) -> Point:
        """The program as it is."""
        return {entry.dimension.name: entry.present for entry in self.entries}

    def assignment(self, point: Point) -> Assignment:
        """What a point puts where; of a layer that it removes nothing else is changed."""
        chosen = {
            self.space.element(identity): value
            for entry in self.entries
            if point[entry.dimension.name] != entry.present
            for identity, value in entry.assign(point[entry.dimension.name]).items()
        }
        gone = {element.layer for element, value in chosen.items() if element.kind == "layer" and value is None}
        return {
            element.id: value
            for element, value in chosen.items()
            if value != element.value and (element.kind == "layer" or element.layer not in gone - {None})
        }

    def describe(self) -> str:
        """One clause: how many dimensions about elements of which kinds."""
        kinds = Counter(entry.element.kind for entry in self.entries)
        return ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in kinds.items())


def choice(element: Element, values: Iterable[Value]) -> Entry:
    """An element that is what it is or one of some values."""
    choices = (element.value, *(value for value in values if value != element.value))
    return Entry(element, Dimension(element.id, choices), element.value, lambda value: {element.id: value})


def number(element: Element, low: float, high: float, *, log: bool, digits: int) -> Entry:
    """A number between bounds, which the present value may widen, written with so many significant digits."""
    present = element.value
    assert isinstance(present, int | float), "what is unknown has no place between bounds"

    def assign(value: Scalar) -> Assignment:
        return {element.id: float(f"{value:.{digits}g}")}

    dimension = Dimension(element.id, low=min(low, present), high=max(high, present), log=log)
    return Entry(element, dimension, present, assign)


def can_be(space: Space, element: Element, value: Value) -> bool:
    """The value can be written at the element, and the program still compiles."""
    try:
        space.patch({element.id: value})
    except Unchangeable:
        return False
    return True
