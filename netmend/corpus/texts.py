"""From the bytes of a script or notebook to its syntax tree, whatever Python it was written for.

Nothing here is written back, so a print statement becomes a call and what cannot be mended is left out and counted.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

from netmend.core.errors import SourceError
from netmend.program.decode import decode
from netmend.program.magics import translated
from netmend.program.syntax import parse

# Most lines that are left out of a script or cell because they do not compile (own choice; of more there is no program
# left to be read).
_MOST_LEFT_OUT = 5

_BLOCK = r"^(\s*(?:[^#'\"\n]*:\s+)?)"  # a statement, or one behind the colon of a block
_OLD = tuple(
    (re.compile(old, re.MULTILINE), new)
    for old, new in (
        (_BLOCK + r"print\s*>>\s*[^,\n]+,\s*(.+)$", r"\1print(\2)"),
        (_BLOCK + r"print[ \t]+(?!\()([^\n#]*?)[ \t]*,?[ \t]*(#.*)?$", r"\1print(\2)"),
        (_BLOCK + r"print\s*(\([^\n]*\)\s*[%,][^\n]*)$", r"\1print(\2)"),
        (_BLOCK + r"print[ \t]*$", r"\1print()"),
        (r"^(\s*except\s+[^:,\n(]+),\s*(\w+)\s*:", r"\1 as \2:"),
        (r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$", r"\1(\2)"),
        (r"(?<![\w.])(\d+)[lL]\b", r"\1"),
        (r"(?<![\w.])0+(\d+)\b(?!\.)", r"\1"),
        (r"\b[uU][rR](?=[\"'])", "r"),
        (r"<>", "!="),
    )
)
"""Python 2 to 3, line by line: what stands in training programs."""


@dataclass(frozen=True, slots=True)
class Text:
    """A program as a tree.

    Attributes:
        left_out: lines that no version of Python could read.
    """

    tree: ast.Module
    left_out: int


def read(raw: bytes, name: str) -> Text | None:
    """The tree of a script, or of the code cells of a notebook of any format; None if it cannot be read."""
    if name.endswith(".ipynb"):
        return _notebook(raw)
    try:
        text = decode(raw, name).text
    except SourceError:
        text = raw.decode("latin-1").replace("\0", "")
    return _tree(text)


def _notebook(raw: bytes) -> Text | None:
    try:
        content = json.loads(raw.decode("utf-8-sig", errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    body: list[ast.stmt] = []
    left_out = 0
    for source in _cells(content):
        script = "".join(piece.text for piece in translated(source)[0])
        read_cell = _tree(script)
        if read_cell is None:
            left_out += 1
        else:
            body += read_cell.tree.body
            left_out += read_cell.left_out
    return Text(ast.Module(body, []), left_out) if body else None


def _cells(content: Any) -> list[str]:
    """The sources of the code cells; in format 3 they lie in worksheets and are called input."""
    if not isinstance(content, dict):
        return []
    sheets = content.get("worksheets")
    holders = sheets if isinstance(sheets, list) else [content]
    found = []
    for holder in holders:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                found.append("".join(map(str, source)) if isinstance(source, list) else str(source))
    return found


def _tree(text: str) -> Text | None:
    """As it is, else as Python 3 would write it, else without the lines that do not compile."""
    tree, _ = _parsed(text)
    if tree is not None:
        return Text(tree, 0)
    text = text.expandtabs()
    for pattern, modern in _OLD:
        text = pattern.sub(modern, text)
    lines = text.split("\n")
    for left_out in range(_MOST_LEFT_OUT + 1):
        tree, line = _parsed("\n".join(lines))
        if tree is not None:
            return Text(tree, left_out)
        if not 1 <= line <= len(lines):
            return None
        wrong = lines[line - 1]
        lines[line - 1] = wrong[: len(wrong) - len(wrong.lstrip())] + "pass"
    return None


def _parsed(text: str) -> tuple[ast.Module | None, int]:
    """The tree, or the line that is at fault, from 1; 0 if that is unknown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(text), 0
    except SyntaxError as error:
        return None, error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return None, 0
