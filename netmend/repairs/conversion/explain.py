"""Why a segment is wrong: the simplest edit of it that turns right inputs into right outputs.

Every fault type proposes edits. Each is tried on the segment alone, in float64, on one half of the inputs, the simplest
first; the first whose error is no more than rounding, on the other half too, is the explanation and the repair. If
none is, the most promising ones are taken two and three at a time. Copying nodes from the source comes last.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, permutations

import numpy as np

from netmend.core.errors import NetmendError
from netmend.network.edits import Edit, ReplaceNodes, SetConstant, edited
from netmend.network.graph import Array
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.faults._base import Borrowed, Case, Fault, Hypothesis, faults
from netmend.repairs.conversion.faults._versions import sayable
from netmend.repairs.conversion.halves import halves, worst_row
from netmend.repairs.conversion.misfit import errors, misfit, outputs, rounding, watched

BOLD = 4
"""Operators too many or missing that are combined with others even if alone they make it no better (own choice)."""

NEARER = 0.9
"""Share of the squared error at which one of several that mend a network of integers, all equally simple, takes the
place of one that was tried before it: rounding hides a good deal there, so that twice the scale passes for another zero
point, but not the whole difference; a factor that is fitted to rounding gains less than this (own choice)."""

NEARLY, FAR = 1.25, 5.0
"""How far beyond what is allowed one cause may leave a network of integers that was so far off, where none leaves it
within: what coarse storage explains was measured with the wrong numbers still in place, by a few draws (own choice)."""

Simplicity = tuple[float, ...]
"""See `Hypothesis.simplicity`."""


FITTING = 0.5
"""Share of the time for a stretch in which numbers are fitted (own choice)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to look for an explanation.

    Attributes:
        evaluations: of the segment. seconds: of the clock, for one segment. in_all: seconds for all segments.
        together: most faults in one segment. beam: promising hypotheses that are combined with others.
    """

    evaluations: int = 3000
    seconds: float = 60.0
    in_all: float = 120.0
    together: int = 3
    beam: int = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """A fault type by name, and what it says about the segment."""

    name: str
    fault: Fault
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class Explained:
    """What is wrong, and the edits that mend it; of several causes each builds on those before it.

    Attributes:
        error_before: largest difference from a right output, of the output that is worst by what is allowed.
        error_after: the same with the edits. allowed: what rounding may amount to there.
    """

    causes: tuple[Cause, ...]
    error_before: float
    error_after: float
    allowed: float
    evaluations: int

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Of all causes, in order."""
        return tuple(edit for cause in self.causes for edit in cause.hypothesis.edits)

    @property
    def fault(self) -> Fault:
        """The first cause's type."""
        return self.causes[0].fault

    @property
    def hypothesis(self) -> Hypothesis:
        """All causes as one."""
        first = self.causes[0].hypothesis
        says = " ".join(cause.hypothesis.says for cause in self.causes)
        recipe = " ".join(cause.hypothesis.recipe for cause in self.causes).strip()
        borrowed = max(cause.hypothesis.borrowed for cause in self.causes)
        return replace(first, edits=self.edits, says=says, recipe=recipe, borrowed=borrowed)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """No hypothesis mends the segment.

    Attributes:
        best: the one that comes nearest; None if none can be evaluated or none helps.
        finished: whether all were tried before a limit was reached.
    """

    best: Cause | None
    error_before: float
    error_after: float
    allowed: float
    evaluations: int
    finished: bool


def explain(
    case: Case,
    types: Mapping[str, Fault] | None = None,
    *,
    allowed: Mapping[str, Distance] | None = None,
    limits: Limits | None = None,
    writes: Callable[[Sequence[Edit]], bool] = lambda edits: True,
    beyond: Simplicity = (),
    progress: Callable[[int, str], None] | None = None,
) -> Explained | Unexplained:
    """Find the simplest edits that mend a segment.

    Args:
        types: fault types by name; all by default.
        allowed: difference that is rounding, by output; measured on the source's segment by default.
        writes: whether the target's format can say some edits; those that it cannot are passed over.
        beyond: simpler hypotheses than this are known to be of no use.
        progress: is told the number of evaluations so far and what is being tried.
    """
    known = {name: each.value for name, each in faults().items() if each.value.shows} if types is None else types
    search = _Search(case, known, allowed or rounding(case), limits or Limits(), writes, beyond, progress)
    return search.run()


