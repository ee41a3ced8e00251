"""Which models are the same but for details: shingles of tokens and their Jaccard index.

After Broder, "On the resemblance and containment of documents", SEQUENCES 1997: a program is the set of its runs of
three tokens, and the words of its names; two programs are alike if they share 0.8 of all that either has (near the
bounds of Allamanis, "The adverse effects of code duplication in machine learning models of code", Onward! 2019). Which
pairs can be that alike is found by prefix filtering (Bayardo, Ma and Srikant, "Scaling up all pairs similarity search",
WWW 2007), so that the answer is exact.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Sequence as Several

from netmend.program.sequence.read import AFTER, WORD, Sequence

ALIKE = 0.8
"""Jaccard index from which two models are near-duplicates."""

_RUN = 3
"""Tokens in a shingle."""


def shingles(sequence: Sequence) -> frozenset[tuple[str, ...]]:
    """What a sequence is compared by: runs of its typed tokens, and its words one by one.

    Whether a value is written or a default makes no difference: the model is the same.
    """
    typed = [f"{token.kind}={token.value}" for token in sequence.tokens if token.kind not in (WORD, AFTER)]
    runs = {tuple(typed[at : at + _RUN]) for at in range(max(1, len(typed) - _RUN + 1))}
    return frozenset(runs | {(token.value,) for token in sequence.tokens if token.kind in (WORD, AFTER)})


def jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Share of what either has that both have, 0 to 1."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if one or other else 1.0


def repeats(sets: Several[frozenset[tuple[str, ...]]], least: float = ALIKE) -> Iterator[tuple[int, int]]:
    """For each set that is alike to an earlier one that is kept: its number, and that of the first such.

    Those that are not named are kept, and no two of them are alike.
    """
    frequency = Counter(shingle for each in sets for shingle in each)
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, each in enumerate(sets):
        ordered = sorted(each, key=lambda shingle: (frequency[shingle], shingle))
        # Sets that are that alike share one of their rarest shingles: this many of each suffice.
        prefix = ordered[: len(ordered) - math.ceil(least * len(ordered)) + 1]
        near = sorted({other for shingle in prefix for other in index[shingle]})
        first = next((other for other in near if jaccard(each, sets[other]) >= least), None)
        if first is not None:
            yield number, first
            continue
        for shingle in prefix:
            index[shingle].append(number)
