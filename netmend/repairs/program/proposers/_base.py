"""The shape of a way of proposing patches. One file per way; the file name is what `--proposer` takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netmend.core.exhibits import Exhibit
from netmend.core.repairer import Proposer
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.infill._base import NO_FILLER, Filler
from netmend.repairs.program.screens import Ranked
from netmend.repairs.program.space import Assignment, Move, Space
from netmend.training.build import BuildAnswer
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
        score: of the faulty program on the rows the search may look at, as `Verdict.score`; -inf if nothing is known.
        as_published: follow the published protocol of this way of proposing, where there is one, instead of its best.
        builds: whether patches build, by their ids; the more are asked together, the less each costs. A patch that is
            proposed later is not asked about again.
        expect: announces patches that will be proposed, with the share of them that is thought not to build (None for
            the usual one): whether they build is then found out for all together if that costs less than running them.
        go_on: lets the trials of a patch (the first) start from the trained weights of another (the second), where the
            framework allows; what is confirmed starts afresh all the same.
        rank: what training them all together says of learning rates around a patched program, for their order alone;
            None if that is not to be, does not pay, or cannot be done. Of many rates the first are ranked.
        filler: which model fills holes, for proposers that ask one.
        tell: says a sentence to the user at once.
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
    score: float = -math.inf
    as_published: bool = False
    builds: Callable[[Sequence[SourcePatch]], Mapping[str, BuildAnswer]] = lambda patches: {}
    expect: Callable[[Sequence[SourcePatch], float | None], None] = lambda patches, share: None
    go_on: Callable[[SourcePatch, SourcePatch], None] = lambda patch, trained: None
    rank: Callable[[SourcePatch, Sequence[float]], list[Ranked] | None] = lambda patch, rates: None
    filler: Filler = NO_FILLER
    tell: Callable[[str], None] = lambda sentence: None


def _nothing_to_say(start: Start) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class ProposerKind:
    """One way of proposing.

    Attributes:
        start: makes a proposer for one repair.
        describe: what runs and what it searches, for the report; empty if the name says it all.
        published: there is a published protocol to follow (`Start.as_published`).
        requires: packages that must be installed, by import name.
        by_symptoms: it decides by the symptoms of its trials, which are therefore watched in full and keep their
            weights.
        screens: it has what waits ranked (`Start.rank`).
        prior: moves are ordered, and suspects shown, with what a model of correct programs expects.
        fills: it asks the model that `Start.filler` names.
        exhibits: what a proposer that `start` has made can show beside its trials, when the search is over.
    """

    start: Callable[[Start], Proposer[SourcePatch, Evidence]]
    describe: Callable[[Start], str] = _nothing_to_say
    published: bool = False
    requires: tuple[str, ...] = ()
    by_symptoms: bool = False
    screens: bool = False
    prior: bool = True
    fills: bool = False
    exhibits: Callable[[Any], tuple[Exhibit, ...]] = lambda proposer: ()
