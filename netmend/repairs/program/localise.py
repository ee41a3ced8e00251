"""From findings to ranked suspects: which source elements may be at fault, and what might stand there instead.

A model of runs of faulty programs may join in (`netmend.repairs.program.learned`), and a model of correct programs
(`netmend.repairs.program.infill`): they change the order, and add no finding.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netmend.core.records import Diagnosis, Finding, Suspect
from netmend.program.blame import Blame, Value
from netmend.program.elements._base import Element, of_output
from netmend.program.lint._base import Hit
from netmend.program.places import Place
from netmend.repairs.program.infill._prior import Prior
from netmend.repairs.program.learned.experience import Experience
from netmend.repairs.program.watched import of_watched
from netmend.training.symptoms._base import Reading
from netmend.training.trace import Trace

FAULT_SHARE: Mapping[str, float] = {
    "activation": 25 / 58,
    "learning-rate": 18 / 58,
    "epochs": 18 / 58,
    "loss": 17 / 58,
    "optimiser": 11 / 58,
    "layer": 7 / 58,
    "units": 5 / 58,
    "batch-size": 4 / 58,
}
"""In how many of the 58 faulty programs of DeepFD (Cao et al., ICSE 2022) the element kind was at fault, as their
authors label them. Kinds that are not listed there get the least of these."""

PRIOR_WEIGHT = 0.25
"""How much the prior counts beside the evidence: a kind that is at fault in every program would start at this score.
Chosen so that one finding of middling severity outranks any prior; it only breaks ties among the unsuspected."""

SHARE_OF_RUNS = 0.5
"""A symptom is a finding if it shows in at least this share of the runs: one odd seed is not a diagnosis."""

LISTED = 3
"""Of so many other layers with the same symptom the names are given."""

NAMED_SHARE = 0.5
"""Without a model, suspects are named that score at least half as much as the first. Own choice, not tuned."""


@dataclass(frozen=True, slots=True)
class Idea:
    """A value that a finding suggests for an element, and how strongly."""

    value: Value
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An element with the evidence against it. `score` in (0, 1]; every element has one, suspected or not.

    Attributes:
        chance: what a model says, if it can speak of such elements.
    """

    element: Element
    score: float
    findings: tuple[str, ...] = ()
    ideas: tuple[Idea, ...] = ()
    chance: float | None = None


