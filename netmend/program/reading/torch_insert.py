"""What may be added between the layers of a PyTorch model: a normalisation, a dropout, a copy of a layer.

Behind an item of a Sequential the new module becomes the next item. Anywhere else the layer becomes a Sequential of
itself and the new module, `nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))`, which fits whatever `forward` does, as
long as nothing asks the layer for its weights.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Site
from netmend.program.reading.spelling import number
from netmend.program.reading.torch_forward import Step
from netmend.program.reading.torch_items import indexed, insertion, removal
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import ACTIVATIONS, DROPOUTS, NN, NORMALISATIONS, WEIGHTED_SUMS, Width
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_spelling import spelled
from netmend.program.reading.torch_values import numeric

NONE = "none"
_NORMALISATIONS = {"BatchNorm1d": "batch_normalization", "BatchNorm2d": "batch_normalization"} | {
    "BatchNorm3d": "batch_normalization",
    "LayerNorm": "layer_normalization",
}
_SIZES = {"Linear": "1d", "Conv1d": "1d", "Conv2d": "2d", "Conv3d": "3d"}


def behind(reading: Reading, leaf: Leaf, name: str, *modules: str) -> tuple[Edit, ...]:
    """The edits that put modules behind a layer.

    Args:
        reading: of the program.
        leaf: the layer.
        name: what a new module is called where items have names.
        modules: the calls that make the new modules.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    member = leaf.member
    inside = member is not None and (member.item is not None or member.statement is not None)
    together = len(modules) == 1 or (member is not None and not member.name and member.statement is None)
    if member is not None and inside and together and not indexed(reading):
        return insertion(reading, member, ", ".join(modules), name)
    return _wrapped(reading, leaf, after=", ".join(modules))


