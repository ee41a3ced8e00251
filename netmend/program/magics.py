"""The lines of a notebook cell that IPython understands and Python does not.

They are left out of the script, as comments. `%time` and cell magics that only measure keep the code they stand before.
Reference: https://ipython.readthedocs.io/en/stable/interactive/magics.html.
"""

from __future__ import annotations

import io
import re
import tokenize
import warnings
from dataclasses import dataclass

from netmend.program.decode import split_lines
from netmend.program.syntax import parse

# Cell magics whose body is Python that runs once, in place, as far as its effects go.
_BODY_IS_PYTHON = frozenset({"time", "timeit", "capture", "prun"})

_MEASURED = re.compile(r"(\s*)%(?:time|prun)[ \t]+(?=[^-\s])")
_MAGIC = re.compile(
    r"""\s*(?:[%!?]                          # %matplotlib inline, !pip install, ?help
        |[\w.*]+\?\??\s*$                    # model?
        |[\w., ]+=\s*[%!]                    # files = !ls
        |(?:\w+\s*=\s*)?get_ipython\s*\(     # what Jupyter's own export writes for a magic
        |display\s*\(.*\)\s*;?\s*$)           # a function only a notebook has
    """,
    re.VERBOSE,
)
_IPYTHON = re.compile(r"\b(?:get_ipython|display)\s*\(")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the script. `origin` is where it stands in the cell's source; None if it does not stand there."""

    text: str
    origin: int | None


def translated(source: str) -> tuple[list[Piece], list[int]]:
    """Python for a cell, and the lines (from 1) at which something was left out."""
    pieces: list[Piece] = []
    left_out: list[int] = []
    lines = split_lines(source)
    first = next((line.strip() for line in lines if line.strip()), "")
    whole = first.startswith("%%") and re.match(r"%%(\w*)", first)[1] not in _BODY_IS_PYTHON  # type: ignore[index]
    plain = not first.startswith("%%") and not _IPYTHON.search(source) and _parses(source)
    offset, continued = 0, False
    for number, line in enumerate(lines, 1):
        if plain or not line.strip():
            pieces.append(Piece(line, offset))
        elif whole or continued or (_MAGIC.match(line) and not _open_at_end("".join(piece.text for piece in pieces))):
            if not (whole or continued) and (measured := _MEASURED.match(line)):
                pieces += [Piece(measured[1], offset), Piece(line[measured.end() :], offset + measured.end())]
            else:
                indent = line[: len(line) - len(line.lstrip())]
                # A magic may be the only statement of its block.
                comment = "# " if whole or continued or not indent else "pass  # "
                pieces.append(Piece(indent + comment + line.lstrip(), None))
                if not continued and not (whole and left_out):
                    left_out.append(number)
                continued = line.rstrip().endswith("\\")
        else:
            pieces.append(Piece(line, offset))
        offset += len(line)
    return pieces, left_out


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _open_at_end(text: str) -> bool:
    """Whether a bracket or a string begins in the text and goes on after it: what follows is no statement."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except tokenize.TokenError as error:
        return "multi-line" in error.args[0] or "triple-quoted" in error.args[0]
    except SyntaxError:
        return False
    return False
