"""What runs of a training program measured: of a patch, and of the program as it is."""

from __future__ import annotations

from dataclasses import dataclass

from netmend.core.records import Draw, Purpose
from netmend.core.stats import Score
from netmend.program.elements._base import Element
from netmend.training.evaluation import RowSplit, Scores
from netmend.training.metrics._base import Metric
from netmend.training.runs import RunResult
from netmend.training.trace import Trace


@dataclass(frozen=True, slots=True)
class SeededRun:
    """One run with its seed; `scores` is None if the run failed or nothing could be measured."""

    seed: int
    result: RunResult
    scores: Scores | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The runs of one patch on one draw.

    Attributes:
        draw: what was asked for; fewer runs than its seeds means that the trial was stopped early.
        stopped: why it was stopped early; empty if it was not.
        changed_evaluation: the patch changed the labels it is measured by.
        continued: the runs went on from the weights of a shorter training instead of starting anew.
    """

    draw: Draw
    runs: tuple[SeededRun, ...]
    metric: Metric
    stopped: str = ""
    changed_evaluation: bool = False
    continued: bool = False

    @property
    def rows(self) -> str:
        """Which rows decide: report rows where nothing may be chosen any more, search rows elsewhere."""
        return "report" if self.draw.purpose in (Purpose.CONFIRM, Purpose.CONTROL) else "search"

    def scores(self, rows: str) -> tuple[Score, ...]:
        """One score per run on "search" or "report" rows; None for a failed run."""
        return tuple(None if run.scores is None else getattr(run.scores, rows) for run in self.runs)

    def trivial(self, rows: str) -> float | None:
        """The trivial predictor on the same rows: mean over the runs that could be measured."""
        values = [getattr(run.scores, f"trivial_{rows}") for run in self.runs if run.scores is not None]
        return sum(values) / len(values) if values else None

    @property
    def failures(self) -> tuple[SeededRun, ...]:
        """Runs without a finite score on both kinds of rows."""
        return tuple(
            run for run in self.runs if run.scores is None or run.scores.search is None or run.scores.report is None
        )


@dataclass(frozen=True)
class Observation:
    """What watching the program as it is gave.

    Attributes:
        traces: of its runs; of a program that crashes, those of a change with which it trains (`Trace.crash`).
    """

    evidence: Evidence
    traces: tuple[Trace, ...]
    elements: tuple[Element, ...]
    metric_reason: str
    split: RowSplit
    hold_out: float
