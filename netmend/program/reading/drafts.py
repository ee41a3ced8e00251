"""Source elements while a program is still being read: each with the function that writes a new value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading.bindings import Site

Write = Callable[[Site, Value], tuple[Edit, ...]]
"""From the expression that stands there and a canonical value to the edits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One element to be.

    Attributes:
        use: the expression at the call it belongs to; for an absent element, that call.
        target: the expression to replace: `use`, or where a name in `use` gets its value.
        insertion: offset in the file of `use` where an absent element would stand; None if it is not absent.
        local: the element can also be written at `use`, in place of the name there.
        crashed_only: as of an element.
    """

    kind: str
    use: Site
    target: Site
    value: Value
    owner: str
    write: Write
    insertion: int | None = None
    layer: int | None = None
    role: str = ""
    form: str = ""
    local: bool = True
    crashed_only: bool = False
    output: int | None = None

    def element(self, framework: str) -> Element:
        """The finished element."""
        file = self.target.file
        start, end = self.target.span if self.insertion is None else (self.insertion, self.insertion)
        return Element(
            kind=self.kind,
            place=file.place(start),
            start=start,
            end=end,
            text=file.text[start:end],
            value=self.value,
            absent=self.insertion is not None,
            framework=framework,
            owner=self.owner,
            layer=self.layer,
            role=self.role,
            form=self.form,
            crashed_only=self.crashed_only,
            output=self.output,
        )

    def edits(self, value: Value) -> tuple[Edit, ...]:
        """The edits that put a canonical value there.

        Raises:
            Unchangeable: it cannot be done safely.
        """
        return self.write(self.target, value)


def settled(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Each element once.

    Where several calls take their value from one variable, changing the variable would change them all: each element
    then stands at its own call. What cannot stand there (an optimiser object shared by two models) is one element.
    """
    drafts = list(drafts)
    written = [draft for draft in drafts if draft.insertion is None]
    shared = Counter(_spot(draft) for draft in written if draft.target != draft.use)
    own = [replace(draft, target=draft.use) if draft.local and shared[_spot(draft)] > 1 else draft for draft in drafts]
    once = {(draft.kind, _spot(draft)): draft for draft in reversed(own)}
    return tuple(reversed(once.values()))


def _spot(draft: Draft) -> tuple[str, int, int]:
    """File, offset and length: what tells places apart."""
    start, end = draft.target.span if draft.insertion is None else (draft.insertion, draft.insertion)
    return draft.target.file.name, start, end - start
