"""A training program as text: the script or notebook, and the local modules it imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from netmend.core.errors import SourceError
from netmend.program.places import Edit, Place


@dataclass(frozen=True)
class SourceFile:
    """One file. `text` is what Python sees; `raw` is what lies on disk.

    Attributes:
        name: POSIX path relative to the program's folder.
        text: decoded; line ends as in the file; for a notebook the script its code cells make.
        raw: the bytes of the file.
    """

    name: str
    text: str
    raw: bytes = field(default=b"", repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of `text`."""
        return ast.parse(self.text, self.name)

    @cached_property
    def _lines(self) -> tuple[tuple[int, str], ...]:
        lines, offset = [], 0
        for line in self.text.splitlines(keepends=True) or [""]:
            lines.append((offset, line))
            offset += len(line)
        return tuple(lines)

    def offset(self, line: int, utf8_column: int) -> int:
        """Character offset of a position as `ast` gives it: line from 1, column in UTF-8 bytes from 0."""
        start, text = self._lines[line - 1]
        return start + len(text.encode()[:utf8_column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Start and end offset of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def place(self, offset: int) -> Place:
        """Where an offset is, for a person."""
        for number, (start, line) in enumerate(self._lines, 1):
            if start <= offset < start + len(line) or number == len(self._lines):
                return Place(self.name, number, offset - start + 1)
        raise AssertionError("unreachable: a file has at least one line")


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
        raise SourceError(f"cannot read {path}")

    def patched(self, edits: tuple[Edit, ...]) -> Program:
        """The program with edits applied to its text."""
        raise SourceError("not written yet")
