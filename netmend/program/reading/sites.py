"""Expressions, calls and values, each with the place where it is written."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from netmend.program.places import Place
from netmend.program.source import SourceFile


@dataclass(frozen=True, slots=True)
class Site:
    """An expression in a file."""

    file: SourceFile
    node: ast.expr

    @property
    def span(self) -> tuple[int, int]:
        """Start and end offset in the file's text."""
        return self.file.span(self.node)

    @property
    def text(self) -> str:
        """Exactly what is written there."""
        start, end = self.span
        return self.file.text[start:end]

    @property
    def place(self) -> Place:
        """Where it starts, for a person."""
        return self.file.place(self.span[0])


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value and where it is written.

    Attributes:
        site: the expression to replace; the use itself if the value could not be followed.
        value: as Python would compute it; lists are tuples; None if `known` is false.
        known: whether the value was found.
    """

    site: Site
    value: object = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call in the text.

    Attributes:
        name: canonical dotted name of what is called: "torch.nn.Linear", "tensorflow.keras.layers.Dense", for the
            program's own functions and classes "train.build"; "" if that is not a name (a method of an object).
        method: last part of what is called if it is an attribute: "compile" in `model.compile(...)`; "" otherwise.
    """

    file: SourceFile
    node: ast.Call
    name: str
    method: str

    @property
    def site(self) -> Site:
        """The call as an expression."""
        return Site(self.file, self.node)

    @property
    def short(self) -> str:
        """Last part of the name: "Dense"."""
        return self.name.rpartition(".")[2]
