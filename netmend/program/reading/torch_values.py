"""Elements that are the value of one argument: learning rate, batch size, dropout rate and their like."""

from __future__ import annotations

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call
from netmend.program.reading.torch_calls import NOWHERE, Environment
from netmend.program.reading.torch_program import Reading


def number(value: object) -> float | int | None:
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
    if site is None:
        hidden = reading.bindings.opaque(call)
        start = end = spans.insertion_point(call)
        file, value = call.file, None if hidden else default
        form = "hidden" if hidden else "argument"
    else:
        resolved = reading.calls.resolve(site, environment)
        file, (start, end), form = resolved.site.file, resolved.site.span, "value"
        value = number(resolved.value) if resolved.known else None
    return Element(
        kind=kind,
        place=file.place(start),
        start=start,
        end=end,
        text=file.text[start:end],
        value=value,
        absent=site is None,
        framework="torch",
        owner=owner,
        layer=layer,
        role=role,
        form=form,
        extra=(("call", call), ("argument", name)),
    )


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
