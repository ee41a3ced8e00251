"""What the closed vocabularies cover: the share of written values that are in them, and the commonest value."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from netmend.corpus.records import read
from netmend.program.sequence.vocabulary import ELEMENTS, OTHER, UNKNOWN


def vocabulary(corpus: Path) -> None:
    """Print a line for each kind of element."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for example in read(corpus):
        for token in example.sequence.tokens:
            if token.given:
                found[token.kind][token.value] += 1
    print(f"{'':14s}{'written':>9s}{'covered':>9s}{'unknown':>9s}  commonest")
    for kind in (*ELEMENTS, *sorted(set(found) - {*ELEMENTS, "word", "word-after"})):
        values = found[kind]
        total = sum(values.values())
        if total:
            (first, times), *_ = values.most_common(1)
            covered = 1 - (values[OTHER] + values[UNKNOWN]) / total
            print(f"{kind:18s}{total:>5d}{covered:>9.1%}{values[UNKNOWN] / total:>9.1%}  {first} {times / total:.0%}")
