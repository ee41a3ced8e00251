"""The values that flow through every repair, whatever is under repair.

All are frozen. None knows a framework, a source language or a solver.
`docs/design.md` draws how they flow; `netmend.core.loop` is the only place that orders the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

P = TypeVar("P")
E = TypeVar("E")


class Outcome(StrEnum):
    """What trying out a patch showed, from best to worst. We never say "correct"."""

    PROVED = "proved"
    PLAUSIBLE = "plausible"
    IMPROVED = "improved"
    NO_EFFECT = "no-effect"
    HARMFUL = "harmful"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Purpose(StrEnum):
    """Why a sample is drawn. Samples of different purposes never share a seed."""

    BASELINE = "baseline"
    CONTROL = "control"
    SCREEN = "screen"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Draw:
    """Which independent sample a trial may look at.

    Attributes:
        purpose: what the sample is for; confirm draws are looked at once, after every decision.
        seeds: one per run; deterministic kinds use a single seed as the name of the sample.
        effort: share of the full work, in (0, 1]; below 1 the result may rank, never decide.
    """

    purpose: Purpose
    seeds: tuple[int, ...]
    effort: float = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a diagnosis.

    Attributes:
        name: the rule or symptom, as `netmend explain NAME` knows it.
        message: one sentence for a person, numbers included.
        measured: the value, or None where the rule measures nothing.
        threshold: the value it was compared with, or None.
        places: where it points to, as `file:line:column`, the likeliest first; empty if nowhere in particular.
        basis: "source" (seen without running) or "training" (seen in a run).
        severity: 0 (worth knowing) to 1 (cannot work).
    """

    name: str
    message: str
    measured: float | None = None
    threshold: float | None = None
    places: tuple[str, ...] = ()
    basis: str = "source"
    severity: float = 0.5


@dataclass(frozen=True, slots=True)
class Suspect:
    """A ranked place.

    Attributes:
        place: a string the kind can read back; `file:line:column` for programs.
        label: what stands there, for a person: "activation of Dense 3: softmax".
        score: suspiciousness in [0, 1]; orders the search, never ends it.
        findings: names of the findings that point here; empty if experience alone does.
        named: one of those to look at first: findings point here, and the score is near the first one's.
        experience: what similar runs say of it, for a person; empty if nothing. It is no finding.
    """

    place: str
    label: str
    score: float
    findings: tuple[str, ...] = ()
    named: bool = False
    experience: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Findings and suspects, each most serious first."""

    findings: tuple[Finding, ...] = ()
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence of one trial amounts to.

    Attributes:
        outcome: one of `Outcome`.
        sentence: the reason, with the numbers that decided.
        remaining: names of findings still present.
        harm: what worked before and is lost; empty if nothing.
        score: a number for ranking trials of equal outcome, greater is better; never decides.
        accepted: whether this ends the search; the kind decides, given the requirement.
        matters: the smallest difference of scores that is worth a change; every change of a patch has to earn it.
    """

    outcome: Outcome
    sentence: str
    remaining: tuple[str, ...] = ()
    harm: str = ""
    score: float = float("-inf")
    accepted: bool = False
    matters: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial(Generic[P, E]):
    """One patch tried on one draw."""

    number: int
    patch: P
    draw: Draw
    evidence: E
    verdict: Verdict
    proposed_by: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a repair used. Runs answered from the journal are counted where they were first paid."""

    runs: int = 0
    run_seconds: float = 0.0
    wall_seconds: float = 0.0
    propose_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Repair(Generic[P, E]):
    """Everything a finished (or interrupted) repair leaves behind.

    Attributes:
        before: evidence of the unpatched subject on the baseline draw.
        nothing_to_repair: the requirement already held; no search was made.
        control: the negative control: the unpatched subject tried as if it were a patch.
        confirmed: the minimised patch on the confirm draw; None if none was confirmed.
        confirmations: every trial on a confirm draw, in order: of patches that did not hold there, too.
        best: the best trial that was better than before, accepted or not, of a patch that no confirm draw refused;
            the last one on most runs speaks for a patch. None if there is none.
        after: diagnosis of the confirmed patch; None if none was confirmed.
        ended: why the search ended: one sentence.
        interrupted: the user stopped it; the study can be resumed.
        costs: by phase: "observe", "control", "search", "minimise", "confirm".
    """

    diagnosis: Diagnosis
    before: E
    trials: tuple[Trial[P, E], ...] = ()
    nothing_to_repair: bool = False
    control: Trial[P, E] | None = None
    confirmed: Trial[P, E] | None = None
    confirmations: tuple[Trial[P, E], ...] = ()
    best: Trial[P, E] | None = None
    after: Diagnosis | None = None
    ended: str = ""
    interrupted: bool = False
    costs: Mapping[str, Cost] = field(default_factory=dict)
