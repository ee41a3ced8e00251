"""From the bytes of a source file to the text Python sees, and the check that the text compiles.

Decoding follows PEP 263: a byte order mark or a coding cookie names the encoding, UTF-8 otherwise. Every message
names the file, the line and what to do.
"""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import dataclass

from netmend.core.errors import SourceError
from netmend.program import syntax

# The line ends Python's tokenizer knows. `str.splitlines` also splits at form feeds, U+2028 and others.
LINE_END = re.compile(r"\r\n|\r|\n")

# A visitor of the syntax tree uses up to four frames per level (visit, generic_visit, a method, a generator), and
# Python stops at 1,000 frames unless told otherwise. Own measurement: the deepest file has 33 levels in the standard
# library of Python 3.11 (1,781 files), 29 in Keras 3.15 and 94 in PyTorch 2.13 (a chain of elif).
DEEPEST = 200

_PYTHON_2_MESSAGES = ("Missing parentheses in call to", "multiple exception types must be", "leading zeros in decimal")
_PYTHON_2_LINE = re.compile(
    r"""\s*print\s+["'\w%]          # print statement
    |\s*raise\s+[\w.]+\s*,          # raise Class, message
    |\s*except\s+[\w.]+\s*,\s*\w+\s*: # except Class, name
    |.*<>                           # not equal
    |.*\b\d+[lL]\b                  # long integer
    |.*\b[uU][rR]["']               # raw unicode literal
    |.*`[^`]+`                      # repr
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and how it is written as bytes; line ends are those of the file."""

    text: str
    encoding: str
    bom: bool

    def encode(self, text: str) -> bytes:
        """Bytes of another text in the same encoding.

        Raises:
            UnicodeEncodeError: the encoding lacks a character.
        """
        return (BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends, as Python's tokenizer counts them; the last one may be empty."""
    ends = [match.end() for match in LINE_END.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def decode(raw: bytes, where: str) -> Decoded:
    """Decode the bytes of a Python file.

    Raises:
        SourceError: UTF-16, a NUL byte, an unknown encoding, or bytes that are not of the encoding.
    """
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise SourceError("cannot read source: the file is UTF-16", where=where, hint="save it as UTF-8")
    if (nul := raw.find(b"\0")) >= 0:
        line = raw.count(b"\n", 0, nul) + 1
        raise SourceError("cannot read source: NUL byte", where=f"{where}:{line}", hint="is this a Python file?")
    try:
        encoding, _ = tokenize.detect_encoding(iter(re.split(rb"(?<=\n)|(?<=\r)(?!\n)", raw, maxsplit=2)).__next__)
        bom = encoding == "utf-8-sig"
        decoded = Decoded(raw.decode(encoding), "utf-8" if bom else encoding, bom)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"cannot read source: byte 0x{raw[error.start]:02x} is not {error.encoding}",
            where=f"{where}:{line}",
            hint="save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-",
        ) from None
    except (SyntaxError, LookupError) as error:
        raise SourceError(
            f"cannot read source: {error.args[0]}", where=f"{where}:1", hint="save the file as UTF-8"
        ) from None
    if decoded.encode(decoded.text) != raw:
        raise SourceError(
            f"cannot read source: its {encoding} bytes cannot be written back unchanged",
            where=where,
            hint="save the file as UTF-8",
        )
    return decoded


def parse(text: str, where: str, at: Callable[[int], str] | None = None) -> ast.Module:
    """Compile a text, and give its syntax tree.

    Args:
        at: how to name a line for a person; `where:line` unless given.

    Raises:
        SourceError: it does not compile; the message shows the line with a caret.
    """
    locate = at or (lambda line: f"{where}:{line}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, where, "exec", dont_inherit=True)
            tree = syntax.parse(text, where)
    except SyntaxError as error:
        raise _does_not_compile(error, text, locate) from None
    except (RecursionError, MemoryError):
        raise _too_deep(where) from None
    if (line := _line_deeper_than(tree, DEEPEST)) is not None:
        raise _too_deep(locate(line))
    return tree


def _does_not_compile(error: SyntaxError, text: str, at: Callable[[int], str]) -> SourceError:
    lines = split_lines(text)
    number = min(max(error.lineno or 1, 1), len(lines))
    column = max(error.offset or 1, 1)
    line = LINE_END.sub("", lines[number - 1])
    # A tab before the caret keeps it below its character in a terminal.
    caret = "".join("\t" if char == "\t" else " " for char in line[: column - 1].ljust(column - 1)) + "^"
    python_2 = error.msg.startswith(_PYTHON_2_MESSAGES) or _PYTHON_2_LINE.match(line) is not None
    return SourceError(
        f"the program does not compile: {error.msg}",
        where=f"{at(number)}:{column}\n    {line}\n    {caret}",
        hint="this looks like Python 2; netmend repairs Python 3 programs"
        if python_2
        else "mend the syntax error first",
    )


def _too_deep(where: str) -> SourceError:
    return SourceError(
        "the program is nested too deeply to be read",
        where=where,
        hint="split the longest expression, or load its data from a file",
    )


def _line_deeper_than(tree: ast.Module, limit: int) -> int | None:
    """Line of the first node deeper than the limit; a loop, because recursion is what it guards against."""
    level: list[ast.AST] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return None
    return next((node.lineno for node in level if isinstance(node, ast.expr | ast.stmt)), 1)
