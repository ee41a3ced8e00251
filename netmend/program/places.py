"""Where something stands in a program, and the edits that change it.

Offsets count characters of the decoded text of one file, from 0. For a notebook they count characters of the
script that its code cells make (`netmend.program.source`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position a person can go to. Lines count from 1, columns from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace `text[start:end]` of a file. start == end inserts."""

    file: str
    start: int
    end: int
    text: str
