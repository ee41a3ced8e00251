"""What `netmend repair` says of real conversions and makes of them, judged on fresh inputs in plain runtimes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import netmend
from bench.architecture.results import Row, append, read
from bench.conversion.real.inputs import rows
from bench.conversion.real.judge import judged
from bench.conversion.real.keep import kept, source_of, target_of
from bench.conversion.real.runtimes import in_order
from bench.conversion.real.sources import Source, sources
from bench.machine import machine, today, versions
from netmend.core.errors import NetmendError
from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.explain import Explained
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.patches import ConversionPatch
from netmend.repairs.conversion.reading import How
from netmend.repairs.conversion.study import ConversionRepair, repair_conversion

RESULTS = Path(__file__).parent / "results.csv"
GIVEN, FRESH = 16, 12
"""As in `bench.conversion.cell`: rows that the repair is given, and rows on which its result is judged here."""


def run(converters: Sequence[str], networks: Sequence[str], seconds: float) -> None:
    """Repair every pair that has no result yet.

    Args:
        converters: whose pairs. networks: only these; all if there are none.
        seconds: after which no further pair is begun.
    """
    until = time.monotonic() + seconds
    done = {(row["converter"], row["network"]) for row in read(RESULTS)}
    known: dict[str, Mapping[str, Source]] = {}
    where = {"machine": machine(), "netmend": netmend.__version__, "with": versions("torch", "onnxruntime", "keras")}
    # Wrong ones first: controls are many.
    for row in sorted(kept(), key=lambda row: row["outcome"] == "right"):
        if (row["converter"], row["network"]) in done or time.monotonic() > until:
            continue
        if row["converter"] not in converters or (networks and row["network"] not in networks):
            continue
        family, _, name = row["network"].partition("/")
        if family not in known:
            known[family] = sources(family)
        measured = measure(row, known[family][name])
        key = {field: row[field] for field in ("converter", "network", "outcome")}
        append(RESULTS, {**key, **measured, **where, "date": today()})
        print(
            *key.values(), *(measured[each] for each in ("verdict", "said", "after", "seconds")), sep=" | ", flush=True
        )


def measure(row: Row, source: Source) -> Row:
    """Repair one pair."""
    paths = source_of(row), target_of(row)
    started = time.monotonic()
    failure, found = "", None
    with tempfile.TemporaryDirectory() as place:
        try:
            inputs = Path(place) / "inputs.npz"
            names = [each.name for each in in_order(load(paths[0]).graph.inputs, lambda each: each.name)]
            given = {f"inputs.{name}": each for name, each in zip(names, rows(source.taken, GIVEN, 1), strict=True)}
            np.savez(inputs, **given)  # type: ignore[arg-type]
            watch: Watcher[ConversionPatch, Evidence] = Watcher()
            options = Options(inputs=inputs, how=How(most=GIVEN), seconds=60)
            found = repair_conversion(paths, options, Path(place) / "out", watch)
        except NetmendError as error:
            # Where it lies on this machine is no part of a result.
            failure = f"{error.what} {error.where}".strip().replace(f"{paths[0].parents[1]}/", "")
            failure = failure.replace(f"{paths[1].parents[1]}/", "")
        except Exception as error:  # a bug of ours is a result too, and the next pair is another
            failure = f"a bug in netmend: {type(error).__name__}: {error}"
        seconds = time.monotonic() - started
        after = "nothing handed over"
        if found is not None and found.repaired is not None:
            after = " ".join(judged(paths[0], found.repaired, rows(source.taken, FRESH, 2)))
    return {
        "verdict": _headline(found) or failure,
        "said": "" if found is None else _said(found),
        "edits": str(found.repair.confirmed.patch.size if found and found.repaired and found.repair.confirmed else 0),
        "after": after,
        "seconds": f"{seconds:.1f}",
    }


def _headline(found: ConversionRepair | None) -> str:
    judgement = None if found is None else found.repairer.judgement
    return "" if judgement is None else judgement.headline


def _said(found: ConversionRepair) -> str:
    said = []
    for _, answer in found.observation.observed.examined.causes:
        if isinstance(answer, Explained):
            said += [f"{cause.name}@{cause.hypothesis.node}" for cause in answer.causes]
        else:
            said.append("unexplained")
    return " ".join(said)
