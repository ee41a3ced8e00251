"""The patch as a unified diff, the form in which a person reads it and `git apply` takes it.

Paths are relative to the program's folder: run `git apply` there. The bytes are what git must get; the text is the
same decoded, for reading. They differ only where a file is not UTF-8.
"""

from __future__ import annotations

import difflib

from netmend.program.edits import SourcePatch
from netmend.program.source import Program


def unified_diff(program: Program, patch: SourcePatch) -> str:
    """The diff as text, for reading. To write it to a file use `diff_bytes`."""
    return "".join(
        _header(name) + _hunks(old, new).decode(program.file(name).encoding, errors="replace")
        for name, old, new in patch.changed_files
    )


def reading_diff(program: Program, patch: SourcePatch) -> str:
    """The diff of the code in the cells, for reading, where a notebook is changed; "" where none is."""
    names = [name for name, _, _ in patch.changed_files]
    if not any(program.file(name).notebook for name in names):
        return ""
    patched = patch.patched_program()
    pairs = ((program.file(name).text, patched.file(name).text) for name in names)
    return "".join(
        _header(name) + _hunks(old.encode(), new.encode()).decode()
        for name, (old, new) in zip(names, pairs, strict=True)
    )


def diff_bytes(patch: SourcePatch) -> bytes:
    """The diff as bytes that `git apply` takes and reverses exactly, whatever the encoding and the line ends."""
    return b"".join(_header(name).encode() + _hunks(old, new) for name, old, new in patch.changed_files)


def _header(name: str) -> str:
    return f"--- {_quoted('a/' + name)}\n+++ {_quoted('b/' + name)}\n"


def _hunks(old: bytes, new: bytes) -> bytes:
    lines = list(difflib.unified_diff(_lines(old), _lines(new)))[2:]
    marked = (line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
    return "".join(marked).encode("latin-1")


def _lines(raw: bytes) -> list[str]:
    """Lines as git counts them, at line feeds only. Latin-1 makes each byte a character, as difflib compares text."""
    *ended, rest = raw.decode("latin-1").split("\n")
    return [line + "\n" for line in ended] + ([rest] if rest else [])


def _quoted(name: str) -> str:
    """A path as git writes it: in quotes where a character would end it early."""
    if not any(character in '"\\' or ord(character) < 32 for character in name):
        # Without the tab git would take a name up to its first space for the whole.
        return name + "\t" if " " in name else name
    escaped = (f"\\{byte:03o}" if byte < 32 or byte in b'"\\' or byte > 126 else chr(byte) for byte in name.encode())
    return '"' + "".join(escaped) + '"'
