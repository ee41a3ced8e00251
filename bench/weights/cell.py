"""One cell of the benchmark: one layer of one network repaired by one method, once; or one heuristic asked once.

Every method proposes once, for the same least slack at the same points, and its proposal is checked in the same way.
Margins are not raised afterwards, as `netmend repair` does, so that the time of a proposal is the time of one program.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from bench.weights.subjects._base import Case, Judged
from netmend.core.discover import contributions
from netmend.core.errors import NetmendError
from netmend.core.records import Draw, Purpose
from netmend.network.backends._base import Network
from netmend.repairs.weights.certify import check_points
from netmend.repairs.weights.given import MARGIN
from netmend.repairs.weights.harm import classes, outputs
from netmend.repairs.weights.layer_choice._base import Context, ranked
from netmend.repairs.weights.layer_repair import Workshop
from netmend.repairs.weights.method_choice import method_for, method_named
from netmend.repairs.weights.methods._base import Found, Limits, Method, reason
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Labels, Specification

OWN_LAYERS = {"fine-tune": "all", "last-layer": "last"}
"""Methods that change the same layers whichever is asked for, and what stands in place of a layer."""

KEEPING = " keeping"
"""After a method's name: the present answers of the inputs for choosing are to be kept, those that are clear enough."""

OWN_NORM = (*OWN_LAYERS, "arachne")
"""Methods that minimise no norm."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to some inputs: accuracy lost, right ones now wrong, share of other classes, drift."""

    drawdown: float
    regressions: int
    churn: float
    drift: float


def effect(network: Network, changed: Mapping[str, Array], given: Judged) -> Effect:
    """Compare a network with its changed self; accuracies and shares are fractions."""
    old = _before(network, given)  # type: ignore[arg-type]  # networks are told apart by identity
    new = outputs(network, given.inputs, changed)
    was, now = given.right(old), given.right(new)
    return Effect(
        drawdown=float(was.mean() - now.mean()),
        regressions=int(np.count_nonzero(was & ~now)),
        churn=float(np.mean(given.predicted(old) != given.predicted(new))),
        drift=float(np.sqrt(np.mean((new - old) ** 2))),
    )


@lru_cache(maxsize=3)
def _before(network: Network, given: Judged) -> Array:
    """Outputs of the network as it is; those of one case are kept."""
    return outputs(network, given.inputs)


