"""Drafts of elements whose value is one argument of a call: numbers, names, objects; written or absent."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import keras_name, last
from netmend.program.reading.keras_structure import Position
from netmend.program.reading.spelling import number, string

Spell = Callable[[Site, Value], tuple[str, tuple[Edit, ...]]]
"""The text of a canonical value at a place, and the imports it needs."""


class Meaning:
    """What an argument means.

    Attributes:
        target: the expression to replace.
        literal: its value if it is a literal (then `known`).
        name: last part of the name of what it refers to or constructs; "" if neither.
        call: the construction, if it is one.
    """

    def __init__(self, bindings: Bindings, use: Site) -> None:
        resolved = bindings.resolve(use)
        self.known, self.literal, self.target = resolved.known, resolved.value, resolved.site
        self.name, self.call = "", None
        if self.known:
            return
        end = bindings.follow(use)
        self.call = bindings.call(end)
        dotted = keras_name(self.call.name if self.call is not None else bindings.name(end))
        if dotted:
            self.target, self.name = end, last(dotted)
        else:
            self.call = None

    @property
    def form(self) -> str:
        """How it is written: "literal", "object", "function" or "unknown"."""
        return "literal" if self.known else "object" if self.call else "function" if self.name else "unknown"


def number_draft(
    bindings: Bindings,
    call: Call,
    kind: str,
    name: str,
    index: int | None,
    owner: str,
    default: float | None,
    whole: bool,
) -> Draft | None:
    """An element that is a number.

    Args:
        bindings: of the program.
        call: the call it is an argument of.
        kind: of the element.
        name: of the parameter.
        index: of the parameter among positional arguments; None if it is keyword-only.
        owner: the call, for a person.
        default: of the framework; None if the argument must be given.
        whole: only whole numbers may stand there.
    """
    spell: Spell = lambda at, value: (_number(value, whole, at), ())  # noqa: E731
    use = bindings.argument(call, name, index)
    if use is None:
        return None if default is None else absent_draft(bindings, call, kind, name, default, owner, spell)
    resolved = bindings.resolve(use)
    value = resolved.value
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if resolved.known and value is None and default is not None:
        return Draft(kind, use, resolved.site, default, owner, replacing(spell))
    target = resolved.site if fits else use
    shown = value if fits and isinstance(value, (int, float)) else None
    return Draft(kind, use, target, shown, owner, replacing(spell))


def absent_draft(
    bindings: Bindings, call: Call, kind: str, name: str, default: Value, owner: str, spell: Spell
) -> Draft | None:
    """An element that is not written: a keyword argument to be added. None if it may be among unseen arguments."""
    if bindings.opaque(call):
        return None

    def write(at: Site, value: Value) -> tuple[Edit, ...]:
        text, imports = spell(at, value)
        return (*imports, spans.add_argument(call, name, text))

    return Draft(kind, call.site, call.site, default, owner, write, spans.insertion_point(call))


def replacing(spell: Spell) -> Callable[[Site, Value], tuple[Edit, ...]]:
    """Write a value in place of the expression that stands there."""

    def write(at: Site, value: Value) -> tuple[Edit, ...]:
        text, imports = spell(at, value)
        return (*imports, spans.replace(at, text))

    return write


def quoted(at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    """A string literal."""
    like = at.text if isinstance(at.node, ast.Constant) else ""
    return string(str(value), like, at.file.text), ()


def in_layer(draft: Draft, position: Position) -> Draft:
    """The draft as one of a layer."""
    return replace(draft, layer=position.number, role=position.role, output=position.output)


def _number(value: Value, whole: bool, at: Site) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and value != int(value)):
        raise Unchangeable(f"{value!r} is no {'whole ' if whole else ''}number", where=str(at.place))
    return str(int(value)) if whole else number(value)
