"""Who wrote a repository: what must not be on both sides of a split, because it repeats itself.

A family is an author with all repositories, books with their editions and translations, forks, and pupils of one
course. It is stated, pattern by pattern, in a table; an owner that no row names is a family of its own. Families whose
models are alike beyond chance are joined (`netmend.corpus.likeness`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from netmend.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Families:
    """Patterns of "owner/name" in small letters and the family that they mean; the first that fits counts.

    In a family, "{name}" stands for the name of the repository: the books of a publisher are families each.
    """

    rows: tuple[tuple[str, str], ...] = ()

    def __call__(self, repository: str) -> str:
        """The family of a repository."""
        small = repository.lower()
        owner, _, name = small.partition("/")
        for pattern, family in self.rows:
            if fnmatchcase(small, pattern):
                return family.replace("{name}", name or owner)
        return owner


def read(path: Path) -> Families:
    """The families of a CSV file with the columns `repository` (a pattern) and `family`.

    Raises:
        UsageError: it cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = tuple((row["repository"].lower(), row["family"]) for row in csv.DictReader(lines))
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"the table of families cannot be read: {error}", where=str(path)) from error
    return Families(rows)


def joined(families: Iterable[str], alike: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """From each family to the one it belongs to, where families that are alike are one: the first by name.

    Args:
        families: all of them. alike: pairs that are one.
    """
    above = {family: family for family in families}

    def top(family: str) -> str:
        while above[family] != family:
            family = above[family]
        return family

    for one, other in alike:
        first, second = sorted((top(one), top(other)))
        above[second] = first
    return {family: top(family) for family in above}
