"""The subject of a program repair: a training program, how it is run, and what it must reach."""

from __future__ import annotations

from dataclasses import dataclass, field

from netmend.program.source import Program
from netmend.training.runs import Limits


@dataclass(frozen=True, slots=True)
class MetricRequirement:
    """What must hold after a repair.

    Attributes:
        metric: public name of a metric, or None to let netmend choose one and say why.
        goal: value the metric must reach on rows no decision has seen; None if only "better than before" is asked.
    """

    metric: str | None = None
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingProgram:
    """A training program as its user runs it.

    Attributes:
        program: its text. requirement: what it must reach.
        arguments: its own command line. python: interpreter it runs under.
        environment: variables set for it, beside those every run gets.
    """

    program: Program
    python: str
    requirement: MetricRequirement = field(default_factory=MetricRequirement)
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
