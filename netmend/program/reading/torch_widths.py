"""How many inputs the layers of a PyTorch model state."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading.bindings import Resolved, Site
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import KEEPERS, WEIGHTED, Width
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_values import numeric

_RESHAPES = frozenset({"view", "reshape"})

# Where a number is written: file, start and end.
Spot = tuple[str, int, int]


def find_input_widths(reading: Reading) -> Iterator[Element]:
    """The number of inputs of every layer that states one."""
    shared, seen = stated(reading), set()
    for model in reading.models:
        for leaf in model.numbers:
            width = _inputs(leaf)
            use = None if width is None else reading.bindings.argument(leaf.call, *width)
            if use is None:
                continue
            found = reading.calls.resolve(use, leaf.environment)
            # A constant by which other layers go too is right for them: the number is written where it is wrong.
            site = found.site if shared[spot_of(found.site)] == 1 else use
            if spot_of(site) in seen:
                continue
            seen.add(spot_of(site))
            start, end = site.span
            yield Element(
                kind="input-width",
                place=site.place,
                start=start,
                end=end,
                text=site.text,
                value=numeric(found.value),
                absent=False,
                framework="torch",
                owner=model.owner(leaf),
                layer=model.numbers[leaf],
                role=model.role(leaf),
                extra=(("before", _before(reading, model, leaf)), ("leaf", leaf)),
                crashed_only=True,
            )


def write_input_width(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that state another number of inputs, in the layer and in reshapes to the number that it stated.

    Raises:
        Unchangeable: it is no number of inputs.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Unchangeable(f"{value!r} is no number of inputs", where=str(element.place))
    spots = {(element.place.file, element.start, element.end)}
    if dict(element.extra)["leaf"].kind == "Linear" and element.value is not None:
        spots |= {spot_of(each.site) for each in _reshapes(reading) if each.value == element.value}
    return tuple(Edit(*each, repr(value)) for each in sorted(spots))


def stated(reading: Reading) -> Counter[Spot]:
    """By how many layers, and sides of layers, each place is used that states a width."""
    places = {
        (leaf.call.node, width, spot_of(reading.calls.resolve(site, leaf.environment).site))
        for model in reading.models
        for leaf in model.numbers
        for width in (*WEIGHTED.get(leaf.kind, ()), KEEPERS.get(leaf.kind))
        if width is not None and (site := reading.bindings.argument(leaf.call, *width)) is not None
    }
    return Counter(where for _, _, where in places)


def spot_of(site: Site) -> Spot:
    """Where an expression stands."""
    return (site.file.name, *site.span)


def _inputs(leaf: Leaf) -> Width | None:
    return WEIGHTED[leaf.kind][0] if leaf.kind in WEIGHTED else KEEPERS.get(leaf.kind)


def _before(reading: Reading, model: Model, leaf: Leaf) -> tuple[Value, ...]:
    """What the layer with weights before a layer puts out, if that is known."""
    step = next((each for each in model.flow.steps if each.leaf is leaf), None)
    source = None if step is None else model.flow.before(step)
    if source is None or source.leaf is None:
        return ()
    site = reading.bindings.argument(source.leaf.call, *WEIGHTED[source.leaf.kind][1])
    found = None if site is None else numeric(reading.calls.resolve(site, source.leaf.environment).value)
    return () if found is None else (found,)


def _reshapes(reading: Reading) -> Iterator[Resolved]:
    """The last length that every reshape of the program asks for."""
    for call in reading.bindings.calls:
        if call.method in _RESHAPES and call.node.args:
            last = call.node.args[-1]
            if isinstance(last, (ast.Tuple, ast.List)) and last.elts:
                last = last.elts[-1]
            yield reading.bindings.resolve(Site(call.file, last))
