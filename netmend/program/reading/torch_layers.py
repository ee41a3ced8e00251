"""Layers of PyTorch models, their units and their dropout rates.

The value of a layer element is its class. None takes an activation, a dropout or a normalisation out (its form is
"module"; all others stay, as they may set the shape of what follows); the text of a call puts that call in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Resolved
from netmend.program.reading.torch_forward import Step
from netmend.program.reading.torch_items import removal
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import (
    DROPOUT_FUNCTIONS,
    DROPOUT_RATE,
    DROPOUTS,
    KEEPERS,
    MODULE_ACTIVATIONS,
    MODULE_LOSSES,
    NN,
    NORMALISATIONS,
    WEIGHTED,
    WEIGHTED_SUMS,
    Width,
)
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_spelling import spelled
from netmend.program.reading.torch_values import argument_element
from netmend.program.reading.torch_widths import Spot, spot_of, stated
from netmend.program.syntax import parse_expression

_REMOVABLE = DROPOUTS | NORMALISATIONS | frozenset(MODULE_ACTIVATIONS)


def find_layers(reading: Reading) -> Iterator[Element]:
    """Every leaf module of every model, but for a loss that is kept as a module."""
    seen = set()
    for model in reading.models:
        outputs = set() if model.flow.last is None else {step.leaf for step in model.flow.after(model.flow.last)}
        for leaf in model.numbers:
            site = leaf.call.site
            if leaf.call.node not in seen and leaf.kind not in MODULE_LOSSES:
                seen.add(leaf.call.node)
                start, end = site.span
                yield Element(
                    kind="layer",
                    place=site.place,
                    start=start,
                    end=end,
                    text=site.text,
                    value=leaf.kind,
                    absent=False,
                    framework="torch",
                    owner=model.owner(leaf),
                    layer=model.numbers[leaf],
                    role="output" if leaf in outputs else model.role(leaf),
                    form="module" if leaf.kind in _REMOVABLE else "",
                    extra=(("leaf", leaf),),
                )


def write_layer(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that take a layer out, or put a call in its place.

    Where no item of a list can be removed, `nn.Identity()` takes the layer's place.

    Raises:
        Unchangeable: the layer may set a shape, or the value is neither None nor the text of a call.
    """
    leaf: Leaf = dict(element.extra)["leaf"]
    if value is not None:
        if not _is_call(str(value)):
            raise Unchangeable(f"{value} is no call that makes a layer", where=str(element.place))
        return (spans.replace(leaf.call.site, str(value)),)
    if leaf.kind not in _REMOVABLE:
        raise Unchangeable(f"{leaf.kind} may set the shape of what follows", where=str(element.place))
    removed = removal(reading, leaf.member)
    if removed is not None:
        return (removed,)
    text, imports = spelled(reading.bindings, leaf.call.site, f"{NN}.Identity")
    return (spans.replace(leaf.call.site, f"{text}()"), *imports)


def _is_call(text: str) -> bool:
    try:
        return isinstance(parse_expression(text), ast.Call)
    except SyntaxError:
        return False


def find_units(reading: Reading) -> Iterator[Element]:
    """The width of every Linear and convolution; one element where several layers share one constant."""
    seen: set[Spot] = set()
    for model in reading.models:
        for leaf in model.numbers:
            if leaf.kind not in WEIGHTED_SUMS:
                continue
            name, index = WEIGHTED_SUMS[leaf.kind][1]
            element = argument_element(
                reading,
                "units",
                leaf.call,
                name,
                index,
                None,
                model.owner(leaf),
                model.numbers[leaf],
                model.role(leaf),
                leaf.environment,
            )
            spot = (element.place.file, element.start, element.end)
            if spot not in seen and not element.absent:
                seen.add(spot)
                yield element


