"""The shape of a sampler: ask for points of a box, tell their losses. One file per sampler; the file is its name.

A sampler knows nothing of what a point stands for. It is deterministic: the same dimensions, start, seed and answers in
the same order give the same points. Several points may be under way when it is asked again, and answers come in the
order of asking. Libraries are imported inside the functions that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Dimension:
    """One coordinate: a choice among values, or a number in a range.

    Attributes:
        choices: the values of a categorical dimension, in no order; empty for a number.
        low, high: bounds of a number, both included.
        log: steps count on a log scale. whole: the number is an integer.
    """

    name: str
    choices: tuple[Scalar, ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False


Point = Mapping[str, Scalar]
"""A value for every dimension."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A point to evaluate.

    Attributes:
        number: tells this ask from all others of the sampler.
        fidelity: share of the full work, in (0, 1]; samplers without fidelities always ask for 1.
        resume: number of the ask of the same point at a lower fidelity, whose work may be continued; None if there is
            none.
    """

    number: int
    point: Point
    fidelity: float = 1.0
    resume: int | None = None


class Sampler(Protocol):
    """Ask and tell."""

    def ask(self) -> Ask | None:
        """The next point; None when nothing is left to ask, or nothing before pending answers have come."""

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point, smaller is better; None if it could not be evaluated (crashed, not finite)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a sampler is made for.

    Attributes:
        start: a known point, asked first at full fidelity; None if there is none.
        fidelities: shares of the full work that make sense, ascending, the last is 1; only multi-fidelity samplers
            use more than the last.
    """

    dimensions: tuple[Dimension, ...]
    seed: int
    start: Point | None = None
    fidelities: Sequence[float] = field(default=(1.0,))


@dataclass(frozen=True, slots=True)
class SamplerKind:
    """One sampler.

    Attributes:
        make: a sampler for a problem. implementation: what runs, for the report: "Optuna 5 TPESampler", "netmend's own,
            after Falkner et al., ICML 2018".
        requires: packages that must be installed, by import name; for a clear error beforehand.
    """

    make: Callable[[Problem], Sampler]
    implementation: str
    requires: tuple[str, ...] = ()
