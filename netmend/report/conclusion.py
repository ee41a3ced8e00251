"""What a repair amounts to, in one headline and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from netmend.core.records import Diagnosis, Outcome, Repair

Basis = Literal["statistical", "exact", "proof", "none"]
Result = Literal[
    "repaired",
    "improved",
    "nothing-to-repair",
    "no-repair",
    "harmful",
    "interrupted",
    "control-failed",
    "diagnosed",
]

MEANINGS = {
    Outcome.PROVED: "The requirement holds for everything the specification states, re-checked without the solver.",
    Outcome.PLAUSIBLE: "The requirement is met on a sample no decision had used. Evidence, not proof.",
    Outcome.IMPROVED: "Better than before on a sample no decision had used. No requirement is shown to be met.",
    Outcome.NO_EFFECT: "Not distinguishable from before.",
    Outcome.HARMFUL: "Something that worked before is lost.",
    Outcome.INCONCLUSIVE: "Too little evidence to say.",
    Outcome.INVALID: "The patched subject does not parse, build or finish.",
}
_TUNED = " No rule and no symptom had found a fault: this may be tuning rather than repair."
_BETTER = (Outcome.PROVED, Outcome.PLAUSIBLE, Outcome.IMPROVED)
BASES = {
    "statistical": "statistical test over repeated runs",
    "exact": "exact evaluation",
    "proof": "proof, re-evaluated",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict on the whole repair.

    Attributes:
        result: what happened, for a program that reads this.
        outcome: of the confirm trial; None if nothing was confirmed.
        headline: a few words a stranger understands. sentence: the reason, with the numbers that decided.
        meaning: what the outcome promises and what not; empty without one.
        basis: what carries the verdict: "statistical", "exact", "proof", or "none" where nothing was tried.
        accepted: the confirmed patch meets what was required.
        status: exit status of the command.
    """

    result: Result
    outcome: Outcome | None
    headline: str
    sentence: str
    meaning: str
    basis: Basis
    accepted: bool
    interrupted: bool
    nothing_to_repair: bool
    status: int


def conclude(repair: Repair[Any, Any], *, requirement: str, basis: Basis, status: int, harmful: str = "") -> Conclusion:
    """The conclusion of a repair; the confirm trial decides, and a failed control overrules it.

    Args:
        requirement: what had to hold; empty if nothing was required, so that better is all there is to be had.
        basis: what carries the verdict; an outcome "proved" makes it "proof".
        harmful: what a patch that meets the requirement costs elsewhere, if that is why it was not handed over.
    """
    result = _result(repair)
    if result == "no-repair" and harmful:
        result = "harmful"
    verdict = None if repair.confirmed is None else repair.confirmed.verdict
    outcome = None if verdict is None else verdict.outcome
    missed = bool(requirement) and verdict is not None and not verdict.accepted
    return Conclusion(
        result=result,
        outcome=outcome,
        headline=_headline(result, outcome, missed, refuted=bool(repair.confirmations)),
        sentence=harmful if result == "harmful" else _sentence(repair, result),
        meaning="" if outcome is None else MEANINGS[outcome] + ("" if repair.diagnosis.findings else _TUNED),
        basis="proof" if outcome is Outcome.PROVED else basis,
        accepted=verdict is not None and verdict.accepted,
        interrupted=repair.interrupted,
        nothing_to_repair=repair.nothing_to_repair,
        status=status,
    )


def conclude_diagnosis(
    diagnosis: Diagnosis, *, status: int, ran: bool = True, verdict: tuple[str, str] | None = None
) -> Conclusion:
    """The conclusion of a diagnosis: how much was found.

    Args:
        ran: the subject was watched, and not read alone.
        verdict: headline and sentence, where the kind has a verdict of its own.
    """
    if verdict is not None:
        return Conclusion("diagnosed", None, *verdict, "", "none", False, False, False, status)
    found, suspects = len(diagnosis.findings), len(diagnosis.suspects)
    headline = "Nothing suspicious found"
    sentence = "No rule and no symptom fired; this does not show that the program is right."
    if found:
        headline = f"{found} finding{'s' if found > 1 else ''}"
        sentence = diagnosis.findings[0].message
        if suspects and not any(suspect.findings for suspect in diagnosis.suspects):
            sentence += " No finding points to a line; the suspects below are ranked by experience alone."
    elif suspects:
        fired = "No rule and no symptom fired" if ran else "No static rule fired"
        sentence = f"{fired}; the suspects below are ranked by experience alone."
    if not ran:
        headline = f"Read, not run: {headline[:1].lower()}{headline[1:]}"
    return Conclusion("diagnosed", None, headline, sentence, "", "none", False, False, False, status)


def _result(repair: Repair[Any, Any]) -> Result:
    if repair.control is not None and repair.control.verdict.outcome in _BETTER:
        return "control-failed"
    if repair.nothing_to_repair:
        return "nothing-to-repair"
    if repair.confirmed is not None and repair.confirmed.verdict.outcome in _BETTER:
        return "improved" if repair.confirmed.verdict.outcome is Outcome.IMPROVED else "repaired"
    return "interrupted" if repair.interrupted else "no-repair"


def _headline(result: Result, outcome: Outcome | None, missed: bool, *, refuted: bool) -> str:
    if result == "repaired":
        return "Repaired, with proof" if outcome is Outcome.PROVED else "Repair found: the requirement is met"
    if result == "improved":
        return "Improved, but the requirement is not met" if missed else "Improvement found and confirmed"
    if result == "no-repair":
        return "No repair confirmed" if refuted or outcome is not None else "No repair found"
    return {
        "nothing-to-repair": "Nothing to repair",
        "harmful": "No repair accepted: it costs more elsewhere than allowed",
        "interrupted": "Stopped before a repair was confirmed",
        "control-failed": "No verdict: the check itself failed",
    }[result]


def _sentence(repair: Repair[Any, Any], result: Result) -> str:
    if result == "control-failed" and repair.control is not None:
        return (
            "The unchanged subject was accepted as a repair, so nothing this check says can be believed: "
            f"{repair.control.verdict.sentence}"
        )
    if repair.confirmed is not None and result in ("repaired", "improved", "no-repair"):
        return repair.confirmed.verdict.sentence
    if result == "nothing-to-repair":
        return "The requirement already holds on the whole baseline sample; no search was made."
    ended = f"{_capitalised(repair.ended or 'the search ended without an accepted patch').rstrip('.')}."
    best = repair.best
    if best is None or best.verdict.outcome is Outcome.INVALID:
        return ended
    return f"{ended} Best so far, not confirmed: {best.patch.describe()} ({best.verdict.sentence})"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
