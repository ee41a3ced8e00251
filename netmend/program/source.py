"""A training program as text: the script or notebook, and the local modules it imports."""

from __future__ import annotations

import ast
import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from netmend.core.errors import SourceError, Unchangeable
from netmend.program.decode import LINE_END, Decoded, decode, parse, split_lines
from netmend.program.notebook import Notebook
from netmend.program.places import Edit, Place

CELLS_AS_LINES = "lines are counted over all code cells, each after a line that says which cell it is"


@dataclass(frozen=True)
class SourceFile:
    """One file. `text` is what Python sees; `raw` is what lies on disk.

    Attributes:
        name: POSIX path relative to the program's folder.
        text: decoded; line ends as in the file; for a notebook the script its code cells make.
        raw: the bytes of the file.
        encoding: how `text` becomes `raw`. bom: `raw` begins with a UTF-8 byte order mark.
        notebook: how `text` lies in the cells; None for a script.
    """

    name: str
    text: str
    raw: bytes = field(default=b"", repr=False)
    encoding: str = "utf-8"
    bom: bool = False
    notebook: Notebook | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_bytes(cls, name: str, raw: bytes) -> SourceFile:
        """Read a script, or a notebook if the name ends in `.ipynb`.

        Raises:
            SourceError: it cannot be decoded or does not compile.
        """
        if name.endswith(".ipynb"):
            notebook = Notebook.read(raw, name)
            file = cls(name, notebook.text, raw, notebook=notebook)
        else:
            decoded = decode(raw, name)
            file = cls(name, decoded.text, raw, decoded.encoding, decoded.bom)
        file.tree  # noqa: B018  # parsed here, so that nobody meets a file that does not compile
        return file

    @property
    def notes(self) -> tuple[str, ...]:
        """How `text` came about, a clause each: how the lines of a notebook are counted, and the magics left out."""
        return (CELLS_AS_LINES, *self.notebook.notes) if self.notebook else ()

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of `text`.

        Raises:
            SourceError: it does not compile.
        """
        return parse(self.text, self.name, self.notebook.locate if self.notebook else None)

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(line) for line in self._lines[:-1]), initial=0))

    def offset(self, line: int, utf8_column: int) -> int:
        """Character offset of a position as `ast` gives it: line from 1, column in UTF-8 bytes from 0."""
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:utf8_column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Start and end offset of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def place(self, offset: int) -> Place:
        """Where an offset is, for a person."""
        number = bisect_right(self._starts, offset)
        return Place(self.name, number, offset - self._starts[number - 1] + 1)

    def patched(self, edits: tuple[Edit, ...]) -> SourceFile:
        """The file with edits applied. A line end in an edit becomes the one used where it is inserted.

        Edits that are alike are made once. Where several insert at one offset, they do so in alphabetical order, and
        before a replacement that begins there.

        Raises:
            Unchangeable: edits overlap, lie outside the file, use a character its encoding lacks, touch a part of a
                notebook that is not code, or leave a text that does not compile.
        """
        fitting = self._fitting(edits)
        text = spliced(self.text, fitting)
        try:
            if self.notebook:
                raw = self.notebook.patched(fitting)
            else:
                raw = Decoded(self.text, self.encoding, self.bom).encode(text)
            changed = SourceFile.from_bytes(self.name, raw)
        except UnicodeEncodeError as error:
            unknown = error.object[error.start : error.end]
            raise Unchangeable(f"{self.encoding} cannot write {unknown!r}", where=self.name) from None
        except SourceError as error:
            raise Unchangeable("the patched program does not compile", where=str(error)) from None
        if changed.text != text:
            raise Unchangeable("the patched file would not read back as intended", where=self.name)
        return changed

    def inverse(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """The edits of the patched file that give back this one; edits that touch are one."""
        found: list[Edit] = []
        shift = 0
        for edit in sorted(set(self._fitting(edits))):
            start, before = edit.start + shift, self.text[edit.start : edit.end]
            shift += len(edit.text) - (edit.end - edit.start)
            if found and found[-1].end == start:
                found[-1] = replace(found[-1], end=start + len(edit.text), text=found[-1].text + before)
            else:
                found.append(Edit(self.name, start, start + len(edit.text), before))
        return tuple(found)

    def _fitting(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """The edits with the line ends that the file uses where they stand."""
        return tuple(replace(edit, text=LINE_END.sub(self._line_end(edit.start), edit.text)) for edit in edits)

    def _line_end(self, offset: int) -> str:
        """The line end of the line at an offset, or of the line before it where that is the last."""
        number = bisect_right(self._starts, offset)
        for line in self._lines[number - 1 :: -1]:
            if found := LINE_END.search(line):
                return found.group()
        return "\n"


def spliced(text: str, edits: tuple[Edit, ...]) -> str:
    """A text with edits of one file applied, in the order `SourceFile.patched` describes.

    Raises:
        Unchangeable: edits overlap or lie outside the text.
    """
    pieces, done = [], 0
    for edit in sorted(set(edits)):
        if not done <= edit.start <= edit.end <= len(text):
            outside = edit.end > len(text) or edit.start > edit.end
            what = "an edit lies outside the file" if outside else "two changes touch the same text"
            raise Unchangeable(what, where=f"{edit.file}, characters {edit.start} to {edit.end}")
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])


@dataclass(frozen=True)
class Program:
    """A training program: the main file first, then the local modules it imports, in order of import.

    Attributes:
        folder: where it lives; nothing is ever written there.
    """

    folder: Path
    files: tuple[SourceFile, ...]

    @property
    def main(self) -> SourceFile:
        """The script or notebook the user named."""
        return self.files[0]

    def file(self, name: str) -> SourceFile:
        """The file of that name."""
        return next(file for file in self.files if file.name == name)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the names and bytes of all files, in hexadecimal."""
        digest = hashlib.sha256()
        for file in self.files:
            for part in (file.name.encode(), file.raw):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    @classmethod
    def from_text(cls, text: str, name: str = "train.py") -> Program:
        """A program of one file that lies nowhere; for tests and examples of contributions."""
        return cls(Path(), (SourceFile(name, text, text.encode()),))

    @classmethod
    def read(cls, path: Path) -> Program:
        """Read a script or notebook and its local modules.

        Raises:
            SourceError: it cannot be read, decoded or compiled; the message names file, line and column.
        """
        from netmend.program.modules import read_with_modules

        return cls(path.resolve().parent, read_with_modules(path))

    def patched(self, edits: tuple[Edit, ...]) -> Program:
        """The program with edits applied to its text.

        Raises:
            Unchangeable: as `SourceFile.patched`, or an edit names a file the program does not have.
        """
        unknown = {edit.file for edit in edits} - {file.name for file in self.files}
        if unknown:
            raise Unchangeable("the program has no such file", where=", ".join(sorted(unknown)))
        files = []
        for file in self.files:
            own = tuple(edit for edit in edits if edit.file == file.name)
            files.append(file.patched(own) if own else file)
        return Program(self.folder, tuple(files))

    def inverse(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """The edits of the patched program that give back this one."""
        return tuple(
            back
            for file in self.files
            for back in file.inverse(tuple(edit for edit in edits if edit.file == file.name))
        )
