"""What it costs to look at K trainings of a small net: batched lanes on JAX, or a forked run each on Keras on PyTorch.

Lanes differ in rate and seed, four seeds a rate. Both sides get the private copies they need. In each round lanes are
trained for every K, in another order each time, and after each of these two forked runs are made; the template they are
forked from is there already. K forked runs, one after another, take K times the median of one; two side by side halve
the waiting, and not what it costs. Medians over the rounds, of processor time, because wall clock on a shared machine
varies by more than is asked about, and of wall clock; on an idle machine the two are nearly the same, one thread each.

Of the wall clock of lanes, `start` is starting an interpreter, importing Keras and JAX, loading the data and ending;
`weights` drawing them; `compile` the first epoch, nearly all of it compilation; `train` all other epochs of all lanes.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.machine import machine, today, versions
from netmend.program.source import Program
from netmend.training.executors import executor_for
from netmend.training.lanes import Trained, train_lanes
from netmend.training.preload import preload_of
from netmend.training.runs import Executor, Lane, RunRequest, RunResult
from netmend.training.workspace import private_copy

COUNTS = (1, 4, 8, 16, 32)
EPOCHS = (25, 5)
"""Five times those of the program; and as it is, a training of a fifth of a second on an idle machine."""

SEEDS, LOWEST, FACTOR = 4, 1e-4, 3.0
"""Seeds of each rate, the first rate, and how many times greater each next one is."""


def measure_lanes(script: Path, rounds: int) -> Iterator[dict[str, str]]:
    """One row for each number of trainings and each length of them."""
    for epochs in EPOCHS:
        with tempfile.TemporaryDirectory() as place:
            user = Path(place, "user")
            user.mkdir()
            (user / script.name).write_text(script.read_text().replace("epochs=5", f"epochs={epochs}"))
            program = Program.read(user / script.name)
            executor = executor_for("fork", preload_of(program, os.environ))
            try:
                alone(executor, program, Path(place, "first"), 0)  # starts the template
                load = os.getloadavg()[0]
                made = [one_round(executor, program, Path(place, f"round{n}"), n) for n in range(rounds)]
            finally:
                executor.close()
        for count in COUNTS:
            lanes = [lanes[count] for lanes, _ in made]
            whole = statistics.median(one.seconds for one in lanes)
            cpu = statistics.median(one.cpu_seconds for one in lanes)
            runs = [run for _, runs in made for run in runs]
            forked_cpu = count * statistics.median(run.cpu_seconds for run in runs)
            forked = count * statistics.median(run.seconds + run.overhead_seconds for run in runs)
            parts = {name: statistics.median(one.parts[name] for one in lanes) for name in lanes[0].parts}
            yield {
                "program": f"{script.stem}, {epochs} epochs",
                "trainings": str(count),
                "n": str(rounds),
                "median_lanes_cpu_s": f"{cpu:.3f}",
                "median_forked_cpu_s": f"{forked_cpu:.3f}",
                "times_cheaper": f"{forked_cpu / cpu:.2f}",
                "median_lanes_s": f"{whole:.3f}",
                "median_forked_s": f"{forked:.3f}",
                "median_start_s": f"{whole - sum(parts.values()):.3f}",
                "median_weights_s": f"{parts['start']:.3f}",
                "median_compile_s": f"{parts['first']:.3f}",
                "median_train_s": f"{parts['rest']:.3f}",
                "median_predict_s": f"{parts['predict']:.3f}",
                "load_before": f"{load:.2f}",
                "machine": machine(),
                "versions": versions("keras", "torch", "jax", "numpy"),
                "date": today(),
            }


def one_round(
    executor: Executor, program: Program, place: Path, number: int
) -> tuple[dict[int, Trained], list[RunResult]]:
    """Lanes by their number, and each forked run."""
    lanes: dict[int, Trained] = {}
    runs: list[RunResult] = []
    for count in random.Random(number).sample(COUNTS, len(COUNTS)):
        lanes[count] = together(program, place / f"lanes{count}", count)
        runs += [alone(executor, program, place / f"run{count}-{seed}", seed) for seed in range(2)]
    return lanes, runs


def together(program: Program, place: Path, count: int) -> Trained:
    """So many lanes."""
    lanes = [Lane(n % SEEDS, {"learning_rate": LOWEST * FACTOR ** (n // SEEDS)}) for n in range(count)]
    found = train_lanes(request(program, place, 1), program, lanes)
    if not isinstance(found, Trained):
        raise SystemExit(f"{program.main.name} cannot be trained in lanes: {found.reason}")
    return found


def alone(executor: Executor, program: Program, place: Path, seed: int) -> RunResult:
    """One run; its rate makes no difference to what it costs."""
    result = executor.run(request(program, place, seed))
    if not result.ok:
        raise SystemExit(f"{program.main.name} did not train: {result.detail}\n{result.log.read_text()}")
    return result


def request(program: Program, place: Path, seed: int) -> RunRequest:
    """A run in a private copy."""
    private_copy(program.folder, place / "copy")
    return RunRequest(folder=place / "copy", script=program.main.name, seed=seed, result=place / "result")
