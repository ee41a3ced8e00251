"""Elements that are the value of one argument: learning rate, batch size, dropout rate and their like."""

from __future__ import annotations

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.spelling import number
from netmend.program.reading.torch_calls import NOWHERE, Environment
from netmend.program.reading.torch_program import Reading


def numeric(value: object) -> float | int | None:
    """A value if it is a number."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def argument_element(
    reading: Reading,
    kind: str,
    call: Call,
    name: str,
    index: int | None,
    default: Value,
    owner: str,
    layer: int | None = None,
    role: str = "",
    environment: Environment = NOWHERE,
) -> Element:
    """The element that is an argument of a call; absent, with the default as its value, if it is not given."""
    site = reading.bindings.argument(call, name, index)
    if site is not None:
        return value_element(reading, kind, call, name, site, owner, layer, role, environment)
    hidden = reading.bindings.opaque(call)
    offset = spans.insertion_point(call)
    return Element(
        kind=kind,
        place=call.file.place(offset),
        start=offset,
        end=offset,
        text="",
        value=None if hidden else default,
        absent=True,
        framework="torch",
        owner=owner,
        layer=layer,
        role=role,
        form="hidden" if hidden else "argument",
        extra=(("call", call), ("argument", name)),
    )


def value_element(
    reading: Reading,
    kind: str,
    call: Call,
    name: str,
    site: Site,
    owner: str,
    layer: int | None = None,
    role: str = "",
    environment: Environment = NOWHERE,
) -> Element:
    """The element that is a number written somewhere and given to a call at `site`."""
    found = reading.calls.resolve(site, environment)
    start, end = found.site.span
    return Element(
        kind=kind,
        place=found.site.place,
        start=start,
        end=end,
        text=found.site.text,
        value=numeric(found.value) if found.known else None,
        absent=False,
        framework="torch",
        owner=owner,
        layer=layer,
        role=role,
        form="value",
        extra=(("call", call), ("argument", name)),
    )


def write_number(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that give an argument another number.

    Raises:
        Unchangeable: the value is no number, or the argument cannot be seen.
    """
    found = numeric(value)
    if found is None:
        raise Unchangeable(f"{element.kind} must be a number, not {value}", where=str(element.place))
    return write_argument(element, number(found))


def write_argument(element: Element, text: str) -> tuple[Edit, ...]:
    """The edits that give an argument another value."""
    extra = dict(element.extra)
    if element.form == "hidden":
        raise Unchangeable(
            f"{element.kind} may be among arguments that the text does not show", where=str(element.place)
        )
    if element.absent:
        return (spans.add_argument(extra["call"], extra["argument"], text),)
    return (Edit(element.place.file, element.start, element.end, text),)