def before(reading: Reading, leaf: Leaf, text: str) -> tuple[Edit, ...]:
    """The edits that put a module before a layer, which becomes a Sequential of the two.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    member = leaf.member
    if (
        member is not None
        and not member.name
        and isinstance(member.display, (ast.Call, ast.List))
        and not indexed(reading)
    ):
        items = member.display.args if isinstance(member.display, ast.Call) else member.display.elts
        file = member.site.file
        if items and items[0] is member.item:
            bracket = file.span(member.display.func)[1] if isinstance(member.display, ast.Call) else None
            opening = file.span(member.display)[0] + 1 if bracket is None else file.text.index("(", bracket) + 1
            return (spans.add_item_before(file, items, opening, text),)
    return _wrapped(reading, leaf, before=text)


def _wrapped(reading: Reading, leaf: Leaf, before: str = "", after: str = "") -> tuple[Edit, ...]:
    """`nn.Sequential(...)` around a layer; only what is new is written, so that the layer itself may change too."""
    site = leaf.call.site
    if _asked_for(reading, leaf):
        raise Unchangeable("the program asks this layer for its weights", where=str(site.place))
    name, imports = spelled(reading.bindings, site, f"{NN}.Sequential")
    start, end = site.span
    opening = f"{name}({before}, " if before else f"{name}("
    closing = f", {after})" if after else ")"
    return (Edit(site.file.name, start, start, opening), Edit(site.file.name, end, end, closing), *imports)


def _asked_for(reading: Reading, leaf: Leaf) -> bool:
    """Whether the program reads `self.fc1.weight` or the like."""
    names = {each.attr for each in getattr(leaf.holder, "targets", ()) if isinstance(each, ast.Attribute)}
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr in names
        for file in reading.program.files
        for node in ast.walk(file.tree)
    )


def hidden(reading: Reading) -> Iterator[tuple[Model, Step, Leaf]]:
    """Every hidden layer whose surroundings can be seen, once."""
    seen: set[ast.AST] = set()
    for model in reading.models:
        for step in model.flow.steps if model.traced else ():
            leaf = step.leaf
            made_once = leaf is not None and leaf.call.node not in seen and not reading.bindings.in_loop(leaf.call)
            if leaf is None or not made_once or not step.weighted_sum or not model.flow.next_weights(step):
                continue
            seen.add(leaf.call.node)
            yield model, step, leaf


def _element(kind: str, model: Model, leaf: Leaf, value: Value, site: Site | None, **extra: object) -> Element:
    """An element at `site`, or absent behind a layer."""
    start, end = site.span if site is not None else (leaf.call.site.span[1],) * 2
    file = leaf.call.file if site is None else site.file
    return Element(
        kind=kind,
        place=file.place(start),
        start=start,
        end=end,
        text=file.text[start:end],
        value=value,
        absent=site is None,
        framework="torch",
        owner=model.owner(leaf),
        layer=model.numbers.get(leaf),
        role=model.role(leaf),
        form="behind" if site is None else "module",
        extra=(("leaf", leaf), *extra.items()),
    )


# Normalisation


def find_normalisations(reading: Reading) -> Iterator[Element]:
    """The normalisation behind every hidden layer, absent ones included."""
    for model, step, leaf in hidden(reading):
        follows = [each.leaf for each in model.flow.after(step) if each.leaf is not None]
        norm = next((each for each in follows if each.kind in NORMALISATIONS), None)
        if norm is not None:
            value = _NORMALISATIONS.get(norm.kind)
            yield _element("normalisation", model, leaf, value, norm.call.site, norm=norm)
        elif leaf.kind in _SIZES:
            yield _element("normalisation", model, leaf, NONE, None)


def write_normalisation(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that add a normalisation, remove it, or put another in its place.

    Raises:
        Unchangeable: there is no such normalisation for this layer, or no place for it.
    """
    extra = dict(element.extra)
    leaf: Leaf = extra["leaf"]
    norm: Leaf | None = extra.get("norm")
    if value == NONE:
        assert norm is not None
        removed = removal(reading, norm.member)
        if removed is not None:
            return (removed,)
        text, imports = spelled(reading.bindings, norm.call.site, f"{NN}.Identity")
        return (spans.replace(norm.call.site, f"{text}()"), *imports)
    text, imports = normalisation_text(reading, leaf, value, element, WEIGHTED_SUMS[leaf.kind][1])
    if norm is not None:
        return (spans.replace(norm.call.site, text), *imports)
    return (*behind(reading, leaf, "norm", text), *imports)


def normalisation_text(
    reading: Reading, leaf: Leaf, value: Value, element: Element, width: Width | None
) -> tuple[str, tuple[Edit, ...]]:
    """The call that makes a normalisation of a layer's inputs or outputs, and the import it needs.

    Args:
        reading: of the program.
        leaf: the layer.
        value: canonical.
        element: for messages.
        width: the parameter of the layer that says how many there are.

    Raises:
        Unchangeable: the number is not known, or there is no such normalisation.
    """
    size = _SIZES.get(leaf.kind, "")
    classes = {"batch_normalization": f"BatchNorm{size}", "layer_normalization": "LayerNorm" if size == "1d" else ""}
    chosen = classes.get(str(value), "") if size else ""
    # The expression itself: the class around it may be made several times, with other widths.
    count = None if width is None else reading.bindings.argument(leaf.call, *width)
    if not chosen or count is None or (leaf.kind != "Linear" and chosen == "LayerNorm"):
        raise Unchangeable(f"no {value} fits {leaf.kind} here", where=str(element.place))
    text, imports = spelled(reading.bindings, leaf.call.site, f"{NN}.{chosen}")
    return f"{text}({count.text})", imports


def _counts(reading: Reading, leaf: Leaf, width: Width | None) -> list[float | None]:
    """The width that a call states in each of the layers that it makes."""
    site = None if width is None else reading.bindings.argument(leaf.call, *width)
    leaves = (each for model in reading.models for each in model.numbers if each.call.node is leaf.call.node)
    return [None if site is None else numeric(reading.calls.resolve(site, each.environment).value) for each in leaves]


