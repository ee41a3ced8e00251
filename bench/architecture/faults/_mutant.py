"""A fault as one deviation from a program that works, after the operators of DeepCrime (ISSTA 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.architecture.faults._base import (
    Alternative,
    Change,
    Fault,
    Framework,
    Kind,
    Published,
    Sizes,
    Tier,
    Variant,
    sized,
    sized_change,
)

TIERS: tuple[Tier, ...] = ("core", "full")


@dataclass(frozen=True, slots=True)
class Subject:
    """A program that works.

    Attributes:
        data: the data set it reads, which also names its files. fixed: its published figure. trivial: of a constant.
        sizes: numbers that differ between the tiers.
    """

    source: str
    data: str
    metric: str
    higher_is_better: bool
    fixed: float | None
    trivial: float | None
    sizes: Mapping[Tier, Sizes]


def mutant(
    name: str,
    subject: Subject,
    operator: str,
    what: str,
    faulty: float | None,
    replacement: tuple[str, str],
    *changes: Change,
    alternatives: tuple[Alternative, ...] = (),
    outside_elements: tuple[str, ...] = (),
    note: str = "",
) -> Fault:
    """A fault that puts the second text of a replacement in place of the first."""
    variants: dict[tuple[Framework, Tier], Variant] = {}
    kind: Kind = "artificial" if faulty is not None else "excluded"
    for tier in TIERS:
        sizes = subject.sizes[tier]
        variants["keras", tier] = Variant(
            file=f"keras/{subject.data}_{tier}.py",
            written="fixed",
            replacements=((sized(replacement[0], sizes), sized(replacement[1], sizes)),),
            changes=tuple(sized_change(change, sizes) for change in changes),
            alternatives=alternatives,
            outside_elements=outside_elements,
            data=(subject.data,),
            comparable=tier == "full" and faulty is not None,
        )
    return Fault(
        id=name,
        kind=kind,
        source=f"{subject.source}, DeepCrime operator {operator}",
        what=what,
        metric=subject.metric,
        higher_is_better=subject.higher_is_better,
        published=Published(faulty, subject.fixed, subject.trivial),
        variants=variants,
        sensible=kind == "artificial",
        note=note,
    )
