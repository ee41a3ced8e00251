"""What the catalogue says about a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["real", "artificial", "excluded"]
Tier = Literal["smoke", "core", "full"]
Framework = Literal["keras", "torch"]
Which = Literal["faulty", "fixed"]
Value = str | float | int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One source element and what the fix makes of it, in the terms of `netmend.program.elements`.

    Attributes:
        kind: public name of the element kind.
        before, after: canonical values; where an element has none, because the program's own function stands there,
            the text itself.
        layer: its layer, counted as netmend counts them; None for elements of no layer.
        follows: not a change of its own: the default that comes with another optimiser.
    """

    kind: str
    before: Value
    after: Value
    layer: int | None = None
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """A single other change that repairs the published program about as well as the published fix.

    From the neutrality data of Humbatova et al., EMSE 2025: an improvement rate of 0.95 or more in ten trainings.

    Attributes:
        change: what is changed. mean: published metric of the program so changed.
    """

    change: Change
    mean: float


@dataclass(frozen=True, slots=True)
class Variant:
    """The program of a fault in one framework and tier.

    Attributes:
        file: the program as it lies in `programs`.
        written: whether that program is the faulty one or the fixed one.
        replacements: exact texts, each found once, and what stands there in the other one.
        changes: how faulty and fixed program differ, as netmend reads them.
        alternatives: other single changes that count as finding the place of the fault.
        outside_elements: parts of the fix that netmend's source elements cannot express.
        data: names of the prepared data sets it reads; empty if the program makes its own.
        comparable: its figures may be set beside published ones, if its data are not stand-ins.
    """

    file: str
    written: Which
    replacements: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    alternatives: tuple[Alternative, ...] = ()
    outside_elements: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    comparable: bool = False

    @property
    def size(self) -> int:
        """Number of changes of the published fix that are elements; a default that follows another is none."""
        return sum(not change.follows for change in self.changes)


@dataclass(frozen=True, slots=True)
class Published:
    """Published means on the holdout rows: ten trainings, and the best constant prediction; None if not published."""

    faulty: float | None
    fixed: float | None
    trivial: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the benchmark.

    Attributes:
        id: "D1". kind: "real" from Stack Overflow, "artificial" from DeepCrime, "excluded" by the authors of the study.
        source: where it comes from. what: the fault, in a phrase.
        metric: name under which its programs print their test figure.
        higher_is_better: direction of the metric.
        published: figures of Kim et al., ICST 2023.
        variants: its programs.
        sensible: an improvement rate means something: neither excluded nor beaten by a constant prediction.
        note: what to know before quoting figures.
    """

    id: str
    kind: Kind
    source: str
    what: str
    metric: str
    higher_is_better: bool
    published: Published
    variants: Mapping[tuple[Framework, Tier], Variant] = field(repr=False)
    sensible: bool = True
    note: str = ""

    def variant(self, framework: Framework, tier: Tier) -> Variant:
        """The program of one framework and tier.

        Raises:
            KeyError: there is none.
        """
        return self.variants[framework, tier]

    @property
    def frameworks(self) -> tuple[Framework, ...]:
        """Frameworks it has programs for."""
        return tuple(dict.fromkeys(framework for framework, _ in self.variants))

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Tiers it has programs for."""
        return tuple(dict.fromkeys(tier for _, tier in self.variants))


Sizes = Mapping[str, int]
"""Numbers that differ between core and full tier, by name."""


def sized(text: str, sizes: Sizes) -> str:
    """A text with `<name>` replaced by the tier's number."""
    for name, number in sizes.items():
        text = text.replace(f"<{name}>", str(number))
    return text


def sized_change(change: Change, sizes: Sizes) -> Change:
    """A change whose values "<name>" are the tier's numbers."""

    def number(value: Value) -> Value:
        return sizes[value[1:-1]] if isinstance(value, str) and value.startswith("<") else value

    return Change(change.kind, number(change.before), number(change.after), change.layer, change.follows)
