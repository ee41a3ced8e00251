"""The programs of the benchmark: short, buggy, each with its fix, on small real data.

Written from public fault descriptions: the labels of the subjects of DeepFD (Cao et al., ICSE 2022), one program for
each subject whose faults a program can show. None was chosen, changed or left out by what netmend can repair.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from netmend.program.source import Program
from netmend.training.subject import TrainingProgram

FOLDER = Path(__file__).parent / "programs"
DATA = Path(__file__).parents[3] / "shared" / "data"
"""Real data sets beside the checkout; programs on data that come with scikit-learn do without."""

Which = Literal["faulty", "fixed"]
ENVIRONMENT = {"KERAS_BACKEND": "torch"}
"""One backend for all Keras programs: the one that PyTorch programs need anyway."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A program with a known fault.

    Attributes:
        name: of the program. source: whose published fault labels it follows.
        kinds: of the elements that are wrong, as `netmend.program.elements` names them.
        fix: exact texts of the faulty program, each found once, and what stands there in the fixed one.
        data: files of `DATA` that it reads from its own folder.
    """

    name: str
    source: str
    kinds: tuple[str, ...]
    fix: tuple[tuple[str, str], ...]
    data: tuple[Path, ...]

    @property
    def framework(self) -> str:
        """Either "keras" or "torch"."""
        return "torch" if self.name.endswith("_torch") else "keras"

    @property
    def at_hand(self) -> bool:
        """Whether the data it needs are there."""
        return all(path.is_file() for path in self.data)

    def text(self, which: Which) -> str:
        """The faulty program, or the fixed one.

        Raises:
            ValueError: a text of the fix is not found just once.
        """
        text = (FOLDER / f"{self.name}.py").read_text(encoding="utf-8")
        for old, new in self.fix if which == "fixed" else ():
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} is found {text.count(old)} times")
            text = text.replace(old, new)
        return text

    def program(self, which: Which) -> Program:
        """The program, to be read and not to be run."""
        return Program.from_text(self.text(which))

    def write(self, which: Which, folder: Path) -> TrainingProgram:
        """The program with its data in a folder of its own, to be run.

        Raises:
            FileNotFoundError: data that it needs are not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.data:
            shutil.copy(path, folder)
        script = folder / "train.py"
        script.write_text(self.text(which), encoding="utf-8")
        return TrainingProgram(Program.read(script), sys.executable, environment=ENVIRONMENT)


@cache
def subjects() -> dict[str, Subject]:
    """All programs by name, in the order of `fixes.toml`."""
    written = tomllib.loads((FOLDER / "fixes.toml").read_text(encoding="utf-8"))
    return {
        name: Subject(
            name,
            row["source"],
            tuple(row["kinds"]),
            tuple((old, new) for old, new in row["fix"]),
            _data(name),
        )
        for name, row in written.items()
    }


_FILES = {
    **dict.fromkeys(
        ("airline-passengers.csv", "banknote_authentication.csv", "boston-housing.csv", "california-housing.csv.gz",
         "ionosphere.csv", "pima-indians-diabetes.csv", "sonar.csv", "wheat-seeds.csv", "winequality-red.csv"),
        "tabular",
    ),
    **dict.fromkeys(("imdb_5000_2500.npz", "reuters.npz"), "text"),
}  # fmt: skip
"""Data sets that a program may name, and the part of `DATA` each is in."""


def _data(name: str) -> tuple[Path, ...]:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return tuple(DATA / part / file for file, part in _FILES.items() if f'"{file}"' in text)
