"""The shape of a way of proposing patches. One file per way; the file name is what `--proposer` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netmend.core.repairer import Proposer
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.space import Assignment, Move, Space
from netmend.training.trace import Trace


@dataclass(frozen=True)
class Start:
    """What every proposer is given: the faulty program, read and watched.

    Attributes:
        space: elements and what may stand there.
        traces: of the baseline runs.
        moves: the single changes that look promising from a given assignment, best first, in the light of its traces.
        runs: runs of a full trial. seed: of any random choice the proposer makes.
        has_goal: the user named a goal; without one the search ends when nothing better turns up.
        cost: what a run costs, in runs of the program as it is, if its training takes so many times longer.
        runs_left: how many runs of the program as it is the rest of the budget pays for.
        train_seconds: median training time of the faulty program.
    """

    space: Space
    traces: tuple[Trace, ...]
    moves: Callable[[Assignment, Sequence[Trace]], list[Move]]
    runs: int
    seed: int
    has_goal: bool
    cost: Callable[[float], float]
    runs_left: Callable[[], float]
    train_seconds: float


@dataclass(frozen=True, slots=True)
class ProposerKind:
    """One way of proposing: `start` makes a proposer for one repair."""

    start: Callable[[Start], Proposer[SourcePatch, Evidence]]
