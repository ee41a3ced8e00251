"""The benchmark of conversion repair: faults of known origin in converted networks, and healthy pairs as controls.

    netmend bench conversion                                 the tables, from the committed results
    python -m bench.conversion run                           cells that have no result yet, then the tables
    python -m bench.conversion run --only subject=squeezenet faults=padding seed=0,1
    python -m bench.conversion run --seconds 600             for so long
    python -m bench.conversion run --inputs 3000 --only subject=resnet20 seed=0
                                                             the same cells with many inputs, for counting executions
    python -m bench.conversion real                          conversions by real converters: see --help there
    python -m bench.conversion saved-models                  SavedModels as targets

A cell is a pair (a source, and a target in some spelling) with some faults put into the target; none in a control. Its
key is all that its result depends on, beside the code. Cells that are in the results already are left alone, so a run
that was ended can be begun again. FetaFix's strategy runs on the same files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import netmend
from bench.architecture.results import Row, append, read
from bench.conversion import cell, fetafix
from bench.conversion.plan import Cell, cells
from bench.conversion.subjects import SUBJECTS
from bench.conversion.tables import MANY, RESULTS, publish
from bench.machine import machine, today, versions
from netmend.core.errors import UsageError


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    if words and words[0] == "real":
        from bench.conversion.real.__main__ import main as real

        real(words[1:])
        return
    if words and words[0] == "saved-models":
        from bench.conversion.saved_models import run as saved_models

        saved_models()
        return
    parser = argparse.ArgumentParser(prog="python -m bench.conversion")
    parser.add_argument("what", nargs="?", default="tables", choices=("run", "tables"))
    parser.add_argument("--only", nargs="+", default=[], metavar="FIELD=VALUE,...")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--inputs", type=int, default=cell.GIVEN, help="that either tool is given")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end before a cell that begins later")
    given = parser.parse_args(words)
    if given.what == "run":
        run(wanted(given.only), given.seeds, given.seconds, given.inputs)
    print(publish())


def wanted(words: Sequence[str]) -> Mapping[str, set[str]]:
    """Raises: UsageError: not of the form FIELD=VALUE,..."""
    found: dict[str, set[str]] = {}
    for word in words:
        field, given, values = word.partition("=")
        if not given or field not in ("subject", "size", "spelling", "faults", "seed", "tool"):
            raise UsageError(f"{word!r} is not FIELD=VALUE,...", hint="subject, size, spelling, faults, seed or tool")
        found.setdefault(field, set()).update(values.split(","))
    return found


def run(only: Mapping[str, set[str]], seeds: int, seconds: float, inputs: int) -> None:
    """Run the cells that are asked for and have no result yet.

    Args:
        seconds: to begin cells in. inputs: that either tool is given; results of many are kept by themselves.
    """
    until = time.monotonic() + seconds
    few = inputs == cell.GIVEN
    path, more = (RESULTS, {}) if few else (MANY, {"inputs": str(inputs)})
    done = {tuple(row[field] for field in ("tool", *Cell.KEY, *more)) for row in read(path)}
    where = {
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, {versions('numpy', 'torch', 'onnxruntime')}",
    }
    asked = {
        name: each
        for name, each in SUBJECTS.items()
        if name in only.get("subject", {name}) and each.size in only.get("size", {each.size})
    }
    for one in cells(asked, seeds):
        if any(one.key[field] not in values for field, values in only.items() if field in one.key):
            continue
        # FetaFix knows no other format than ONNX.
        able = ["netmend"] if "tflite" in one.spelling else ["netmend", "fetafix"]
        tools = [each for each in able if each in only.get("tool", {each})]
        left = [tool for tool in tools if (tool, *one.key.values(), *more.values()) not in done]
        if not left or time.monotonic() > until:
            continue
        case = one.case()
        for tool in left:
            measured: Row | None = None
            if case is not None:
                with tempfile.TemporaryDirectory() as folder:
                    measure = cell.measure if tool == "netmend" else fetafix.measure
                    measured = measure(one.subject, case, Path(folder), inputs)
            if measured is None:
                continue
            append(path, {"tool": tool, **one.key, **more, **measured, **where, "date": today()})
            print(
                ", ".join(one.key.values()),
                f"{tool}:",
                *(measured[key] for key in ("said", "agrees", "seconds")),
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
