"""What became of each finding: gone, remaining or new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from netmend.core.records import Finding

State = Literal["found", "gone", "remaining", "new"]


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One finding and its fate.

    Attributes:
        state: "found" where nothing was confirmed, so there is no after.
        finding: as diagnosed before; a new one as diagnosed after.
        after: the same finding as diagnosed after; only where it remains.
    """

    state: State
    finding: Finding
    after: Finding | None = None


def fate(change: FindingChange) -> str:
    """What became of a finding, for a person.

    Many symptoms are given for a run that does not learn alone: of one that learns, the same number is none. So all
    that can be said of a symptom is that it is not found any more.
    """
    return "not found now" if change.state == "gone" and change.finding.basis == "training" else change.state


def compare_findings(before: Sequence[Finding], after: Sequence[Finding] | None) -> tuple[FindingChange, ...]:
    """Every finding with its state: those before in their order, then the new ones.

    Findings answer each other by name. Where one name occurs more than once (a dead layer here and another there),
    equal places answer first, then the order decides: a patch may shift lines, so places alone prove nothing.
    """
    if after is None:
        return tuple(FindingChange("found", finding) for finding in before)
    answers: dict[int, Finding] = {}
    unanswered = list(after)
    for same in (_same_name_and_places, _same_name):
        for index, finding in enumerate(before):
            answer = next((other for other in unanswered if index not in answers and same(finding, other)), None)
            if answer is not None:
                answers[index] = answer
                unanswered.remove(answer)
    known = tuple(
        FindingChange("remaining", finding, answers[index]) if index in answers else FindingChange("gone", finding)
        for index, finding in enumerate(before)
    )
    return known + tuple(FindingChange("new", finding) for finding in unanswered)


def _same_name(one: Finding, other: Finding) -> bool:
    return one.name == other.name


def _same_name_and_places(one: Finding, other: Finding) -> bool:
    return one.name == other.name and set(one.places) == set(other.places)
