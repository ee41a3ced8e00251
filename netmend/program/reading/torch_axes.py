"""Along which axes PyTorch models compute: the last softmax, and the steps of recurrent layers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.sequence_axis import FIRST, SECOND
from netmend.program.places import Edit
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_activations import find_activations
from netmend.program.reading.torch_model import Leaf, nodes
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_values import argument_element, write_argument

_SCORES = ("softmax", "log_softmax")
_RECURRENT = {"RNN": 5, "LSTM": 4, "GRU": 4}
"""Where `batch_first` stands among the positional arguments; RNN has a `nonlinearity` before it."""
_MOVES = {"permute", "transpose", "swapaxes", "movedim", "T", "mT", "t"}


# The last softmax


def find_softmax_dims(reading: Reading) -> Iterator[Element]:
    """The axis of every softmax that gives the answer, where it is stated."""
    for activation in find_activations(reading):
        if activation.value not in _SCORES or activation.role != "output":
            continue
        call: Call = dict(activation.extra)["call"]
        index = {"module": 0, "method": 0, "functional": 1}[activation.form]
        site = reading.bindings.argument(call, "dim", index)
        found = None if site is None else reading.bindings.resolve(site)
        if found is None or not isinstance(found.value, int) or isinstance(found.value, bool):
            continue
        start, end = found.site.span
        yield replace(
            activation,
            kind="softmax-dim",
            place=found.site.place,
            start=start,
            end=end,
            text=found.site.text,
            value=found.value,
            form=_last_kind(reading),
            extra=(),
        )


def write_softmax_dim(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that state another axis.

    Raises:
        Unchangeable: it is no axis.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unchangeable(f"an axis is a whole number, not {value}", where=str(element.place))
    return (Edit(element.place.file, element.start, element.end, str(value)),)


def _last_kind(reading: Reading) -> str:
    """Class of the output layer of the trained model; "" if it is not seen."""
    last = reading.models[0].flow.last if reading.models else None
    return "" if last is None or last.leaf is None else last.leaf.kind


# Recurrent layers


def find_sequence_axes(reading: Reading) -> Iterator[Element]:
    """The axis of time of every recurrent layer.

    `form` is "taken for rows" where the program cuts the layer's outputs along the other axis than the layer means.
    """
    for model in reading.models:
        for leaf in nodes(model.root):
            if not isinstance(leaf, Leaf) or leaf.kind not in _RECURRENT:
                continue
            index = _RECURRENT[leaf.kind]
            found = argument_element(
                reading, "sequence-axis", leaf.call, "batch_first", index, FIRST, leaf.kind, model.numbers.get(leaf)
            )
            site = reading.bindings.argument(leaf.call, "batch_first", index)
            if site is not None:
                value = reading.bindings.resolve(site).value
                found = replace(found, value=(SECOND if value else FIRST) if isinstance(value, bool) else None)
            if found.value == FIRST and any(_cut_along_second(reading, call) for call in _uses(reading, leaf)):
                found = replace(found, form="taken for rows" if found.form == "argument" else found.form)
            yield replace(found, owner=model.owner(leaf))


def write_sequence_axis(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that state which axis is time.

    Raises:
        Unchangeable: its arguments cannot be seen, or it is no such axis.
    """
    if value not in (FIRST, SECOND):
        raise Unchangeable(f"time is in the first or the second axis, not {value}", where=str(element.place))
    return write_argument(element, str(value == SECOND))


def _uses(reading: Reading, leaf: Leaf) -> Iterator[Call]:
    """The calls of a module that are written as `self.NAME(...)` or by another name of it."""
    for call in reading.bindings.calls:
        if isinstance(call.node.func, (ast.Name, ast.Attribute)) and call.node.args:
            found = reading.module(Site(call.file, call.node.func))
            if isinstance(found, Leaf) and found.call.node is leaf.call.node:
                yield call


def _cut_along_second(reading: Reading, call: Call) -> bool:
    """Whether the last step is taken from the second axis of the outputs, as in `out[:, -1]`, and no axes are moved."""
    scopes = reading.bindings.scopes(call.file)
    function = scopes.function(call.node)
    statement = scopes.statement(call.node)
    if function is None or not isinstance(statement, ast.Assign) or statement.value is not call.node:
        return False
    match statement.targets:
        case [ast.Tuple(elts=[ast.Name(id=name), *_])]:
            pass
        case _:
            return False
    if any(isinstance(node, ast.Attribute) and node.attr in _MOVES for node in ast.walk(function)):
        return False
    return any(_takes_last(node, name) for node in ast.walk(function))


def _takes_last(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Subscript(
            value=ast.Name(id=owner),
            slice=ast.Tuple(
                elts=[ast.Slice(lower=None, upper=None), ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)), *_]
            ),
        ):
            return owner == name
    return False
