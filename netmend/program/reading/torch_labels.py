"""What a PyTorch training step does to the labels where the loss takes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.loss_target import COLUMN, FLOAT, LONG, NONE, ROW
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading, loss_function

_CONVERSIONS = {"unsqueeze", "squeeze", "float", "long", "view", "reshape", "flatten"}
_SAME = {"unsqueeze(1)": COLUMN, "view(-1,1)": COLUMN, "reshape(-1,1)": COLUMN, "squeeze()": ROW, "squeeze(1)": ROW}
"""Of labels with one number a row."""

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def find_loss_targets(reading: Reading) -> Iterator[Element]:
    """The labels of every call of the loss in the training step.

    Calls of the same loss elsewhere that are given labels by the same expression, as those of a validation loop, belong
    to the first of them: what is wrong in one place is wrong in all.
    """
    known: set[ast.AST] = set()
    for call in reading.loss_calls:
        target = reading.bindings.argument(call, "target", 1)
        if target is None or target.file is not call.file or target.node in known:
            continue
        alike = tuple(_alike(reading, call, target))
        known |= {each.node for each in alike}
        node, file = target.node, target.file
        start = end = target.span[1]
        value = NONE
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CONVERSIONS:
            start = file.span(node.func.value)[1]
            written = re.sub(r"\s|dim=|axis=", "", file.text[start:end]).lstrip(").")
            value = _SAME.get(written, written)
        yield Element(
            kind="loss-target",
            place=file.place(start),
            start=start,
            end=end,
            text=file.text[start:end],
            value=value,
            absent=start == end,
            framework="torch",
            owner="training step",
            extra=(("target", target), ("alike", alike)),
        )


def _alike(reading: Reading, call: Call, target: Site) -> Iterator[Site]:
    """The labels of other calls of the same loss in the file, where they are written like a call's own."""
    made = reading.bindings.follow(Site(call.file, call.node.func)).node
    for other in reading.bindings.calls:
        if other.file is not call.file or other.node is call.node:
            continue
        applied = reading.bindings.follow(Site(other.file, other.node.func)).node
        if applied is made or (loss_function(call.name) and other.name == call.name):
            labels = reading.bindings.argument(other, "target", 1)
            if labels is not None and labels.file is target.file and labels.text == target.text:
                yield labels


def write_loss_target(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that append one more call to the labels, or take the last one away, in every place alike.

    Raises:
        Unchangeable: it is no such call.
    """
    extra = dict(element.extra)
    targets: tuple[Site, ...] = (extra["target"], *extra["alike"])
    return tuple(edit for target in targets for edit in _written(element, target, value))


def _written(element: Element, target: Site, value: Value) -> tuple[Edit, ...]:
    if not element.absent and isinstance(target.node, ast.Call) and isinstance(target.node.func, ast.Attribute):
        kept = Site(target.file, target.node.func.value)
        if value == NONE:
            return (spans.replace(target, kept.text),)
        if {element.value, value} == {FLOAT, LONG}:
            return (Edit(target.file.name, kept.span[1], target.span[1], f".{value}"),)
    if value not in ((COLUMN, ROW, FLOAT, LONG) if element.absent else (FLOAT, LONG)):
        raise Unchangeable(f"labels have no {value} here", where=str(element.place))
    name, (start, end) = target.file.name, target.span
    if isinstance(target.node, _ATOMS):
        return (Edit(name, end, end, f".{value}"),)
    return (Edit(name, start, start, "("), Edit(name, end, end, f").{value}"))
