"""A proposer out of any sampler: points of a program's box become patches, scores become losses.

The program as it is, which is known from watching it, is the first point and costs nothing. A point that cannot be
written as a patch, or takes far too long to train, is told as a failure, and one that is the same patch as an earlier
point gets its answer: neither costs a run. Samplers that look at points with a share of the epochs get what they ask
for, where trainings are long enough for that to pay; the repairer continues a longer training of a patch from a shorter
one where the framework can.
"""

from __future__ import annotations

import math
from collections import deque

from netmend.core.errors import Unchangeable
from netmend.core.records import Trial
from netmend.core.repairer import Proposal
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.proposers._box import Box
from netmend.repairs.program.proposers._legal import fidelities, legal_box, too_dear
from netmend.repairs.program.proposers._published import GOOD_ENOUGH, published_box
from netmend.search._base import Ask, Problem, SamplerKind

MOST_REPEATS = 100
"""The search ends when so many points in a row bring nothing new to try: in a box of a few hundred points nearly all
are known by then. Own choice."""

_Mark = tuple[str, float]
"""What a run would be made of: a patch by its id, and a share of the epochs."""


class Sampled:
    """Ask and tell.

    Args:
        start: the repair. kind: who samples.
    """

    def __init__(self, start: Start, kind: SamplerKind) -> None:
        self._start = start
        self._box = _box(start)
        self._sampler = kind.make(_problem(start, self._box))
        nothing = start.space.patch({})
        self._known: dict[_Mark, float | None] = {(nothing.id, 1.0): _loss(start.score)}
        self._waiting: deque[tuple[Ask, _Mark]] = deque()
        self._under_way: set[_Mark] = set()
        self._ended = not self._box.entries

    def ask(self) -> Proposal[SourcePatch] | None:
        """The next point that takes a run to answer."""
        for _ in range(MOST_REPEATS):
            ask = None if self._ended or self._start.runs_left() <= 0 else self._sampler.ask()
            if ask is None:
                return None
            proposal = self._proposal(ask)
            if proposal is not None:
                return proposal
            self._pass_on()
        return None

    def tell(self, trial: Trial[SourcePatch, Evidence]) -> None:
        """What a trial measured."""
        mark = (trial.patch.id, trial.draw.effort)
        self._known[mark] = _loss(trial.verdict.score)
        self._under_way.discard(mark)
        self._pass_on()
        reached = trial.evidence.metric.name == "accuracy" and trial.verdict.score >= GOOD_ENOUGH
        self._ended = self._ended or (self._start.as_published and reached)

    def _proposal(self, ask: Ask) -> Proposal[SourcePatch] | None:
        """What to run for a point; None if it is answered already, or will be by what is under way."""
        assignment = self._box.assignment(ask.point)
        try:
            patch = self._start.space.patch(assignment)
        except Unchangeable:
            mark = (f"point {ask.number}", ask.fidelity)
            self._known[mark] = None
            self._waiting.append((ask, mark))
            return None
        # A share of the epochs of the program as it is would be the only run of it: its whole score is an answer too.
        mark = (patch.id, ask.fidelity if patch.size else 1.0)
        self._waiting.append((ask, mark))
        if mark in self._known or mark in self._under_way:
            return None
        if not self._start.as_published and too_dear(self._start, assignment):
            self._known[mark] = None
            return None
        self._under_way.add(mark)
        once = self._start.as_published or ask.fidelity < 1
        reason = f"point {ask.number} of the search space"
        return Proposal(patch, 1 if once else self._start.runs, ask.fidelity, reason)

    def _pass_on(self) -> None:
        """Tell the sampler what is known, in the order of its asking."""
        while self._waiting and self._waiting[0][1] in self._known:
            ask, mark = self._waiting.popleft()
            self._sampler.tell(ask, self._known[mark])


def sampled(kind: SamplerKind, *, published: bool = False) -> ProposerKind:
    """The proposer that a sampler makes. `published`: it is one of those that Kim et al., ICST 2023, compare."""
    return ProposerKind(
        start=lambda start: Sampled(start, kind),
        describe=lambda start: _described(start, kind),
        published=published,
        requires=kind.requires,
    )


def _problem(start: Start, box: Box) -> Problem:
    shares = (1.0,) if start.as_published else fidelities(start)
    return Problem(box.dimensions, start.seed, box.start, shares)


def _box(start: Start) -> Box:
    return published_box(start) if start.as_published else legal_box(start)


def _described(start: Start, kind: SamplerKind) -> str:
    box = _box(start)
    which = "the published space" if start.as_published else "what can work in the program"
    missing = f"; not expressible here: {'; '.join(box.gaps)}" if box.gaps else ""
    return f"{kind.implementation}, over {which}: {box.describe()}{missing}"


def _loss(score: float) -> float | None:
    return -score if math.isfinite(score) else None
