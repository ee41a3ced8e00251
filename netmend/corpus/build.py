"""The corpus from what was read of many clones: one of each model, its family and share, and where it is from.

The order of clones decides which of two models that are alike is kept: the one of the clone that comes first by name.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from pathlib import Path

from netmend.corpus.extract import Extract
from netmend.corpus.families import Families, joined
from netmend.corpus.licences import PERMISSIVE
from netmend.corpus.likeness import repeats, shingles
from netmend.corpus.records import Example
from netmend.corpus.shares import shares
from netmend.corpus.soundness import contradicts
from netmend.program.sequence.vocabulary import ELEMENTS

# Families with this part of the smaller one's models alike, and at least so many, are one (own choice: single programs
# are copied from examples that all know; a tenth of what someone wrote is not).
_SHARED, _LEAST_SHARED = 0.1, 3


@dataclass(frozen=True, slots=True)
class Row:
    """One repository in the manifest.

    Attributes:
        files: that train something. programs: one for each model that a file trains. sequences: those that could be
            read. equal, alike: repeats of another model among them. contradictory: those whose loss and output cannot
            be meant for each other. models: what is left.
        elements: by kind, how many values are written.
    """

    repository: str
    commit: str
    licence: str
    family: str
    share: str
    files: int
    programs: int
    sequences: int
    contradictory: int
    equal: int
    alike: int
    models: int
    torch: int
    elements: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus and where it is from.

    Attributes:
        refused: repositories by licence that were not used; "" where none was recognised.
    """

    examples: tuple[Example, ...]
    rows: tuple[Row, ...]
    refused: Mapping[str, int]

    def write_manifest(self, path: Path) -> None:
        """Write the manifest as CSV."""
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = [name for name in Row.__slots__ if name != "elements"]
        with path.open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines, lineterminator="\n")
            table.writerow([*plain, *ELEMENTS])
            for row in self.rows:
                table.writerow([*(getattr(row, name) for name in plain), *(row.elements[kind] for kind in ELEMENTS)])


def build(extracts: Iterable[Extract], families: Families, licences: Iterable[str] = PERMISSIVE) -> Corpus:
    """Put together what was read.

    Args:
        extracts: of clones; of a repository that is there twice the first counts.
        families: who wrote which repository.
        licences: those that may be used.
    """
    allowed = set(licences)
    given = {each.repository: each for each in sorted(extracts, key=lambda each: each.repository.lower())}
    refused = Counter(each.licence for each in given.values() if each.licence not in allowed)
    used = [each for each in given.values() if each.licence in allowed]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    models = [
        replace(example, family=families(each.repository))
        for each in used
        for example in each.examples
        if not _contradictory(example, counts[each.repository])
    ]
    kept, pairs = _distinct(models, counts)
    one = joined((families(each.repository) for each in used), _alike(models, pairs))
    kept = [replace(each, family=one[each.family]) for each in kept]
    share = shares((each.family, each.sequence.framework) for each in kept)
    examples = tuple(replace(each, share=share[each.family]) for each in kept)
    rows = tuple(_row(each, one[families(each.repository)], examples, counts[each.repository]) for each in used)
    return Corpus(examples, rows, refused)


def _contradictory(example: Example, counts: Counter[str]) -> bool:
    found = bool(contradicts(example.sequence))
    counts["contradictory"] += found
    return found


Pairs = list[tuple[int, int]]


def _distinct(models: Several[Example], counts: Mapping[str, Counter[str]]) -> tuple[list[Example], Pairs]:
    """Models of which no two are alike, and the pairs of those that were: a repeat and what it repeats."""
    sets = [shingles(each.sequence) for each in models]
    pairs = list(repeats(sets))
    for repeat, first in pairs:
        counts[models[repeat].repository]["equal" if sets[repeat] == sets[first] else "alike"] += 1
    left_out = {repeat for repeat, _ in pairs}
    return [each for number, each in enumerate(models) if number not in left_out], pairs


def _alike(models: Several[Example], pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Families that have more in common than single programs."""
    sizes = Counter(each.family for each in models)
    shared = Counter(
        (min(families), max(families))
        for families in ((models[one].family, models[other].family) for one, other in pairs)
        if families[0] != families[1]
    )
    for (one, other), count in sorted(shared.items()):
        if count >= max(_LEAST_SHARED, _SHARED * min(sizes[one], sizes[other])):
            yield one, other


def _row(extract: Extract, family: str, examples: Iterable[Example], counts: Counter[str]) -> Row:
    own = [each for each in examples if each.repository == extract.repository]
    written = Counter(token.kind for each in own for token in each.sequence.tokens if token.given)
    return Row(
        repository=extract.repository,
        commit=extract.commit,
        licence=extract.licence,
        family=family,
        share=own[0].share if own else "",
        files=extract.counts["files"],
        programs=extract.counts["programs"],
        sequences=len(extract.examples),
        contradictory=counts["contradictory"],
        equal=counts["equal"],
        alike=counts["alike"],
        models=len(own),
        torch=sum(each.sequence.framework == "torch" for each in own),
        elements={kind: written[kind] for kind in ELEMENTS},
    )