# Dropout


def find_absent_dropouts(reading: Reading) -> Iterator[Element]:
    """An absent dropout behind every hidden layer that none follows."""
    if any("dropout" in call.name.rpartition(".")[2] for call in reading.bindings.calls):
        return  # a function may follow the layer
    for model, step, leaf in hidden(reading):
        follows = [each.leaf for each in model.flow.after(step) if each.leaf is not None]
        if not any(each.kind in DROPOUTS for each in follows):
            yield replace(_element("dropout-rate", model, leaf, 0.0, None), role="hidden")


def write_absent_dropout(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that add a dropout behind a layer."""
    rate = numeric(value)
    if rate is None or not 0 < rate < 1:
        raise Unchangeable(f"{value} is no share of inputs to drop", where=str(element.place))
    leaf: Leaf = dict(element.extra)["leaf"]
    text, imports = spelled(reading.bindings, leaf.call.site, f"{NN}.Dropout")
    return (*behind(reading, leaf, "dropout", f"{text}({number(rate)})"), *imports)


# Repeats


def find_repeats(reading: Reading) -> Iterator[Element]:
    """How often every hidden layer stands in a row, with the activation behind it."""
    copies: set[Leaf] = set()
    for model, step, leaf in hidden(reading):
        if leaf in copies:
            continue
        run, activation = _run(model, step, leaf)
        copies |= set(run)
        found = _element("layer-repeats", model, leaf, len(run), leaf.call.site, run=run, activation=activation)
        inside, outside = (_counts(reading, leaf, width) for width in WEIGHTED_SUMS[leaf.kind])
        equal = None not in inside and inside == outside and "#" not in leaf.call.site.text
        free = equal and len(run) == 1 and not _asked_for(reading, leaf)
        yield found if free else replace(found, form="fixed")


def write_repeats(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put copies of a layer behind it.

    Raises:
        Unchangeable: its inputs and outputs are not equally many, or fewer are asked for than there are.
    """
    extra = dict(element.extra)
    leaf: Leaf = extra["leaf"]
    run: list[Leaf] = extra["run"]
    where = str(element.place)
    if element.form == "fixed":
        raise Unchangeable("its inputs and outputs are not equally many, or it is repeated already", where=where)
    if isinstance(value, bool) or not isinstance(value, int) or value <= len(run):
        raise Unchangeable("copies of a layer can only be added", where=where)
    activation, imports = _activation_text(reading, leaf, extra["activation"])
    again = [activation, leaf.call.site.text] if activation else [leaf.call.site.text]
    return (*behind(reading, run[-1], "again", *again * (value - len(run))), *imports)


def _activation_text(reading: Reading, leaf: Leaf, step: Step | None) -> tuple[str, tuple[Edit, ...]]:
    """The module that applies the activation of a step; "" if there is none."""
    if step is None:
        return "", ()
    if step.leaf is not None:
        return step.leaf.call.site.text, ()
    known = ACTIVATIONS[step.activation]
    if not known.module:
        return "", ()
    name, imports = spelled(reading.bindings, leaf.call.site, f"{NN}.{known.module}")
    return f"{name}({known.arguments})", imports


def _run(model: Model, step: Step, leaf: Leaf) -> tuple[list[Leaf], Step | None]:
    """The layer and the copies that follow with nothing but activations between, and the first of those."""
    run: list[Leaf] = [leaf]
    activation: Step | None = None
    current = step
    while True:
        between = model.flow.after(current)
        following = model.flow.next_weights(current)
        plain = all(each.activation for each in between)
        if current is step and plain and len(between) == 1:
            activation = between[0]
        if not plain or len(following) != 1 or following[0].leaf is None or following[0].leaf in run:
            return run, activation
        if following[0].leaf.call.site.text != leaf.call.site.text or not model.flow.next_weights(following[0]):
            return run, activation
        current = following[0]
        run.append(following[0].leaf)
