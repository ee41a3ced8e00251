"""A Jupyter notebook as a script, and edits of the script carried back into the notebook's own bytes.

Only characters inside the JSON strings of edited source lines change: indentation, ids, outputs, metadata, the way
non-ASCII characters are written and the end of the file stay as they are.
Reference: nbformat 4, https://nbformat.readthedocs.io/en/latest/format_description.html.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netmend.core.errors import SourceError, Unchangeable
from netmend.program.magics import Piece, translated
from netmend.program.places import Edit

_MARKER = "# %% code cell {}\n"
_SPACE = re.compile(r"[ \t\r\n]*")
# One character of a JSON string as it is written: a surrogate pair, an escape, or itself (RFC 8259, section 7).
_UNIT = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)
_JSON = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one character of the script is written in the document: its span, and in which cell's source.

    Attributes:
        separator: what stands between two strings of the source, quotes included; "" if the source is one string.
    """

    start: int
    end: int
    separator: str


@dataclass(frozen=True)
class Notebook:
    """A notebook of format 4.

    Attributes:
        document: the JSON text. bom: the file begins with a UTF-8 byte order mark.
        text: the script its code cells make; a comment line with the cell's number begins each.
        origins: for each character of `text`; None for what does not stand in the notebook.
        notes: what was left out of the script, one sentence each.
    """

    name: str
    document: str
    bom: bool
    text: str
    origins: tuple[Origin | None, ...]
    notes: tuple[str, ...]

    @classmethod
    def read(cls, raw: bytes, name: str) -> Notebook:
        """Read the bytes of an `.ipynb` file.

        Raises:
            SourceError: not JSON, not a notebook of format 4, not Python, or without code.
        """
        bom = raw.startswith(BOM_UTF8)
        try:
            document = raw.decode("utf-8-sig" if bom else "utf-8")
            content = json.loads(document, strict=False)
        except UnicodeDecodeError as error:
            raise SourceError(f"cannot read notebook: {error}", where=name, hint="save it as UTF-8") from None
        except json.JSONDecodeError as error:
            where = f"{name}:{error.lineno}:{error.colno}"
            raise SourceError(f"cannot read notebook: not JSON: {error.msg}", where=where) from None
        except RecursionError:
            raise SourceError("cannot read notebook: nested too deeply", where=name) from None
        _check(content, name)

        script: list[tuple[str, Origin | None]] = []
        notes: list[str] = []
        for number, characters in enumerate(_code_cells(document), 1):
            pieces, left_out = translated("".join(character for character, _ in characters))
            script += [(character, None) for character in _MARKER.format(number)]
            for piece in pieces:
                script += _traced(piece, characters)
            script.append(("\n", None))
            lines = "".join(character for character, _ in characters).split("\n")
            notes += [
                f"code cell {number}, line {n} is not Python and is left out: {lines[n - 1].strip()}" for n in left_out
            ]
        text = "".join(character for character, _ in script)
        return cls(name, document, bom, text, tuple(origin for _, origin in script), tuple(notes))

    def locate(self, line: int) -> str:
        """A line of the script as a person finds it in the notebook: "n.ipynb, code cell 2, line 3"."""
        before = self.text.split("\n")[:line]
        markers = [at for at, text in enumerate(before, 1) if re.fullmatch(_MARKER.strip().format(r"\d+"), text)]
        return f"{self.name}, code cell {len(markers)}, line {line - markers[-1]}"

    def patched(self, edits: tuple[Edit, ...]) -> bytes:
        """Bytes of the notebook with edits of the script applied to its cells.

        Raises:
            Unchangeable: an edit touches text that is not the code of one cell.
        """
        document = self.document
        # From the last to the first, so that the positions of those still to be made stay valid.
        for edit in sorted(set(edits), reverse=True):
            start, end, text = self._in_document(edit)
            document = document[:start] + text + document[end:]
        return (BOM_UTF8 if self.bom else b"") + document.encode()

    def _in_document(self, edit: Edit) -> tuple[int, int, str]:
        """Where an edit is to be made in the document, and what is to be written there."""
        before = self._origin(edit.start - 1)
        after = self._origin(edit.end)
        touched = [self._origin(offset) for offset in range(edit.start, edit.end)] or [after or before]
        first, last = touched[0], touched[-1]
        if first is None or last is None or None in touched:
            line = self.text.count("\n", 0, edit.start) + 1
            raise Unchangeable("not the code of one cell", where=self.locate(line))
        if edit.start < edit.end:
            start, end = first.start, last.end
        else:
            start = end = first.start if after else first.end

        written = json.dumps(edit.text, ensure_ascii=self._escapes)[1:-1]
        if not first.separator:
            return start, end, written
        # The source is a list with one string per line: keep it so.
        if after and self.text[edit.start : edit.end].endswith("\n") and not edit.text.endswith("\n"):
            end = after.start
        lines = written.replace("\\\\", "\0").replace("\\n", "\\n" + first.separator).replace("\0", "\\\\")
        if edit.text.endswith("\n") and self.document[end] == '"':
            lines = lines.removesuffix(first.separator)
        if before and before.end == start and self.text[edit.start - 1] == "\n" and edit.text:
            lines = first.separator + lines
        return start, end, lines

    def _origin(self, offset: int) -> Origin | None:
        return self.origins[offset] if 0 <= offset < len(self.origins) else None

    @property
    def _escapes(self) -> bool:
        """Whether the document writes non-ASCII characters as escapes; Jupyter does not, `json.dump` does."""
        return self.document.isascii() and re.search(r"\\u(?!00[01])", self.document) is not None