def write_units(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that widen or narrow a layer: its own width, and wherever the next layers state it.

    Raises:
        Unchangeable: a width that depends on it cannot be changed with it.
    """
    call = dict(element.extra)["call"]
    for model in reading.models:
        for leaf in model.numbers:
            if leaf.call.node is call.node:
                spots = _linked(reading, model, (element.place.file, element.start, element.end), element)
                return tuple(Edit(*spot, repr(value)) for spot in sorted(spots))
    raise Unchangeable("the layer belongs to no model", where=str(element.place))


def find_dropout_rates(reading: Reading) -> Iterator[Element]:
    """The rate of every dropout, module or function."""
    seen = set()
    for model in reading.models:
        for leaf in model.numbers:
            if leaf.kind in DROPOUTS and leaf.call.node not in seen:
                seen.add(leaf.call.node)
                yield argument_element(
                    reading,
                    "dropout-rate",
                    leaf.call,
                    "p",
                    0,
                    DROPOUT_RATE,
                    model.owner(leaf),
                    model.numbers[leaf],
                    "hidden",
                    leaf.environment,
                )
    for call in reading.bindings.calls:
        if call.name in DROPOUT_FUNCTIONS:
            function = reading.bindings.scopes(call.file).function(call.node)
            owner = function.name if function is not None else "training step"
            yield argument_element(reading, "dropout-rate", call, "p", 1, DROPOUT_RATE, owner, role="hidden")


def _linked(reading: Reading, model: Model, spot: Spot, element: Element) -> set[Spot]:
    """Every place that states a width which must stay equal to the one at `spot`."""
    where = str(element.place)
    if not model.traced:
        raise Unchangeable("what follows this layer cannot be seen", where=where)
    if element.role == "output":
        if stated(reading)[spot] != 1:
            raise Unchangeable("the same constant is the width of another layer, too", where=where)
        return {spot}
    groups = [_group(reading, model, step) for step in model.flow.steps if step.weighted]
    spots, complete = {spot}, False
    while not complete:
        complete = True
        for group in groups:
            found = {spot_of(each.site) for each in group if each is not None}
            if not found & spots or (found <= spots and None not in group):
                continue
            if None in group or any(each is not None and each.value != element.value for each in group):
                raise Unchangeable("a layer that uses this width states another number for it", where=where)
            spots |= found
            complete = False
    if spots & _fixed(reading, model):
        raise Unchangeable("the same constant also sets the width of the data", where=where)
    return spots


def _group(reading: Reading, model: Model, step: Step) -> list[Resolved | None]:
    """The widths that a layer, what keeps its width and the layers after it state; None for one that is unknown."""
    assert step.leaf is not None
    following = model.flow.next_weights(step)
    if not following:
        return []
    leaves: list[tuple[Leaf, Width | None]] = [(step.leaf, WEIGHTED[step.leaf.kind][1])]
    for each in model.flow.after(step):
        if each.leaf is not None and each.leaf.kind in KEEPERS:
            leaves.append((each.leaf, KEEPERS[each.leaf.kind]))
    for each in following:
        if each.leaf is not None:
            leaves.append((each.leaf, WEIGHTED[each.leaf.kind][0]))
    return [
        _width(reading, leaf, width) for leaf, width in leaves if width is not None and _stated(reading, leaf, width)
    ]


def _stated(reading: Reading, leaf: Leaf, width: Width) -> bool:
    """PReLU has one parameter unless it states a width."""
    return leaf.kind != "PReLU" or reading.bindings.argument(leaf.call, *width) is not None


def _width(reading: Reading, leaf: Leaf, width: Width) -> Resolved | None:
    site = reading.bindings.argument(leaf.call, *width)
    found = None if site is None else reading.calls.resolve(site, leaf.environment)
    return found if found is not None and found.known else None


def _fixed(reading: Reading, model: Model) -> set[Spot]:
    """Where the widths of the input and of the output are written."""
    first, last = model.flow.first, model.flow.last
    found = []
    if first is not None and first.leaf is not None and (width := WEIGHTED[first.leaf.kind][0]) is not None:
        found.append(_width(reading, first.leaf, width))
    if last is not None and last.leaf is not None:
        found.append(_width(reading, last.leaf, WEIGHTED[last.leaf.kind][1]))
    return {spot_of(each.site) for each in found if each is not None}
