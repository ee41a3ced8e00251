"""A hole in the text of a program: what stands before and behind it, and how each candidate would be written there.

For models that read source text. A candidate is spelled by the same edit that a patch would make, so `"adam"` is
`keras.optimizers.Adam()` where the program has objects, and a missing activation is an argument more.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import change, find_all
from netmend.program.places import Edit
from netmend.program.sequence.read import Sequence, sequence_of
from netmend.program.sequence.vocabulary import DEFAULT, KINDS, OTHER, UNKNOWN
from netmend.program.source import Program, spliced
from netmend.repairs.program.infill._holes import value_of


@dataclass(frozen=True, slots=True)
class TextHole:
    """One hole.

    Attributes:
        left, right: what stands before and behind it, with what other elements have been given.
        spellings: by token what would be written in it; tokens that cannot be written there are missing.
    """

    left: str
    right: str
    spellings: Mapping[str, str]


@dataclass(frozen=True)
class Spelling:
    """A program whose elements are spelled.

    Attributes:
        blank: what is written in place of other elements that are hidden, too.
    """

    program: Program
    blank: str

    def __post_init__(self) -> None:
        base = sequence_of(self.program)
        known = {} if base is None else {token.element: token.value for token in base.tokens if token.element}
        object.__setattr__(self, "_base", known)
        object.__setattr__(self, "_elements", {each.id: each for each in find_all(self.program)})

    def element(self, sequence: Sequence, position: int) -> Element | None:
        """The element at a position; None for a token that is none of this program."""
        found: Element | None = self._elements.get(sequence.tokens[position].element)  # type: ignore[attr-defined]
        return found

    def hole(self, sequence: Sequence, position: int, tokens: Several[str]) -> TextHole | None:
        """The hole at a position of a sequence of this program, other elements perhaps changed; None if it has none."""
        element = self.element(sequence, position)
        if element is None:
            return None
        main = {token: edit for token in tokens if (edit := self._main(element, token)) is not None}
        if not main:
            return None
        spans = [(edit.start, edit.end) for edit in main.values()]
        if not element.absent:
            spans.append((element.start, element.end))
        start, end = min(start for start, _ in spans), max(end for _, end in spans)
        text = self.program.file(element.place.file).text
        elsewhere = [
            edit for edit in self._others(sequence, element) if edit.file == element.place.file
            and (edit.end <= start or edit.start >= end)
        ]  # fmt: skip
        before = tuple(edit for edit in elsewhere if edit.end <= start)
        after = tuple(Edit(e.file, e.start - end, e.end - end, e.text) for e in elsewhere if e.start >= end)
        return TextHole(
            spliced(text[:start], before),
            spliced(text[end:], after),
            {token: text[start : edit.start] + edit.text + text[edit.end : end] for token, edit in main.items()},
        )

    def read(self, element: Element, hole: TextHole, written: str) -> Value:
        """What a text in a hole makes of an element; None if nothing that is known.

        Only for holes of the program as it is.
        """
        file = self.program.file(element.place.file)
        try:
            changed = self.program.patched((Edit(file.name, 0, len(file.text), hole.left + written + hole.right),))
        except Unchangeable:
            return None
        before, after = (
            [each for each in find_all(program) if each.kind == element.kind] for program in (self.program, changed)
        )
        at = before.index(element)
        if len(before) != len(after) or after[at].owner != element.owner:
            return None
        if any(one.value != other.value for n, (one, other) in enumerate(zip(before, after, strict=True)) if n != at):
            return None
        return after[at].value

    def _main(self, element: Element, token: str) -> Edit | None:
        """The edit of an element's own text; further ones, as an import at the top, are left out."""
        present = Edit(element.place.file, element.start, element.end, element.text)
        if not element.absent and KINDS[element.kind].token(element.value) == token:
            return present
        if element.absent and token == DEFAULT:
            return present
        if token in (DEFAULT, OTHER, UNKNOWN):
            return None
        try:
            edits = change(self.program, element, value_of(element.kind, token))
        except Unchangeable:
            return None
        own = [edit for edit in edits if edit.file == element.place.file]
        return min(own, key=lambda edit: max(edit.start - element.end, element.start - edit.end, 0), default=None)

    def _others(self, sequence: Sequence, element: Element) -> list[Edit]:
        """What other elements have been given, or are hidden by; the earlier one where two would touch."""
        base: Mapping[str, str] = self._base  # type: ignore[attr-defined]
        elements: Mapping[str, Element] = self._elements  # type: ignore[attr-defined]
        found: dict[str, tuple[Edit, ...]] = {}
        for token in sequence.tokens:
            other = elements.get(token.element)
            if other is None or other == element or token.value in (base[token.element], OTHER):
                continue
            if token.value == UNKNOWN:
                found[other.id] = () if other.absent else (Edit(other.place.file, other.start, other.end, self.blank),)
                continue
            try:
                found[other.id] = change(self.program, other, value_of(token.kind, token.value))
            except Unchangeable:
                continue
        edits: list[Edit] = []
        for edit in sorted({edit for each in found.values() for edit in each}):
            if not edits or edits[-1].file != edit.file or edits[-1].end <= edit.start:
                edits.append(edit)
        return edits
