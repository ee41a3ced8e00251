"""What a probe costs: the share by which it lengthens a run, in processor time.

Each example is run without a probe, with what a candidate needs ("score") and with everything ("full"), one thread,
same seed, the three in turn and in another order each round. A run is a fork of a process that has only imported what
the example imports. Processor time of the whole run, because wall clock on a shared machine varies by more than is
asked about; it counts loading and splitting the data as well, as a user's run does. Goal: under 5 % on the demo.

The template must not know the other framework, so each example is measured in a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import operator
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Never

from bench.machine import machine, today, versions
from netmend.program.source import Program
from netmend.training.preload import preload_of

EXAMPLES = Path(__file__).parents[2] / "examples"
MEASURED = ("digits_keras.py", "breast_cancer_keras.py", "digits_torch.py", "breast_cancer_torch.py")
DETAILS = ("none", "score", "full")
DEFAULTS: dict[str, object] = {"seed": 1, "nonce": "a", "hold_out": 0.0, "initial_epoch": 0}
DEFAULTS |= {"checkpoint_in": None, "checkpoint_out": None, "weights_in": None}
LAUNCHER = Path(__file__).parents[2] / "netmend" / "training" / "probes" / "launch.py"


def measure_probes(runs: int) -> Iterator[dict[str, str]]:
    """One row for each example and level of detail."""
    for name in MEASURED:
        load = os.getloadavg()[0]
        command = [sys.executable, "-m", "bench.overhead.probes", name, str(runs)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        done = subprocess.run(command, env=os.environ | threads, check=True, capture_output=True, text=True)
        seconds: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
        for detail in DETAILS[1:]:
            more = [watched / bare - 1 for watched, bare in zip(seconds[detail], seconds["none"], strict=True)]
            yield {
                "program": name,
                "detail": detail,
                "n": str(runs),
                "median_bare_s": f"{statistics.median(seconds['none']):.3f}",
                "median_watched_s": f"{statistics.median(seconds[detail]):.3f}",
                "median_more_s": f"{statistics.median(map(operator.sub, seconds[detail], seconds['none'])):.3f}",
                "median_overhead": f"{statistics.median(more):.3f}",
                "min_overhead": f"{min(more):.3f}",
                "max_overhead": f"{max(more):.3f}",
                "load_before": f"{load:.2f}",
                "machine": machine(),
                "versions": versions(*(["keras"] if "keras" in name else []), "torch", "numpy"),
                "date": today(),
            }


def alternate(name: str, runs: int) -> dict[str, list[float]]:
    """Seconds of processor time of each run, by level of detail; one round before them is not counted."""
    specification = importlib.util.spec_from_file_location("launch", LAUNCHER)
    assert specification is not None and specification.loader is not None
    launch = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(launch)
    launch.preload(preload_of(Program.read(EXAMPLES / name), os.environ).modules)
    found: dict[str, list[float]] = {detail: [] for detail in DETAILS}
    for round_ in range(runs + 1):
        for detail in random.Random(round_).sample(DETAILS, len(DETAILS)):
            seconds = one(launch, name, detail)
            if round_:
                found[detail].append(seconds)
    return found


def one(launch: ModuleType, name: str, detail: str) -> float:
    """Seconds of processor time that a forked run takes."""
    place = tempfile.mkdtemp()  # a `TemporaryDirectory` would be removed by the fork at its exit
    try:
        Path(place, name).write_bytes((EXAMPLES / name).read_bytes())
        child = os.fork()
        if not child:
            run(launch, DEFAULTS | {"folder": place, "script": name, "result": place, "detail": detail})
        _, status, used = os.wait4(child, 0)
        if status:
            raise SystemExit(f"{name} did not train:\n{Path(place, 'output.txt').read_text()}")
        return used.ru_utime + used.ru_stime
    finally:
        shutil.rmtree(place)


def run(launch: ModuleType, job: dict[str, object]) -> Never:
    """In the fork: be the run, and nothing of this process afterwards, whatever happens."""
    try:
        with open(Path(str(job["result"]), "output.txt"), "w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        if job["detail"] == "none":
            vars(launch)["PROBES"] = {}
        launch.run(job)
    finally:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    print(json.dumps(alternate(sys.argv[1], int(sys.argv[2]))))