def _traced(piece: Piece, characters: list[tuple[str, Origin]]) -> list[tuple[str, Origin | None]]:
    if piece.origin is None:
        return [(character, None) for character in piece.text]
    return list(characters[piece.origin : piece.origin + len(piece.text)])


def _check(content: Any, name: str) -> None:
    def refuse(what: str, hint: str = "open it in Jupyter and save it again") -> SourceError:
        return SourceError(f"cannot read notebook: {what}", where=name, hint=hint)

    if not isinstance(content, dict) or "nbformat" not in content:
        raise refuse("JSON, but no notebook")
    if content["nbformat"] != 4:
        raise refuse(f"format {content['nbformat']}, expected 4")
    if not isinstance(content.get("cells"), list):
        raise refuse("it has no list of cells")
    for number, cell in enumerate(content["cells"], 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise refuse(f"cell {number} has no type")
        source = cell.get("source")
        if not isinstance(source, str) and not (
            isinstance(source, list) and all(isinstance(line, str) for line in source)
        ):
            raise refuse(f"the source of cell {number} is neither text nor a list of lines")
    metadata = content.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = info.get("name", "python") if isinstance(info, dict) else "python"
    if language != "python":
        raise refuse(f"its language is {language}", "netmend repairs Python programs")
    if not any(cell["cell_type"] == "code" and "".join(cell["source"]).strip() for cell in content["cells"]):
        raise refuse("it has no code", "name the notebook that trains")


def _code_cells(document: str) -> Iterator[list[tuple[str, Origin]]]:
    """The source of each code cell, character by character, with the place of each in the document."""
    (cells,) = [at for key, at in _members(document, _SPACE.match(document).end()) if key == "cells"][-1:]  # type: ignore[union-attr]
    for cell in _items(document, cells):
        members = dict(_members(document, cell))
        if _JSON.raw_decode(document, members["cell_type"])[0] == "code":
            yield list(_characters(document, members["source"]))


def _characters(document: str, source: int) -> Iterator[tuple[str, Origin]]:
    if document[source] == '"':
        strings, separator = [source], ""
    else:
        strings = list(_items(document, source))
        # A list of one line has no separator to copy; what stands before the line is how the next one would be set.
        between = document[_value_end(document, strings[0]) : strings[1]] if len(strings) > 1 else ""
        separator = f'"{between or "," + document[source + 1 : strings[0]]}"' if strings else ""
    for start in strings:
        end = _value_end(document, start) - 1
        for unit in _UNIT.finditer(document, start + 1, end):
            yield _JSON.raw_decode(f'"{unit.group()}"')[0], Origin(*unit.span(), separator)


def _members(document: str, start: int) -> Iterator[tuple[str, int]]:
    """Keys of a JSON object, and where their values begin. The document is known to be valid."""
    for key in _items(document, start):
        name, end = _JSON.raw_decode(document, key)
        colon = document.index(":", end)
        yield name, _SPACE.match(document, colon + 1).end()  # type: ignore[union-attr]


def _items(document: str, start: int) -> Iterator[int]:
    """Where the items of a JSON array, or the keys of a JSON object, begin."""
    is_object = document[start] == "{"
    at = _SPACE.match(document, start + 1).end()  # type: ignore[union-attr]
    while document[at] not in "]}":
        yield at
        if is_object:
            at = document.index(":", _value_end(document, at)) + 1
        at = _SPACE.match(document, _value_end(document, at)).end()  # type: ignore[union-attr]
        if document[at] == ",":
            at = _SPACE.match(document, at + 1).end()  # type: ignore[union-attr]


def _value_end(document: str, start: int) -> int:
    return _JSON.raw_decode(document, _SPACE.match(document, start).end())[1]  # type: ignore[union-attr]
