"""What the report of a weight repair shows besides its verdict."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netmend.core.exhibits import Box, Boxes, Exhibit, Facts, Table
from netmend.core.records import Repair
from netmend.repairs.weights.certificate import statement
from netmend.repairs.weights.evidence import Evidence
from netmend.repairs.weights.harm import Harm
from netmend.repairs.weights.methods._base import Found, WeightChange, reason
from netmend.repairs.weights.repairer import WeightRepairer, describe
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.subject import NetworkUnderRepair

MOST_DRAWN = 400
"""Margins drawn in the picture, evenly over their order: a box plot of more looks the same."""

MOST_LISTED = 50
"""Indices of points in one line (own choice)."""


def exhibits(
    subject: NetworkUnderRepair,
    repairer: WeightRepairer,
    repair: Repair[WeightChange, Evidence],
    certificate: Path | None,
    architecture: str = "",
) -> Iterator[Exhibit]:
    """Margins before and after, what changed, what it costs elsewhere, what is shown and how to show it again."""
    tried = repair.confirmed or repair.best
    boxes = [Box("before", _drawn(repair.before.checked.slack))]
    if tried is not None:
        boxes.append(Box("after", _drawn(tried.evidence.checked.slack)))
    margin = subject.specification.requirement.margin
    caption = "The least slack of each point, by evaluation in float64: what is required lies above the line."
    yield Boxes(caption, "margin", True, tuple(boxes), (("required", margin),), "point")
    if tried is None:
        return
    network = subject.network
    yield Facts(
        "The change",
        (
            ("layer", tried.patch.describe()),
            ("tensors", ", ".join(network.parameters[name] for name in sorted(tried.patch.changed))),
            ("points", _counted(repair.before.checked.evaluated, tried.evidence.checked.evaluated)),
        ),
    )
    yield from _harm("Elsewhere: held-out inputs no decision has used", tried.evidence.harm, subject.harm)
    yield from _harm("Generalisation: unseen inputs like those of the repair set", tried.evidence.generalisation, None)
    shown = [("what is shown", statement(tried.evidence.checked, subject.level)), ("runtime", network.runtime)]
    if certificate is not None:
        shown += [("certificate", str(certificate)), ("validate", validating(certificate, architecture))]
    yield Facts("What is proved", tuple(shown))


def validating(certificate: Path, architecture: str) -> str:
    """The command that shows again what a certificate states."""
    named = ["--architecture", architecture] if architecture else []
    return shlex.join(["netmend", "validate", str(certificate), *named])


def layer_table(repairer: WeightRepairer) -> Iterator[Exhibit]:
    """The layers in the order in which they were to be tried, why, and what came of them."""
    ranking = repairer.ranking
    if ranking is None:
        return
    came = {attempt.layer.node: attempt for attempt in repairer.attempts}
    rows, harmful = [], repairer.harmful()
    for layer, score in zip(ranking.layers, ranking.scores, strict=True):
        attempt = came.get(layer.node)
        result = ""
        if attempt is not None:
            found = attempt.answer
            result = f"norm {found.change.norm:.4g}" if isinstance(found, Found) else reason(found)
            result = f"{result}, harmful: {_lost(harmful[layer.name])}" if layer.name in harmful else result
        rows.append((layer.name, describe(layer), f"{score:.4g}" if ranking.heuristic else "", result))
    caption = f"Layers, the one to edit first at the top; {ranking.reason}"
    yield Table(caption, ("layer", "what it is", "score", "repair"), tuple(rows), ("score",))


def _lost(evidence: Evidence) -> str:
    return "" if evidence.harm is None else f"{evidence.harm.lost:.2%} lost"


def set_table(repairer: WeightRepairer) -> Iterator[Exhibit]:
    """What the repair set is like."""
    rows = [
        (name, what, f"{value:.4g}")
        for name, measured in repairer.analyses.items()
        for what, value in measured.values.items()
    ]
    if rows:
        yield Table("The repair set", ("analysis", "value", "measured"), tuple(rows), ("measured",))
    left_out = [
        (f"{name}, {what}", why) for name, each in repairer.analyses.items() for what, why in each.skipped.items()
    ]
    if left_out:
        yield Facts("Left out of the analysis", tuple(left_out))
    chosen = [(name, _listed(points)) for each in repairer.analyses.values() for name, points in each.points.items()]
    if chosen:
        yield Facts("Points that may be repaired first, or in turn", tuple(chosen))


def _listed(points: tuple[int, ...]) -> str:
    """Indices, the first ones only where they are many."""
    more = f" and {len(points) - MOST_LISTED} more" if len(points) > MOST_LISTED else ""
    return ", ".join(map(str, points[:MOST_LISTED])) + more


def _harm(caption: str, harm: Harm | None, budget: float | None) -> Iterator[Exhibit]:
    if harm is None:
        return
    facts = [("inputs", str(harm.points))]
    if harm.accuracy is not None and harm.drawdown is not None:
        before, after = harm.accuracy
        facts += [
            ("as required" if harm.numbers else "accuracy", f"{before:.2%} before, {after:.2%} after"),
            ("drawdown", f"{100 * harm.drawdown:.2f} points"),
        ]
        facts.append(("regressions", f"{harm.regressions} right before and wrong after"))
    if harm.churn is not None:
        facts.append(("churn", f"{harm.churn:.2%} of predicted classes changed"))
    facts.append(("drift", f"{harm.drift:.4g} root mean square; the outputs themselves are {harm.scale:.4g}"))
    if budget is not None:
        facts.append(("harm budget", f"{budget:.2%}"))
    yield Facts(caption, tuple(facts))


def _counted(before: Array, after: Array) -> str:
    return f"{int(before.sum())} of {len(before)} had their margin before, {int(after.sum())} have it after"


def _drawn(values: Array) -> tuple[float | None, ...]:
    ordered = np.sort(values)
    if len(ordered) > MOST_DRAWN:
        ordered = ordered[np.linspace(0, len(ordered) - 1, MOST_DRAWN).round().astype(int)]
    return tuple(float(value) if np.isfinite(value) else None for value in ordered)
