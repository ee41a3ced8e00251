"""A fault replayed: a table of measured trainings answers a sampler, where a repair would train again.

python -m bench.samplers replay     measures the trainings that are not in replay.csv yet

The faulty program is a mutant of tests/subjects/correct/digits_keras.py: its learning rate is a thousandth of what it
should be. Around it lies a box of five dimensions, the learning rate among them. A grid of the box was trained with two
seeds each; the error rates after each of nine epochs are in the table, so that epochs need no trainings of their own.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from statistics import fmean

import numpy as np

from netmend.search._base import Dimension, Point

TABLE = Path(__file__).parent / "replay.csv"
PROGRAM = Path(__file__).parents[2] / "tests" / "subjects" / "correct" / "digits_keras.py"

RATES = tuple(round(10 ** (-5 + 0.75 * step), 8) for step in range(9))
BATCHES = (32, 128, 512)
OPTIMISERS = ("SGD", "RMSprop", "Adam")
ACTIVATIONS = ("relu", "sigmoid", "linear")
EPOCHS = 9
SEEDS = (0, 1)

DIMENSIONS = (
    Dimension("rate", low=RATES[0], high=RATES[-1], log=True),
    Dimension("batch", low=BATCHES[0], high=BATCHES[-1], log=True, whole=True),
    Dimension("epochs", low=1, high=EPOCHS, whole=True),
    Dimension("optimiser", choices=OPTIMISERS),
    Dimension("activation", choices=ACTIVATIONS),
)

Cell = tuple[float, float, str, str]
"""Rate, batch size, optimiser and activation of a training."""


def error(point: Point) -> float:
    """The error rate of a point: the mean of the seeds."""
    return fmean(_measured(point))


def measured_error(point: Point, rng: np.random.Generator) -> float:
    """The error rate of one training, drawn from those measured."""
    return float(rng.choice(_measured(point)))


def least_error() -> float:
    """The smallest mean error rate of the table."""
    return min(fmean(errors) for trainings in _table().values() for errors in zip(*trainings, strict=True))


def _measured(point: Point) -> list[float]:
    """Error rates at the nearest point of the grid, numbers on their own scales."""
    cell = (
        _nearest(RATES, float(point["rate"])),  # type: ignore[arg-type]
        _nearest(BATCHES, float(point["batch"])),  # type: ignore[arg-type]
        str(point["optimiser"]),
        str(point["activation"]),
    )
    return [errors[int(point["epochs"]) - 1] for errors in _table()[cell]]  # type: ignore[arg-type]


def _nearest(grid: Sequence[float], value: float) -> float:
    return min(grid, key=lambda known: abs(math.log(known / value)))


@cache
def _table() -> dict[Cell, list[list[float]]]:
    """Error rates after each epoch, a list for each seed, by cell."""
    table: dict[Cell, list[list[float]]] = {}
    for row in _rows():
        cell = (float(row["rate"]), float(row["batch"]), row["optimiser"], row["activation"])
        table.setdefault(cell, []).append([float(error) for error in row["errors"].split()])
    return table


def _rows() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Train what is not in the table yet."""
    text = mutant()
    rows = _rows() if TABLE.exists() else []
    known = {tuple(row.values())[:-1] for row in rows}
    with TABLE.open("a", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        if not rows:
            table.writerow(["rate", "batch", "optimiser", "activation", "seed", "errors"])
        for seed, rate, batch, optimiser, activation in product(SEEDS, RATES, BATCHES, OPTIMISERS, ACTIVATIONS):
            key = tuple(map(str, (rate, batch, optimiser, activation, seed)))
            if key not in known:
                errors = trained(text, (rate, batch, optimiser, activation), seed)
                table.writerow([*key, " ".join(f"{error:.4g}" for error in errors)])
                file.flush()


def mutant() -> str:
    """The text of the faulty program."""
    from netmend.mutation.generate import mutants
    from netmend.program.source import Program

    return next(iter(mutants(Program.read(PROGRAM), ["HLR"]))).program.main.text


def trained(text: str, cell: Cell, seed: int) -> Iterator[float]:
    """Error rates on the test rows after each epoch of a training of the program, changed to the values of a cell."""
    rate, batch, optimiser, activation = cell
    for old, new in (
        ("import keras\n", f"import keras\nkeras.utils.set_random_seed({seed})\n"),
        ("Adam(learning_rate=1e-5)", f"{optimiser}(learning_rate={rate})"),
        ('loss="sparse_categorical_crossentropy"', 'loss="sparse_categorical_crossentropy", metrics=["accuracy"]'),
        ("batch_size=64", f"batch_size={batch}"),
        ("epochs=8", f"epochs={EPOCHS}"),
        ('activation="relu"', f'activation="{activation}"'),
    ):
        assert text.count(old) == 1, f"{old!r} must stand in the program once"
        text = text.replace(old, new)
    program: dict[str, object] = {"__name__": "__main__"}
    exec(compile(text, PROGRAM.name, "exec"), program)
    history = program["model"].history.history  # type: ignore[attr-defined]
    return (1 - accuracy for accuracy in history["val_accuracy"])