@dataclass(eq=False)
class _Search:
    case: Case
    types: Mapping[str, Fault]
    allowed: Mapping[str, Distance]
    limits: Limits
    writes: Callable[[Sequence[Edit]], bool]
    beyond: Simplicity
    progress: Callable[[int, str], None] | None
    count: int = 0
    passed_over: bool = False
    best: tuple[float, Cause] | None = None
    nearly: tuple[float, Cause] | None = None
    glance: Case | None = None
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        start = time.monotonic()
        self._until = start + self.limits.seconds
        # Fitting evaluates the stretch before anything is tried: on large networks that could take all the time.
        self.case = replace(self.case, until=start + FITTING * self.limits.seconds)

    def run(self) -> Explained | Unexplained:
        whole = watched(self.case)
        before = errors(outputs(whole), whole.right)
        trial, other = halves(whole)
        # How near others come matters only where several are taken together.
        self.glance = worst_row(trial) if self.limits.together == 1 else None
        causes = self._mended(trial, other) if self.limits.seconds > 0 else None
        worst = max(before, key=lambda name: self._excess({name: before[name]}))
        if causes is None:
            most = self.allowed[worst].largest
            reached = self.best[0] * most if self.best else before[worst].largest
            nearest = self.best[1] if self.best else None
            return Unexplained(nearest, before[worst].largest, reached, most, self.count, not self._spent())
        edits = [edit for cause in causes for edit in cause.hypothesis.edits]
        after = errors(self._tried(whole, edits), whole.right)
        return Explained(causes, before[worst].largest, after[worst].largest, self.allowed[worst].largest, self.count)

    def _mended(self, trial: Case, other: Case) -> tuple[Cause, ...] | None:
        """One cause, then several that copy no nodes, then one that does."""
        proposed = self._proposals(trial)
        small = [cause for cause in proposed if cause.hypothesis.borrowed < Borrowed.NODES]
        found, partial = self._first(small, trial, other)
        if found is None and self.nearly is not None:
            found = (self.nearly[1],)
        # Of what came or went the misfit says little before the rest is right, and of channels before their scale is.
        untold = [cause for cause in small if cause not in partial]
        bold = [cause for cause in untold if cause.fault.id == "O3"][:BOLD]
        bold += [cause for cause in untold if cause.fault.id == "P2"][:1]
        for together in range(2, self.limits.together + 1):
            # One that mends was passed over: that several others do is no better than copying what the source has.
            if found is not None or self.passed_over:
                break
            found = self._several(
                [*partial[: self.limits.beam], *bold] if together == 2 else partial, trial, other, together
            )
        if found is None:
            found, _ = self._first(proposed[len(small) :], trial, other)
        return found

    def _proposals(self, case: Case) -> list[Cause]:
        proposed = (
            Cause(name, fault, replace(hypothesis, restores=_restores(case, hypothesis)))
            for name, fault in self.types.items()
            for hypothesis in islice(fault.alternatives(case), self.limits.evaluations)
        )
        causes = [
            cause
            for cause in proposed
            if cause.hypothesis.simplicity >= self.beyond and sayable(case.target, cause.hypothesis.edits)
        ]
        return sorted(causes, key=lambda cause: cause.hypothesis.simplicity)

    def _first(
        self, causes: Sequence[Cause], trial: Case, other: Case, before: Sequence[Edit] = ()
    ) -> tuple[tuple[Cause, ...] | None, list[Cause]]:
        """The first cause that mends, or None and those that help, the most promising first.

        Args:
            before: edits that the cases have already.
        """
        start = misfit(outputs(trial), trial.right)
        # Of several causes each has to show: near is near enough for a single one alone.
        far = self._excess(errors(outputs(trial), trial.right)) >= FAR
        most = NEARLY if trial.target.on_grids and far and not before else 1.0
        partial: list[tuple[float, Cause]] = []
        mending: tuple[float, Cause] | None = None
        for cause in causes:
            if mending is not None and cause.hypothesis.simplicity[:-1] != mending[1].hypothesis.simplicity[:-1]:
                break
            if self._spent() and not (cause.hypothesis.borrowed == Borrowed.NODES and self._may_still_copy()):
                break
            if self.progress is not None:
                self.progress(self.count, f"{cause.name}: {cause.hypothesis.says}")
            if self.glance is not None and self._hopeless(self.glance, cause.hypothesis.edits, most):
                continue
            answers = self._tried(trial, cause.hypothesis.edits)
            excess, off = self._excess(errors(answers, trial.right)), misfit(answers, trial.right)
            if mending is not None and off >= NEARER * mending[0]:
                continue
            within = excess
            if excess <= most:
                within = max(excess, self._excess(errors(self._tried(other, cause.hypothesis.edits), other.right)))
            nearest = most if self.nearly is None else self.nearly[0]
            if 1 < within < nearest and self.writes(cause.hypothesis.edits):
                self.nearly = within, cause
            if within <= 1:
                if not self.writes((*before, *cause.hypothesis.edits)):
                    self.passed_over = True
                elif trial.target.on_grids:
                    mending = off, cause
                else:
                    return (cause,), []
                continue
            if self.best is None or excess < self.best[0]:
                self.best = excess, cause
            if off < start:
                partial.append((off, cause))
        if mending is not None:
            return (mending[1],), []
        partial.sort(key=lambda each: each[0])
        return None, list(_of_different_places(cause for _, cause in partial))

    def _several(
        self, partial: Sequence[Cause], trial: Case, other: Case, together: int, before: Sequence[Edit] = ()
    ) -> tuple[Cause, ...] | None:
        for first in partial[: self.limits.beam + BOLD + 1 if together == 2 else 3]:
            if self._spent():
                return None
            try:
                changed = [watched(_with(each, first.hypothesis.edits)) for each in (trial, other)]
            except NetmendError:  # what reads itself then is no network any more
                continue
            proposed = [each for each in self._proposals(changed[0]) if each.hypothesis.borrowed < Borrowed.NODES]
            edits = (*before, *first.hypothesis.edits)
            found, following = self._first(proposed, changed[0], changed[1], edits)
            if found is None and together > 2:
                found = self._several(following, changed[0], changed[1], together - 1, edits)
            if found is not None:
                return (first, *(_placed(trial, first, each) for each in found))
        return None

    def _tried(self, case: Case, edits: Sequence[Edit]) -> Mapping[str, Array] | None:
        self.count += 1
        return case.answers(edits)

    def _hopeless(self, alone: Case, edits: Sequence[Edit], most: float) -> bool:
        """Whether one input shows that some edits do not mend, at a fraction of what all inputs cost.

        What cannot be told from one, because it is no batch any more, is tried on all.
        """
        found = errors(self._tried(alone, edits), alone.right)
        return any(most * self.allowed[name].largest < each.largest < np.inf for name, each in found.items())

    def _excess(self, differences: Mapping[str, Distance]) -> float:
        """The largest difference as a multiple of what is allowed, or the typical one."""
        return max(each.times_of(self.allowed[name]) for name, each in differences.items())

    def _spent(self) -> bool:
        return self.count >= self.limits.evaluations or time.monotonic() > self._until

    def _may_still_copy(self) -> bool:
        """There are few copies to try, and they are better than nothing when the time that was given is up."""
        return self.count < self.limits.evaluations and self.limits.seconds > 0


