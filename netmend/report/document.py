"""The one document of a repair: a frozen, JSON-able value from which every other form is rendered.

Text, Markdown and the HTML page read this value and nothing else, so they cannot disagree, and a study folder that
holds it as JSON can be shown again at any time. `docs/report.md` lists every key.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import netmend
from netmend.core.exhibits import Exhibit
from netmend.core.records import Cost, Diagnosis, Finding, Outcome, Repair, Suspect, Trial
from netmend.report.conclusion import Basis, Conclusion, conclude, conclude_diagnosis
from netmend.report.differences import FindingChange, compare_findings
from netmend.report.references import Reference
from netmend.report.references import references as _papers

SCHEMA = 1
"""Raised when a key changes its meaning or goes away; a new key with a default does not raise it."""


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One patch tried, as text and numbers.

    Attributes:
        change: the patch in one line. size: how many separate changes it makes.
        purpose: what the sample was for: "control", "screen" or "confirm".
        runs: how many runs it took. effort: share of the full work, in (0, 1].
        score: for ranking trials of equal outcome; None if it had none.
    """

    number: int
    patch: str
    change: str
    size: int
    purpose: str
    runs: int
    effort: float
    outcome: Outcome
    accepted: bool
    sentence: str
    score: float | None
    remaining: tuple[str, ...]
    harm: str
    proposed_by: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PhaseCost:
    """What one phase of the repair used; runs answered from the journal are counted where they were first paid."""

    phase: str
    runs: int
    run_seconds: float
    wall_seconds: float
    propose_seconds: float


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a person is told about one repair or diagnosis.

    No number in it is NaN or infinite: such a value is None.

    Attributes:
        schema: version of these keys. tool: version of netmend that wrote it.
        command: "repair" or "diagnose". kind: kind of repair, "program".
        subject: what was looked at, as the user named it. requirement: what must hold, one sentence; may be empty.
        findings: with what became of each. suspects: most suspicious first.
        control: the unpatched subject tried as if it were a patch; must not be accepted.
        confirmed: the minimised patch on the confirm draw. best: the best trial, not confirmed.
        confirmations: every patch that was put to a confirm draw, in order.
        candidates: different patches tried, the control left out.
        ended: why the search ended. reproduce: shell commands, in order.
    """

    schema: int
    tool: str
    command: str
    kind: str
    title: str
    subject: str
    requirement: str
    conclusion: Conclusion
    findings: tuple[FindingChange, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    control: TrialLine | None = None
    confirmed: TrialLine | None = None
    confirmations: tuple[TrialLine, ...] = ()
    best: TrialLine | None = None
    trials: tuple[TrialLine, ...] = ()
    candidates: int = 0
    ended: str = ""
    costs: tuple[PhaseCost, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    warnings: tuple[str, ...] = ()
    reproduce: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


def document(
    repair: Repair[Any, Any],
    *,
    kind: str,
    subject: str,
    requirement: str = "",
    exhibits: Iterable[Exhibit] = (),
    warnings: Iterable[str] = (),
    reproduce: Iterable[str] = (),
    references: Iterable[str] = (),
    status: int,
    basis: Basis = "statistical",
    harmful: str = "",
) -> Document:
    """The document of a finished or interrupted repair.

    Args:
        kind: kind of repair, for example "program".
        subject: what was repaired, as the user named it.
        requirement: what had to hold, one sentence; empty if nothing was required.
        exhibits: what the kind shows besides its verdict, in the order to be read.
        warnings: sentences the user should read before believing the result.
        reproduce: shell commands that give the same result again.
        references: names of the methods that were used, as `netmend.report.references.references` reads them.
        status: exit status of the command, as `docs/exit-status.md` lists them.
        basis: what carries the verdict; an outcome "proved" makes it "proof".
        harmful: what a patch that meets the requirement costs elsewhere, if that is why it was not handed over.
    """
    conclusion = conclude(repair, requirement=requirement, basis=basis, status=status, harmful=harmful)
    control = None if repair.control is None else repair.control.patch.id
    return cleaned(
        Document(
            schema=SCHEMA,
            tool=netmend.__version__,
            command="repair",
            kind=kind,
            title=f"{conclusion.headline} · {subject}",
            subject=subject,
            requirement=requirement,
            conclusion=conclusion,
            findings=compare_findings(
                repair.diagnosis.findings, None if repair.after is None else repair.after.findings
            ),
            suspects=repair.diagnosis.suspects,
            control=_optional_line(repair.control),
            confirmed=_optional_line(repair.confirmed),
            confirmations=tuple(_line(trial) for trial in repair.confirmations),
            best=_optional_line(repair.best),
            trials=tuple(_line(trial) for trial in repair.trials),
            candidates=len({trial.patch.id for trial in repair.trials} - {control}),
            ended=repair.ended,
            costs=_costs(repair.costs),
            exhibits=tuple(exhibits),
            warnings=tuple(warnings),
            reproduce=tuple(reproduce),
            references=_papers(references),
        )
    )


def diagnosis_document(
    diagnosis: Diagnosis,
    *,
    kind: str,
    subject: str,
    requirement: str = "",
    exhibits: Iterable[Exhibit] = (),
    warnings: Iterable[str] = (),
    reproduce: Iterable[str] = (),
    references: Iterable[str] = (),
    status: int = 0,
    costs: Mapping[str, Cost] | None = None,
    ran: bool = True,
    verdict: tuple[str, str] | None = None,
) -> Document:
    """The document of a diagnosis: what is wrong and where, with nothing tried. Arguments as for `document`.

    Args:
        ran: the subject was watched, and not read alone.
        verdict: headline and sentence, where the kind has a verdict of its own.
    """
    conclusion = conclude_diagnosis(diagnosis, status=status, ran=ran, verdict=verdict)
    return cleaned(
        Document(
            schema=SCHEMA,
            tool=netmend.__version__,
            command="diagnose",
            kind=kind,
            title=f"{conclusion.headline} · {subject}",
            subject=subject,
            requirement=requirement,
            conclusion=conclusion,
            findings=compare_findings(diagnosis.findings, None),
            suspects=diagnosis.suspects,
            costs=_costs(costs or {}),
            exhibits=tuple(exhibits),
            warnings=tuple(warnings),
            reproduce=tuple(reproduce),
            references=_papers(references),
        )
    )


T = TypeVar("T")


def cleaned(value: T) -> T:
    """The same value with every NaN and infinity as None, and every number a plain Python number.

    JSON has no token for a non-finite number, and a NaN is unequal to itself, so nothing that holds one could be
    compared with its copy read back.
    """
    return cast(T, _cleaned(value))


def total(costs: Sequence[PhaseCost]) -> PhaseCost:
    """The sum over phases."""
    return PhaseCost(
        phase="total",
        runs=sum(cost.runs for cost in costs),
        run_seconds=math.fsum(cost.run_seconds or 0.0 for cost in costs),
        wall_seconds=math.fsum(cost.wall_seconds or 0.0 for cost in costs),
        propose_seconds=math.fsum(cost.propose_seconds or 0.0 for cost in costs),
    )


def tried(document: Document) -> list[TrialLine]:
    """Every trial in the order to be read: the control, the search, and what was put to fresh runs."""
    last = document.confirmations or ((document.confirmed,) if document.confirmed is not None else ())
    return [*([] if document.control is None else [document.control]), *document.trials, *last]


def patch_heading(document: Document) -> str:
    """What stands above a diff: a patch that no fresh runs have confirmed is called so."""
    return "Patch" if document.confirmed is not None else "Patch (not confirmed)"


def findings_in(document: Document, *states: str) -> tuple[Finding, ...]:
    """The findings in any of these states: "found", "gone", "remaining" or "new"."""
    return tuple(change.finding for change in document.findings if change.state in states)


def _line(trial: Trial[Any, Any]) -> TrialLine:
    return TrialLine(
        number=trial.number,
        patch=trial.patch.id,
        change=trial.patch.describe(),
        size=trial.patch.size,
        purpose=str(trial.draw.purpose),
        runs=len(trial.draw.seeds),
        effort=trial.draw.effort,
        outcome=trial.verdict.outcome,
        accepted=trial.verdict.accepted,
        sentence=trial.verdict.sentence,
        score=trial.verdict.score,
        remaining=tuple(trial.verdict.remaining),
        harm=trial.verdict.harm,
        proposed_by=trial.proposed_by,
        seconds=trial.seconds,
    )


def _optional_line(trial: Trial[Any, Any] | None) -> TrialLine | None:
    return None if trial is None else _line(trial)


def _costs(costs: Mapping[str, Cost]) -> tuple[PhaseCost, ...]:
    return tuple(
        PhaseCost(phase, cost.runs, cost.run_seconds, cost.wall_seconds, cost.propose_seconds)
        for phase, cost in costs.items()
    )


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _cleaned(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return type(value)(**fields)
    return tuple(_cleaned(part) for part in value)
