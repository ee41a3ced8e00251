"""A program's text as it may be shown to a stranger: no comments, and no strings that look like paths or secrets."""

from __future__ import annotations

import io
import re
import tokenize

LEFT_OUT = "..."
"""What stands in place of what is left out."""

_STRINGS = {"STRING", "FSTRING_MIDDLE"}
_PATH = re.compile(r"[^\s\"']*[/\\][^\s\"']*|[^\s\"'/\\]*\.[A-Za-z]\w{0,4}(?:\.\w{1,3})?(?![\w.])|[^\s\"']+@[^\s\"']+")
"""What has a slash, ends like a file, or has an @."""

_LONG = re.compile(r"(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{16,}")
"""Sixteen characters and more with digits among the letters: keys and tokens are longer (own choice)."""

_SECRET = re.compile(r"pass(word|wd)?|secret|token|api_?key|credential|auth", re.IGNORECASE)


def discreet(text: str) -> tuple[str, int]:
    """The text, and how many strings and comments lack something now; line numbers stay what they are.

    Raises:
        SyntaxError: it is no Python program.
    """
    lines = io.StringIO(text).readline
    pieces: list[str] = []
    offsets = _offsets(text)
    done = left_out = 0
    secret = False
    for token in tokenize.generate_tokens(lines):
        name = tokenize.tok_name[token.type]
        if name == "NAME":
            secret = _SECRET.search(token.string) is not None
        elif name in ("NEWLINE", "NL") or token.string in (",", ")"):
            secret = False
        start, end = (offsets[line - 1] + column for line, column in (token.start, token.end))
        shown = token.string
        if name == "COMMENT":
            shown = "#"
        elif name in _STRINGS:
            shown = _without(token.string, secret, quoted=name == "STRING")
        if shown != token.string:
            left_out += 1
            pieces += [text[done:start], shown]
            done = end
    return "".join([*pieces, text[done:]]), left_out


def _without(string: str, secret: bool, *, quoted: bool) -> str:
    match = re.match(r"(?s)(\w*)(\"\"\"|'''|\"|')(.*)\2$", string) if quoted else None
    head, inside, tail = (match[1] + match[2], match[3], match[2]) if match else ("", string, "")
    if secret and inside:
        return head + LEFT_OUT + tail
    return head + _LONG.sub(LEFT_OUT, _PATH.sub(LEFT_OUT, inside)) + tail


def _offsets(text: str) -> list[int]:
    """Where each line begins."""
    found = [0]
    for line in io.StringIO(text):
        found.append(found[-1] + len(line))
    return found
