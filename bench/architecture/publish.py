"""Writes the tables and figures of a tier from its result files."""

from __future__ import annotations

from bench.architecture import references, results
from bench.architecture.cell import TECHNIQUES
from bench.architecture.faults._base import Fault, Framework, Tier
from bench.architecture.faults.catalogue import FAULTS
from bench.architecture.figures import draw
from bench.architecture.localisation import localised, table
from bench.architecture.statistics import Changed
from bench.architecture.tables import Truth, by_fault, overall, side_by_side, summaries

ORDER = list(TECHNIQUES)
COMPARED = ("auto", *(name for name, technique in TECHNIQUES.items() if technique.as_published))


def publish(tier: Tier, framework: Framework) -> None:
    """Print the tables, and write them beside the results."""
    rows = sorted(results.read(results.path(tier, framework)), key=lambda row: ORDER.index(row["technique"]))
    known = references.read(tier, framework)
    truths = {name: _truth(fault, tier, framework) for name, fault in FAULTS.items() if name in known}
    found = summaries(rows, known, truths)
    parts = [f"# Architecture repair, {tier} tier, {framework}\n"]
    if found:
        parts += ["## In all\n", overall(found, truths)]
    compared = side_by_side(found, COMPARED)
    if compared:
        parts += ["## On the faults that `auto` and all published techniques have run\n", overall(compared, truths)]
    for budget in sorted({one.budget for one in found}):
        parts += [f"## Budget {budget}\n", by_fault(found, known, truths, budget)]
    diagnosed = [
        localised(row, _fixes(FAULTS[row["fault"]], tier, framework))
        for row in results.read(results.path(tier, framework, "references"))
        if row["which"] == "faulty" and row["fault"] in truths
    ]
    if diagnosed:
        parts += ["## Localisation\n", table(diagnosed)]
    pictures = draw(results.FOLDER, f"{tier}-{framework}", found, rows, known, truths)
    if pictures:
        parts += ["## Figures\n", *(f"![{each.stem}]({each.name})\n" for each in pictures)]
    text = "\n".join(parts)
    (results.FOLDER / f"{tier}-{framework}.md").write_text(text, encoding="utf-8")
    print(text)


def _truth(fault: Fault, tier: Tier, framework: Framework) -> Truth:
    changes = fault.variant(framework, tier).changes
    return Truth(
        tuple(Changed(change.kind, change.layer, str(change.after)) for change in changes if not change.follows),
        fault.sensible,
    )


def _fixes(fault: Fault, tier: Tier, framework: Framework) -> list[list[tuple[str, int | None]]]:
    """The places of the published fix, and of each other single change that is known to repair the fault."""
    variant = fault.variant(framework, tier)
    published = [(change.kind, change.layer) for change in variant.changes if not change.follows]
    others = [[(each.change.kind, each.change.layer)] for each in variant.alternatives]
    return [published, *others]
