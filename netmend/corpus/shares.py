"""Which families are for training, which for validation and which for the test.

By families, never by programs or repositories: whoever writes two programs writes them alike. The order of families is
that of a hash of their names, so that it depends on nothing else; each framework gives its part of each share.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

VALIDATION, TEST = 0.12, 0.12
"""Parts of the models that are held out (own choice: enough families for an interval over them)."""

LARGEST = 0.04
"""A family with a larger part of the models is for training: held out, it would speak for all (own choice)."""


def shares(models: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The share of each family.

    Args:
        models: family and framework of every model.
    """
    found = Counter(models)
    sizes: Counter[str] = Counter()
    for (family, _), count in found.items():
        sizes[family] += count
    groups: dict[str, list[str]] = {}
    for family in sizes:
        mostly = max(sorted({framework for _, framework in found}), key=lambda each: found[family, each])
        groups.setdefault(mostly, []).append(family)
    result: dict[str, str] = {}
    for group in groups.values():
        total = sum(sizes[family] for family in group)
        taken: Counter[str] = Counter()
        for family in sorted(group, key=_hash):
            wanted = [each for each, part in (("test", TEST), ("validation", VALIDATION)) if taken[each] < part * total]
            small = sizes[family] <= LARGEST * total or len(group) <= 3
            result[family] = wanted[0] if wanted and small else "train"
            taken[result[family]] += sizes[family]
    return result


def _hash(family: str) -> str:
    return hashlib.sha256(family.encode()).hexdigest()
