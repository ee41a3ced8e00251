"""A corpus as a file: one JSON object on each line, a model of one program, in the order in which it was built.

    {"repository", "commit", "licence", "family", "share", "path", "framework", "tokens", "roles"}

`tokens` are "kind=value", with a "*" behind a value that is a default; `roles` has one letter for each token ("i", "h",
"o" of its layer, "-" elsewhere); `path` is a hash. No text of a program is in it but single words of its names.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import UsageError
from netmend.program.sequence.read import Sequence, Token

SHARES = ("train", "validation", "test")
_ROLES = {"": "-", "input": "i", "hidden": "h", "output": "o"}
_LETTERS = {letter: role for role, letter in _ROLES.items()}


@dataclass(frozen=True, slots=True)
class Example:
    """A model of one program.

    Attributes:
        repository: "owner/name". commit: of the repository. licence: its SPDX identifier.
        family: who wrote it; everything of a family is in one share.
        path: hash of the file's path.
        share: "train", "validation" or "test"; "" as long as that is not decided.
        sequence: its tokens, without ids of elements.
    """

    repository: str
    commit: str
    licence: str
    family: str
    path: str
    sequence: Sequence
    share: str = ""

    def line(self) -> str:
        """As it stands in the file."""
        about = {key: value for key, value in asdict(self).items() if key != "sequence"}
        return json.dumps(
            about
            | {
                "framework": self.sequence.framework,
                "tokens": [written(token) for token in self.sequence.tokens],
                "roles": "".join(_ROLES[role] for role in self.sequence.roles),
            },
            ensure_ascii=False,
        )


def written(token: Token) -> str:
    """A token as text: "learning-rate=0.001*" is a default."""
    return f"{token.kind}={token.value}{'' if token.given else '*'}"


def token_of(text: str) -> Token:
    """The token that `written` gave as text."""
    kind, _, value = text.partition("=")
    return Token(kind, value.removesuffix("*"), not value.endswith("*"))


def example_of(found: dict[str, Any]) -> Example:
    """The example that a line of the file holds."""
    tokens = tuple(map(token_of, found["tokens"]))
    roles = tuple(_LETTERS[letter] for letter in found["roles"])
    return Example(
        found["repository"],
        found["commit"],
        found["licence"],
        found["family"],
        found["path"],
        Sequence(found["framework"], tokens, roles),
        found["share"],
    )


def read(path: Path, *shares: str) -> Iterator[Example]:
    """The examples of a corpus file, or those of some shares.

    Raises:
        UsageError: it cannot be read, or is no corpus.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                found = json.loads(line)
                if not shares or found["share"] in shares:
                    yield example_of(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "make one with: netmend corpus build"
        raise UsageError(f"this is no corpus: {error}", where=str(path), hint=hint) from error


def write(examples: Iterable[Example], path: Path) -> None:
    """Write a corpus file; one whose name ends in .gz is compressed, always to the same bytes."""
    text = "".join(f"{example.line()}\n" for example in examples).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
