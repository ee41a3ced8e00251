"""Mutations that put another value at a source element."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from netmend.mutation.operators._base import NotApplicable, Opportunity, Reason
from netmend.mutation.scale import Scale
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import change, find_all
from netmend.program.source import Program


def at_elements(
    program: Program,
    kind: str,
    *,
    values: Callable[[Element], Sequence[Value]] = lambda element: (),
    scale: Callable[[Element], Scale | None] = lambda element: None,
    where: Callable[[Element], bool] = lambda element: True,
    missing: str,
) -> Iterator[Opportunity | NotApplicable]:
    """An opportunity for every element of a kind that an operator can change.

    Args:
        program: the correct program.
        kind: of the elements.
        values: to put there; an element's own is left out.
        scale: to search, instead of values.
        where: whether an element is one to change; elements of unknown value never are.
        missing: what to say if there is none.
    """
    found = False
    for element in find_all(program):
        if element.kind != kind or element.value is None or not where(element):
            continue
        others = tuple(value for value in values(element) if value != element.value)
        searched = scale(element)
        if others or searched is not None:
            found = True
            yield Opportunity(
                kind,
                element.place,
                element.owner,
                str(element.value),
                partial(change, program, element),
                others,
                searched,
                layer=element.layer,
                element=element.id,
            )
    if not found:
        yield NotApplicable(Reason.NOTHING_TO_CHANGE, missing)


def number(element: Element) -> float | int | None:
    """The value of an element if it is a number."""
    value = element.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
