"""Which licence a repository is under, recognised from the text of its licence file and from nothing else.

What is not recognised may not be used for a model that is shipped. Identifiers are those of SPDX (spdx.org/licenses).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

# Sentences that stand in a licence's text and in no other; white space is one space and case is ignored.
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("GPL", ("gnu general public license", "gnu lesser general public license", "gnu affero general public license")),
    ("CC-BY-NC", ("creative commons attribution-noncommercial", "attribution-noncommercial")),
    ("CC-BY-SA", ("attribution-sharealike 4.0", "attribution-sharealike 3.0", "cc by-sa")),
    ("CC-BY-ND", ("attribution-noderivatives", "attribution-noderivs")),
    ("MPL-2.0", ("mozilla public license version 2.0",)),
    ("Apache-2.0", ("apache license version 2.0", "licensed under the apache license, version 2.0")),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("CC0-1.0", ("cc0 1.0 universal", "creative commons legal code cc0")),
    ("CC-BY-4.0", ("creative commons attribution 4.0 international", "attribution 4.0 international")),
    ("CC-BY-3.0", ("creative commons attribution 3.0",)),
    ("ISC", ("permission to use, copy, modify, and/or distribute this software for any purpose",)),
    ("0BSD", ("permission to use, copy, modify, and/or distribute this software for any purpose with or without fee",)),
    ("MIT", ("permission is hereby granted, free of charge, to any person obtaining a copy",)),
    (
        "BSD-3-Clause",
        ("redistributions of source code must retain", "may be used to endorse or promote products derived"),
    ),
    ("BSD-2-Clause", ("redistributions of source code must retain",)),
)
_ALL_NEEDED = frozenset({"BSD-3-Clause"})

PERMISSIVE = frozenset(
    {
        "MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "Apache-2.0",
        "ISC",
        "0BSD",
        "Unlicense",
        "CC0-1.0",
        "CC-BY-4.0",
        "CC-BY-3.0",
    }
)
"""Licences under which what is learned from a program may be passed on; CC BY asks that authors are named, which the
manifest does."""

_FILE = re.compile(r"(?:un)?licen[cs]e|copying", re.IGNORECASE)


def licence_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The files at the top of a repository that hold its licence."""
    return tuple(path for path in paths if "/" not in path and _FILE.match(PurePosixPath(path).name))


def licence_of(texts: Iterable[str]) -> str:
    """The licence of some licence files: of several the first that is permissive, unless one of them is not.

    Returns:
        Its SPDX identifier, "GPL" and the like for families that are not permissive, "" if none is recognised.
    """
    found = [name for name in map(_recognised, texts) if name]
    refused = [name for name in found if name not in PERMISSIVE]
    return (refused or found or [""])[0]


def _recognised(text: str) -> str:
    plain = re.sub(r"[\s*_#]+", " ", text).lower()
    # A preamble names the licence early; the body of another one may only mention it.
    for name, marks in _MARKS:
        present = [mark in plain for mark in marks]
        if all(present) if name in _ALL_NEEDED else any(present):
            return name
    return ""