def localise(
    elements: Sequence[Element],
    hits: Sequence[tuple[str, Hit]],
    readings: Sequence[Sequence[tuple[str, Reading]]],
    thresholds: Mapping[str, float],
    experience: Experience | None = None,
    prior: Prior | None = None,
    watched: Trace | None = None,
) -> tuple[Diagnosis, tuple[Suspicion, ...]]:
    """Rank all elements of a program.

    Independent pieces of evidence add up as a noisy-or (Pearl, Probabilistic Reasoning in Intelligent Systems, 1988,
    section 4.3): score = 1 - product of (1 - weight x severity).

    Args:
        hits: of the static rules, with their names.
        readings: one sequence per run: the symptoms that fired in it, with their names.
        thresholds: of the symptoms, by name.
        experience: what a model says of these runs. prior: what a model says of this program. Neither accuses: only
            what a finding points to is named.
        watched: of one of the runs: of several models, which one their symptoms are about.
    """
    evidence: dict[str, dict[str, float]] = defaultdict(dict)
    ideas: dict[str, list[Idea]] = defaultdict(list)

    def accuse(name: str, element: Element, weight: float, values: Iterable[Value]) -> None:
        # Several readings of one symptom are one piece of evidence: the strongest counts.
        evidence[element.id][name] = max(weight, evidence[element.id].get(name, 0.0))
        for rank, value in enumerate(values):
            # Each later value of a rule's own list is a weaker idea than the one before it.
            ideas[element.id].append(Idea(value, weight / (1 + rank / 2), name))

    # What a run tells of outputs, labels and loss it tells of the first output of the model that is watched.
    measured = of_output(of_watched(elements, watched), 0)
    findings = []
    for name, hit in hits:
        findings.append(
            Finding(name, hit.message, hit.measured, hit.threshold, (str(hit.element.place),), "source", hit.severity)
        )
        own = [blame for blame in hit.blames if _blames(blame, hit.element)]
        if not own:
            accuse(name, hit.element, 0.5 * hit.severity, ())
        for blame in hit.blames:
            for element in _targets(blame, of_output(elements, hit.element.output), hit.element):
                accuse(name, element, blame.weight * hit.severity, blame.values)
    shown: dict[str, list[_Shown]] = defaultdict(list)
    for name, reading, share in _in_most_runs(readings):
        places: dict[Place, float] = {}
        for blame in reading.blames:
            for element in _targets(blame, measured, None):
                if blame.values and all(value == element.value for value in blame.values):
                    continue  # what would mend it is there already
                accuse(name, element, blame.weight * reading.severity * share, blame.values)
                places[element.place] = max(blame.weight, places.get(element.place, 0.0))
        shown[name].append(_Shown(reading, share, places))
    findings += [_finding(name, found, thresholds.get(name), len(readings)) for name, found in shown.items()]
    suspicions = _ranked(elements, evidence, ideas, experience, prior)
    findings.sort(key=lambda finding: -finding.severity)
    return Diagnosis(tuple(findings), _suspects(suspicions, experience, prior)), suspicions


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a symptom reads at one place in `share` of the runs, and how strongly it points to which text."""

    reading: Reading
    share: float
    places: Mapping[Place, float]


def _finding(name: str, found: Sequence[_Shown], threshold: float | None, runs: int) -> Finding:
    """One symptom of one or several layers or curves, told of the gravest, the first of equals."""
    worst = max(found, key=lambda shown: shown.reading.severity)
    spread = "" if runs < 2 else f" (in {round(worst.share * runs)} of {runs} runs)"
    others = [shown.reading.where for shown in found if shown is not worst]
    more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
    also = f" The same holds for {', '.join(others[:LISTED])}{more}." if others else ""
    places: dict[Place, float] = {}
    for shown in found:
        for place, weight in shown.places.items():
            places[place] = max(weight, places.get(place, 0.0))
    return Finding(
        name,
        worst.reading.message + spread + also,
        worst.reading.value,
        threshold,
        tuple(map(str, sorted(places, key=lambda place: (-places[place], place)))),
        "training",
        worst.reading.severity,
    )


def _suspects(
    suspicions: Sequence[Suspicion], experience: Experience | None, prior: Prior | None
) -> tuple[Suspect, ...]:
    """For a person: which of them are named, and what the models have said."""
    share = experience.weights.named if experience else NAMED_SHARE
    first = max((item.score for item in suspicions if item.findings), default=0.0)
    return tuple(
        Suspect(
            str(item.element.place),
            item.element.label,
            round(item.score, 3),
            item.findings,
            bool(item.findings) and item.score >= share * first,
            "; ".join(filter(None, _said(item, experience, prior))),
        )
        for item in suspicions
    )


def _said(item: Suspicion, experience: Experience | None, prior: Prior | None) -> Iterator[str]:
    if experience and item.chance is not None:
        yield experience.sentence(item.chance)
    if prior:
        yield prior.sentence(item.element)


def _ranked(
    elements: Sequence[Element],
    evidence: Mapping[str, Mapping[str, float]],
    ideas: Mapping[str, Sequence[Idea]],
    experience: Experience | None,
    prior: Prior | None,
) -> tuple[Suspicion, ...]:
    of_kind = Counter(element.kind for element in elements)
    scores = []
    for element in elements:
        # A program has one loss but many layers: a kind's prior is shared out among its elements.
        doubt = 1 - PRIOR_WEIGHT * FAULT_SHARE.get(element.kind, 1 / 58) / of_kind[element.kind]
        for weight in evidence.get(element.id, {}).values():
            doubt *= 1 - min(weight, 0.99)
        scores.append(1 - doubt)
    chances: list[float | None] = [None] * len(elements)
    if experience:
        chances = experience.of(elements)
        scores = experience.joined(scores, chances)
    if prior:
        scores = prior.joined(elements, scores)
    ranked = [
        Suspicion(element, score, tuple(evidence.get(element.id, ())), tuple(ideas.get(element.id, ())), chance)
        for element, score, chance in zip(elements, scores, chances, strict=True)
    ]
    return tuple(sorted(ranked, key=lambda item: (-item.score, item.element.place)))


def _in_most_runs(readings: Sequence[Sequence[tuple[str, Reading]]]) -> Iterable[tuple[str, Reading, float]]:
    """Each symptom at each place that shows in most runs: its name, the reading with the median value, its share."""
    shown: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for run in readings:
        for name, reading in {(name, reading.where): (name, reading) for name, reading in run}.values():
            shown[name, reading.where].append(reading)
    for (name, _), found in shown.items():
        share = len(found) / len(readings)
        if share >= SHARE_OF_RUNS:
            middle = statistics.median_low([reading.value for reading in found])
            yield name, next(reading for reading in found if reading.value == middle), share


def _targets(blame: Blame, elements: Sequence[Element], hit: Element | None) -> list[Element]:
    """The elements a blame points to; the hit's own element alone if the blame fits it."""
    if hit is not None and _blames(blame, hit):
        return [hit]
    return [element for element in elements if _blames(blame, element)]


def _blames(blame: Blame, element: Element) -> bool:
    return (
        blame.kind == element.kind
        and (blame.role is None or blame.role == element.role or not element.role)
        and (blame.layer is None or element.layer is None or blame.layer == element.layer)
    )
