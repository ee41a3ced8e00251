"""Faulty program and published fix, run apart from every repair: what all improvement rates are relative to."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import netmend
from bench.architecture import results
from bench.architecture.faults._base import Framework, Tier, Which
from bench.architecture.faults.catalogue import materialise, source
from bench.architecture.tables import Reference
from bench.machine import machine, today, versions
from netmend.program.source import Program
from netmend.repairs.program.study import Options, ProgramDiagnosis, diagnose_program
from netmend.training.subject import TrainingProgram

RUNS = 15
"""Against so many faulty runs, three repeats of a technique can be significant on one of 28 faults after Holm's
correction: 1 / C(15 + 3, 3) = 0.0012 < 0.05 / 28."""

SEEDS = {"faulty": 101, "fixed": 102}
"""Roots of seeds that no repair uses."""


def measure(fault: str, tier: Tier, framework: Framework) -> None:
    """Run both programs of a fault, unless their results are there already, and write them down."""
    path = results.path(tier, framework, "references")
    known = {(row["fault"], row["which"]): row for row in results.read(path)}
    which: Which
    for which in ("faulty", "fixed"):
        if (fault, which) in known:
            continue
        same = _same_program(fault, tier, framework, which, known)
        if same is not None:
            results.append(path, {**same, "fault": fault})
            continue
        with tempfile.TemporaryDirectory() as folder:
            script = materialise(fault, tier, framework, which, Path(folder) / "program")
            subject = TrainingProgram(Program.read(script), sys.executable)
            options = Options(Path(folder) / "study", runs=RUNS, seed=SEEDS[which])
            found = diagnose_program(subject, options)
        evidence = found.observation.evidence
        trivial = evidence.trivial("report")
        row = {
            "fault": fault,
            "tier": tier,
            "framework": framework,
            "which": which,
            "metric": evidence.metric.name,
            "higher_is_better": str(evidence.metric.higher_is_better),
            "scores": results.written(evidence.scores("report")),
            "trivial": "" if trivial is None else f"{trivial:.6g}",
            "findings": " ".join(finding.name for finding in found.diagnosis.findings),
            "suspects": _suspects(found),
            "seed": str(SEEDS[which]),
            "machine": machine(),
            "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy"),
            "date": today(),
        }
        results.append(path, row)
        print(f"{fault} {which}: {row['metric']} {row['scores']}", flush=True)


def _same_program(
    fault: str, tier: Tier, framework: Framework, which: Which, known: Mapping[tuple[str, str], results.Row]
) -> results.Row | None:
    """The row of a fault with the very same program, if there is one: all mutants of a program have one fix."""
    text = source(fault, tier, framework, which)
    for (other, its), row in known.items():
        if its == which and source(other, tier, framework, which) == text:
            return row
    return None


def _suspects(found: ProgramDiagnosis) -> str:
    """The ranked suspects as JSON: kind, layer, score, findings that point to it, whether it is named."""
    elements = {(str(element.place), element.label): element for element in found.observation.elements}
    shown = []
    for suspect in found.diagnosis.suspects:
        element = elements[suspect.place, suspect.label]
        about = [round(suspect.score, 4), list(suspect.findings), suspect.named]
        shown.append([element.kind, element.layer, *about])
    return json.dumps(shown, separators=(",", ":"))


def read(tier: str, framework: str) -> dict[str, Reference]:
    """The references that have been measured, by fault."""
    rows = {(row["fault"], row["which"]): row for row in results.read(results.path(tier, framework, "references"))}
    return {
        fault: Reference(
            faulty=results.scores(row["scores"]),
            fixed=results.scores(rows[fault, "fixed"]["scores"]),
            trivial=float(row["trivial"] or "nan"),
            higher_is_better=row["higher_is_better"] == "True",
            metric=row["metric"],
        )
        for (fault, which), row in rows.items()
        if which == "faulty" and (fault, "fixed") in rows
    }
