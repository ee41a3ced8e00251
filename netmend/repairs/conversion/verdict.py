"""What a difference between two sides amounts to, each with its evidence; most published faults were none of the model.

A finding is named for its fault type where one explains it (`netmend explain NAME`), and otherwise for what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from netmend.core.records import Finding
from netmend.network.graph import Graph
from netmend.repairs.conversion.examine import Examined
from netmend.repairs.conversion.explain import Explained, Unexplained
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.preprocessing import Map
from netmend.repairs.conversion.requirement._base import Agreement
from netmend.repairs.conversion.runtime import RuntimeBug


class Kind(StrEnum):
    """What it is; the gravest first."""

    FAULTY = "faulty conversion"
    RUNTIME = "runtime bug"
    PREPROCESSING = "wrong preprocessing around a right model"
    PRECISION = "intended precision change"
    BENIGN = "benign differences"
    HEALTHY = "healthy conversion"


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """All that was found out about a pair.

    Attributes:
        agreement: by the requirement, numbers: by the tensors' own tolerance; None if the target does not run.
        failure: why it does not. bugs: of the source's and of the target's runtime.
        prepared: input of the target that is prepared in another way, and the map that mends it; None for the map where
            there is none. right: agreement once the target is fed what the source is; None if it was not asked.
    """

    agreement: Agreement | None
    numbers: Agreement | None
    failure: str
    bugs: tuple[RuntimeBug, ...]
    prepared: tuple[tuple[str, Map | None], ...]
    right: Agreement | None
    examined: Examined


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a pair."""

    kind: Kind
    sentence: str
    findings: tuple[Finding, ...]

    @property
    def headline(self) -> str:
        """A few words."""
        return _capital(self.kind)


def judged(seen: Observed, graph: Graph) -> Judgement:
    """The gravest of what was found, with all findings, the gravest first.

    Args:
        graph: of the target.
    """
    found = sorted(_findings(seen, graph), key=lambda pair: (list(Kind).index(pair[0]), -pair[1].severity))
    kind = found[0][0] if found else Kind.HEALTHY
    said = seen.failure or (seen.agreement.sentence if seen.agreement is not None else "")
    return Judgement(kind, f"{_capital(said)}.", tuple(finding for _, finding in found))


def _findings(seen: Observed, graph: Graph) -> Iterator[tuple[Kind, Finding]]:
    for bug in seen.bugs:
        places = (bug.node,) if bug.node else ()
        yield Kind.RUNTIME, Finding("runtime-bug", bug.sentence, bug.error, bug.allowed, places, "runtime", 0.9)
    yield from _preparation(seen)
    for faulty, answer in seen.examined.causes:
        yield cause(faulty, answer, graph)
    for faulty in seen.examined.unjudged:
        message = f"these nodes cannot be judged alone: {faulty.failure}; the target as a whole agrees"
        yield Kind.BENIGN, Finding("not-judged", message, None, None, _places(faulty, graph), "runtime", 0.1)
    yield from _coarse(seen, graph)
    agreement = seen.agreement
    if agreement is None or seen.examined.causes or seen.bugs or seen.prepared:
        if agreement is None and not seen.examined.causes:
            yield Kind.FAULTY, Finding("does-not-run", f"the target does not run: {seen.failure}", severity=1.0)
        return
    if agreement.ties:
        message = (
            f"{agreement.ties} inputs have other labels because the source's own scores are equal up to rounding: "
            "ties, and no fault of the conversion"
        )
        yield Kind.BENIGN, Finding("ties", message, float(agreement.ties), None, (), "runtime", 0.1)
    if not agreement.holds:
        coarse = any(each.coarser for each in seen.examined.localised.tensors.values())
        what = "rounding and storing numbers with fewer digits add" if coarse else "rounding adds"
        message = f"no segment is wrong on right inputs, so that this is what {what} up to: {agreement.sentence}"
        largest = float(agreement.errors.max(initial=0.0))
        yield Kind.BENIGN, Finding("rounding-adds-up", message, largest, None, (), "runtime", 0.2)


def _preparation(seen: Observed) -> Iterator[tuple[Kind, Finding]]:
    for name, found in seen.prepared:
        whole = seen.right
        same = whole is not None and whole.holds
        said = (
            f": {found.sentence} before it is fed" if found is not None else ", by no scale, shift or order of channels"
        )
        what = "agrees" if same else "still does not agree"
        message = (
            f"the target's input {name} is prepared in another way than the source's{said}; fed what the source is "
            f"fed, the target {what}"
        )
        kind = Kind.PREPROCESSING if same else Kind.FAULTY
        yield kind, Finding("preprocessing", message, None, None, (name,), "runtime", 0.8)


def cause(faulty: Faulty, answer: Explained | Unexplained, graph: Graph) -> tuple[Kind, Finding]:
    """A faulty segment as a finding."""
    error, allowed = faulty.judged.error.largest, faulty.judged.coarse.largest
    if isinstance(answer, Explained):
        names = {node.outputs[0]: node.name for node in graph.nodes}
        places = tuple(dict.fromkeys(names.get(each.hypothesis.node, each.hypothesis.node) for each in answer.causes))
        kind = Kind.PREPROCESSING if all(each.fault.id.startswith("P") for each in answer.causes) else Kind.FAULTY
        return kind, Finding(answer.causes[0].name, answer.hypothesis.says, error, allowed, places, "runtime", 0.9)
    places = _places(faulty, graph)
    said = f": {faulty.failure}" if faulty.failure else ""
    nearest = ""
    if answer.best is not None and answer.error_after < answer.error_before:
        nearest = f"; nearest, with an error of {answer.error_after:.3g}: {answer.best.hypothesis.says}"
    message = f"these nodes are wrong on right inputs, and no known fault explains it{said}{nearest}"
    return Kind.FAULTY, Finding("unexplained-stretch", message, error, allowed, places, "runtime", 1.0)


def _places(faulty: Faulty, graph: Graph) -> tuple[str, ...]:
    return tuple(node.name for node in graph.nodes if node.outputs[0] in faulty.segment.nodes)


def _coarse(seen: Observed, graph: Graph) -> Iterator[tuple[Kind, Finding]]:
    """What is stored with fewer digits, and whether the outputs are off by no more than that explains."""
    coarser = {name: each for name, each in seen.examined.localised.tensors.items() if each.coarser}
    if not coarser:
        return
    names = {name: node.name for node in graph.nodes for name in node.outputs}
    worst = max(coarser, key=lambda name: coarser[name].error.typical / max(coarser[name].right.typical, 1e-300))
    share = coarser[worst].error.typical / max(coarser[worst].right.typical, 1e-300)
    within = seen.numbers is not None and seen.numbers.holds
    budget = (
        "as far as the outputs go, no more than it explains"
        if within
        else "the outputs are off by more than it explains"
    )
    message = (
        f"{len(coarser)} tensors differ by what storing numbers with fewer digits explains (up to {share:.2g} of their "
        f"size, root mean square); {budget}"
    )
    if graph.ranges:
        message += (
            f"; {len(graph.ranges)} of its tensors are put on grids that reach over the numbers of all that is fed at "
            "once, so that answers change a little with what else is in the batch"
        )
    finding = Finding(
        "coarser-precision",
        message,
        coarser[worst].error.largest,
        coarser[worst].coarse.largest,
        (names.get(worst, worst),),
        "runtime",
        0.2 if within else 0.5,
    )
    yield Kind.PRECISION, finding


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