def norms_of(method: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The norms that a method is run with: those wanted that it takes, its own where it takes none of them, "-" where
    it minimises none."""
    if method in OWN_NORM:
        return ("-",)
    takes = contributions("netmend.repairs.weights.methods", Method)[method.removesuffix(KEEPING)].value.norms
    return tuple(norm for norm in wanted if norm in takes) or takes[:1]


def layers_of(method: str, many: int) -> tuple[str, ...]:
    """What a method is run on: every layer, or what stands in their place."""
    return (OWN_LAYERS[method],) if method in OWN_LAYERS else tuple(str(at) for at in range(many))


def workshop(case: Case, norm: str, method: str, seconds: float) -> Workshop:
    """A new workshop, so that nothing is remembered from another cell."""
    subject = replace(case.subject, limits=Limits(seconds=seconds))
    if method.endswith(KEEPING):
        subject = replace(subject, keep=present(case))
    return Workshop(subject, "l2" if norm == "-" else norm, method.removesuffix(KEEPING), lambda said: None)


def present(case: Case) -> Specification:
    """What the network says of the inputs for choosing, where that is clear by the margin."""
    answers = _before(case.subject.network, case.choosing)  # type: ignore[arg-type]  # as in `effect`
    whole = Specification(case.choosing.inputs, Labels(classes(answers), MARGIN))
    return whole.select(np.flatnonzero(whole.requirement.slack(answers) >= MARGIN))


def repair(case: Case, norm: str, method: str, layer: str, seconds: float) -> Row:
    """Repair one layer and say what came of it."""
    shop = workshop(case, norm, method, seconds)
    edited = shop.layers[-1 if layer in OWN_LAYERS.values() else int(layer)]
    name = method_for(method.removesuffix(KEEPING), case.subject.specification)
    _forget_peak()
    before, started = _memory("VmRSS"), time.process_time()
    row = {"points": str(len(case.subject.specification)), "layers": str(len(shop.layers)), "layer_name": edited.name}
    row |= dict.fromkeys(MEASURED, "") | {"limit": f"{seconds:g}"}
    refusal = shop.refusal(edited)
    if refusal:
        return row | {"answer": refusal}
    try:
        answer = method_named(name, shop.norm).propose(shop.problem(edited), shop.progress)
    except NetmendError as error:
        return row | {"answer": error.what}
    row |= {"proposing": f"{time.process_time() - started:.3f}", "answer": reason(answer)}
    row["peak_mb"] = f"{max(0.0, _memory('VmHWM') - before):.0f}"
    if not isinstance(answer, Found):
        return row
    started = time.process_time()
    changed, network = answer.change.changed, case.subject.network
    checked = check_points(network, case.subject.specification, case.subject.level, changed, shop.prefix)
    row["checking"] = f"{time.process_time() - started:.3f}"
    report, choosing = effect(network, changed, case.reporting), effect(network, changed, case.choosing)
    return row | {
        "shown": f"{checked.evaluated.mean():.4f}",
        "proved": f"{checked.holds.mean():.4f}",
        "covered": f"{checked.covered.mean():.4f}",
        "drawdown": f"{report.drawdown:.6f}",
        "regressions": str(report.regressions),
        "churn": f"{report.churn:.6f}",
        "drift": f"{report.drift:.6g}",
        "choosing_drawdown": f"{choosing.drawdown:.6f}",
        "generalisation": "" if case.unseen is None else f"{-effect(network, changed, case.unseen).drawdown:.6f}",
        "norm_of_change": f"{answer.change.norm:.6g}",
        "relative": f"{answer.change.relative:.6g}",
        "iterations": str(answer.iterations),
        "rows": str(answer.rows),
    }


MEASURED = (
    "answer", "shown", "proved", "covered", "drawdown", "regressions", "churn", "drift", "choosing_drawdown",
    "generalisation", "norm_of_change", "relative", "iterations", "rows", "proposing", "checking", "peak_mb", "limit",
)  # fmt: skip
"""Columns of a repair; empty where nothing was measured. `shown` by evaluation and in the network's own runtime,
`proved` with error bounds besides: shares of points. Seconds are of the processor but for `limit`, which
is of the clock."""


def choose(case: Case, norm: str, heuristic: str, seed: int) -> Row:
    """Ask a heuristic for its order of the layers, and say what asking took."""
    started = time.process_time()
    shop = workshop(case, norm, "linearise-solve-verify", float("inf"))
    subject = case.subject
    assert subject.reference is not None
    context = Context(
        network=subject.network,
        specification=subject.specification,
        layers=shop.layers,
        output=shop.output,
        ordinary=subject.reference,
        problem=shop.problem,
        probe=shop.probe,
        clean=subject.clean,
        seed=seed,
        loss=lambda change: effect(subject.network, change.changed, case.choosing).drawdown,
        norm=shop.norm,
        tried=shop.tried,
    )
    order, scores, why = "", "", ""
    try:
        found = ranked(context, heuristic)
        places = [shop.layers.index(layer) for layer in found.layers]
        order, scores = " ".join(map(str, places)), " ".join(f"{score:.6g}" for score in found.scores)
    except NetmendError as error:
        why = error.what
    return {"order": order, "scores": scores, "why_not": why, "seconds": f"{time.process_time() - started:.3f}"}


def analyse(case: Case) -> Row:
    """What every analysis says of the repair set, as JSON, and what looking took, layers and their order included."""
    started = time.process_time()
    repairer = WeightRepairer(case.subject, layer="last")
    repairer.diagnose(repairer.observe(Draw(Purpose.BASELINE, (0,))))
    numbers = {
        f"{analysis}: {name}": value
        for analysis, found in repairer.analyses.items()
        for name, value in found.values.items()
        if np.isfinite(value)
    }
    return {"numbers": json.dumps(numbers), "seconds": f"{time.process_time() - started:.3f}"}


def _forget_peak() -> None:
    """Let the kernel count the peak of memory anew (Linux, proc(5), clear_refs)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _memory(what: str) -> float:
    """A line of the process's status, in MiB; 0 where there is none."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(what + ":")), 0.0)
