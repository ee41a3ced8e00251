"""The shape of a source element kind. One file per kind; the file name is the kind's name.

Canonical values are framework-neutral: activations, losses, initialisers and regularisers in snake case
("relu", "sigmoid", "linear", "sparse_categorical_crossentropy", "mean_squared_error", "glorot_uniform", "l1_l2"),
optimisers in lower case ("adam", "sgd"), numbers as numbers. PyTorch spellings map to the same names.
A canonical value that carries numbers is written as a call: "l2(0.01)".
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netmend.program.blame import Value
from netmend.program.places import Edit, Place

if TYPE_CHECKING:
    from netmend.program.source import Program


@dataclass(frozen=True, slots=True)
class Element:
    """A place in the program that a patch may change.

    Attributes:
        kind: public name of the kind: "activation", "learning-rate", ...
        place: where it stands, or where it would be inserted if it is absent.
        start, end: span of `text` in the file; equal if the element is absent.
        text: exactly what stands there; "" if absent.
        value: canonical value; for an absent element the framework's default. None if it cannot be resolved.
        absent: not written in the source; a patch adds it.
        framework: "keras" or "torch".
        owner: the call it belongs to, for a person: "Dense 3" (third layer), "compile", "fit", "Adam".
        layer: position of its layer among the model's layers in order of appearance, from 0, the same
            numbering as `Trace.layers`; None if it does not belong to a layer.
        role: "input", "hidden" or "output" for elements of layers; "" otherwise.
        form: how it is written ("string", "object", "call", "module", "functional", ...); private to the kind.
        extra: what the kind needs to write a new value; private to the kind.
        crashed_only: an element of programs that crash before they train: in one that trains it is right.
        output: of a model with several outputs, which of them the element is a part of, from 0; None where there is one
            output, and for what outputs share.
        read_as_shares: an output activation whose results the program rounds or compares with 0.5: to do without a
            sigmoid there would change what the program makes of them.
    """

    kind: str
    place: Place
    start: int
    end: int
    text: str
    value: Value
    absent: bool
    framework: str
    owner: str
    layer: int | None = None
    role: str = ""
    form: str = ""
    extra: tuple[tuple[str, Any], ...] = field(default=(), compare=False)
    crashed_only: bool = False
    output: int | None = None
    read_as_shares: bool = False

    @property
    def id(self) -> str:
        """The same element has the same id as long as the text before it is unchanged."""
        return f"{self.kind}@{self.place}"

    @property
    def label(self) -> str:
        """For a person: "activation of Dense 3: softmax"."""
        return f"{self.kind} of {self.owner}: {self.shown}" + (" (default)" if self.absent else "")

    @property
    def shown(self) -> str:
        """For a person: its value, or where that is not known what is written there: "len(words)"."""
        return clipped(self.text) or "(unknown)" if self.value is None else str(self.value)


def clipped(text: str) -> str:
    """Text of a program on one line of at most 60 characters, which is what a description has room for."""
    return textwrap.shorten(text, 60, placeholder=" ...")


def of_output(elements: Iterable[Element], output: int | None) -> tuple[Element, ...]:
    """The elements without those of other outputs; all of them for None."""
    return tuple(element for element in elements if output is None or element.output in (None, output))


@dataclass(frozen=True, slots=True)
class ElementKind:
    """One kind of source element.

    Attributes:
        find: every element of this kind in a program, in order of appearance, absent ones included.
        values: canonical values that may legally stand there instead, the usual ones first; never the present one.
        change: the edits that put a canonical value there; touches no other byte.
            Raises `netmend.core.errors.Unchangeable` where it cannot be done safely.
    """

    find: Callable[[Program], Iterable[Element]]
    values: Callable[[Element], tuple[Value, ...]]
    change: Callable[[Program, Element, Value], tuple[Edit, ...]]