def _restores(case: Case, hypothesis: Hypothesis) -> bool:
    """Whether one constant or operator becomes what the source's stretch has, without having been copied from there."""
    if hypothesis.borrowed or len(hypothesis.edits) != 1:
        return False
    (edit,) = hypothesis.edits
    if isinstance(edit, ReplaceNodes):
        return _restores_operator(case, edit)
    return isinstance(edit, SetConstant) and _restores_constant(case, edit)


def _restores_operator(case: Case, edit: ReplaceNodes) -> bool:
    """An operator of which the source's stretch has fewer becomes one of which it has more, and all else stays."""
    gone = [node for node in case.nodes if node.outputs[0] in edit.nodes]
    if len(gone) != 1 or len(edit.by) != 1:
        return False
    old, new = gone[0], edit.by[0]
    if replace(old, op=new.op) != new:
        return False
    theirs, ours = (Counter(node.op for node in nodes) for nodes in (case.source_nodes, case.nodes))
    return theirs[old.op] < ours[old.op] and theirs[new.op] > ours[new.op]


def _restores_constant(case: Case, edit: SetConstant) -> bool:
    made, stored = edit.value, case.source.constants
    if made.dtype.kind != "f" or made.size < 2:
        return False
    theirs = (stored[name] for node in case.source_nodes for name in node.inputs if name in stored)
    return any(
        each.size == made.size
        and any(np.array_equal(made, each.transpose(order)) for order in permutations(range(each.ndim)))
        for each in theirs
    )


def _of_different_places(causes: Iterator[Cause]) -> Iterator[Cause]:
    """The most promising cause of each node and type, so that a beam does not hold one idea in many shades."""
    seen = set()
    for cause in causes:
        key = cause.name, cause.hypothesis.node
        if key not in seen:
            seen.add(key)
            yield cause


def _placed(case: Case, first: Cause, following: Cause) -> Cause:
    """A cause at a node that another's edit made lies where that edit was made."""
    if following.hypothesis.node in {node.outputs[0] for node in case.target.nodes}:
        return following
    return replace(following, hypothesis=replace(following.hypothesis, node=first.hypothesis.node))


def _with(case: Case, edits: Sequence[Edit]) -> Case:
    target = edited(case.target, edits)
    old = {node.outputs[0] for node in case.target.nodes}
    kept = {*case.segment.nodes, *(node.outputs[0] for node in target.nodes if node.outputs[0] not in old)}
    nodes = tuple(node.outputs[0] for node in target.nodes if node.outputs[0] in kept)
    return replace(case, target=target, segment=replace(case.segment, nodes=nodes), got=case.answers(edits) or {})
