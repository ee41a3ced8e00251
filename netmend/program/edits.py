"""A patch of a training program: a few changes of source elements, each a few edits of text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from netmend.core.errors import Unchangeable
from netmend.program.places import Edit, Place
from netmend.program.source import Program
from netmend.program.write import replace_file


@dataclass(frozen=True, slots=True)
class Change:
    """One element set to another value.

    Attributes:
        kind: element kind, for example "loss". place: where the element stands in the unpatched program.
        owner: the call it belongs to, for a person, for example "compile".
        before, after: what stands there and what will, as shown to a person.
        edits: what makes the change, in offsets of the unpatched program.
    """

    kind: str
    place: Place
    owner: str
    before: str
    after: str
    edits: tuple[Edit, ...]

    def __str__(self) -> str:
        return f"{self.kind} of {self.owner}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class SourcePatch:
    """Changes of a program, made together. Fulfils `netmend.core.repairer.Patch`.

    Attributes:
        program: the unpatched program.
        changes: in the order they were thought of; the order has no influence on the patched text.
    """

    program: Program
    changes: tuple[Change, ...] = ()

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """All edits, sorted, without repetition."""
        return tuple(sorted({edit for change in self.changes for edit in change.edits}))

    @cached_property
    def id(self) -> str:
        """SHA-256 of the sorted edits and the program's digest: equal for equal patched programs made alike."""
        digest = hashlib.sha256(self.program.digest.encode())
        for edit in self.edits:
            digest.update(repr((edit.file, edit.start, edit.end, edit.text)).encode())
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """How many elements it changes."""
        return len(self.changes)

    def describe(self) -> str:
        """One line: every change."""
        return "; ".join(map(str, self.changes)) or "no change"

    def smaller(self) -> Iterator[SourcePatch]:
        """Every patch with one change undone, the one added last first: the first ones carried the search."""
        for index in reversed(range(len(self.changes))):
            yield replace(self, changes=self.changes[:index] + self.changes[index + 1 :])

    def with_change(self, change: Change) -> SourcePatch:
        """This patch and one change more.

        Raises:
            Unchangeable: the change touches text another one touches, or the program would not compile.
        """
        if any(other.kind == change.kind and other.place == change.place for other in self.changes):
            raise Unchangeable(f"the {change.kind} of {change.owner} is already changed", where=str(change.place))
        larger = replace(self, changes=(*self.changes, change))
        larger.patched_program()
        return larger

    def patched_program(self) -> Program:
        """The program with every change made.

        Raises:
            Unchangeable: two changes touch the same text, or the program would not compile.
        """
        return self._patched

    @cached_property
    def _patched(self) -> Program:
        return self.program.patched(self.edits)

    @property
    def changed_files(self) -> tuple[tuple[str, bytes, bytes], ...]:
        """Name, bytes before and bytes after of every file the patch changes."""
        pairs = zip(self.program.files, self.patched_program().files, strict=True)
        return tuple((old.name, old.raw, new.raw) for old, new in pairs if old.raw != new.raw)

    def write(self, folder: Path) -> None:
        """Write the changed files, and no others, into a copy of the program's folder.

        Encoding, line ends and permissions stay; links in the copy are replaced, never written through.
        """
        for name, _, raw in self.changed_files:
            replace_file(folder / name, raw)
