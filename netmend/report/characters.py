"""Text of strangers made safe to look at: nothing invisible, nothing a terminal or a browser would obey."""

from __future__ import annotations

import re

# Characters that act instead of showing: control characters (an escape sequence recolours or rewrites a terminal),
# direction overrides (source that reads differently from what runs: Boucher and Anderson, "Trojan Source", 2021,
# section III), lone surrogates (cannot be encoded) and non-characters (not allowed in XML 1.0, section 2.2).
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_CONTROL_PICTURES = 0x2400
_DELETE = 0x7F


def visible(text: str) -> str:
    """The text with every acting character replaced by a picture of it; line ends and tabs stay.

    Examples:
        >>> visible("loss \\x1b[31mnan")
        'loss ␛[31mnan'
    """
    return _ACTING.sub(_picture, text)


def one_line(text: str) -> str:
    """The text on one line, each run of white space a single space."""
    return visible(" ".join(text.split()))


def lines_of(text: str) -> list[str]:
    """The lines as an editor and Python's parser count them, without their ends.

    `str.splitlines` also breaks at form feeds and Unicode separators, which would shift line numbers.
    """
    lines = re.split("\r\n|\r|\n", text)
    return lines[:-1] if lines[-1] == "" else lines


def shortened(text: str, length: int) -> str:
    """The text, or its beginning and how many characters are left out; `length` counts characters kept.

    A text stays whole where it is no longer than what would stand in its place.
    """
    cut = f"{text[:length]} … ({len(text) - length:,} more characters)"
    return text if len(text) <= max(length, len(cut)) else cut


def clipped(text: str, length: int) -> str:
    """The text in at most `length` characters, for where there is no room to say what is left out."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < ord(" "):
        return chr(_CONTROL_PICTURES + code)
    return "␡" if code == _DELETE else "\ufffd"
