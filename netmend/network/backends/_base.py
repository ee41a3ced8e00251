"""The shape of a format: what every network offers, wherever it was read from. One file per format."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from netmend.core.errors import BrokenFile, EnvironmentFault, UsageError
from netmend.network.edits import Edit
from netmend.network.graph import Array, Graph

Inputs = Array | Mapping[str, Array]
"""Inputs along a first axis; by name where the network takes more than one."""

Architecture = str | Callable[[], Any]
"""What builds the module whose weights a file holds: `model.py:callable`, or the callable itself."""

MOST_ROWS, NUMBERS_AT_ONCE = 64, 2**20
"""Rows, and numbers in them, that a runtime is given at once; answers do not depend on it. Small parts are also faster,
since large tensors are given memory that the system has to clear first: with 256 pictures at once EfficientNet-Lite0
takes 2.7 times the processor time of 6 at once, ResNet-20 with 64 no more than with 256 (own measurements)."""


class Network(Protocol):
    """A trained network: its graph, its own runtime, and its file."""

    @property
    def graph(self) -> Graph:
        """What it computes, for any number of inputs along the first axis."""

    @property
    def format(self) -> str:
        """One of "onnx", "torch", "keras", "tflite" and "saved_model"."""

    @property
    def runtime(self) -> str:
        """What deployed precision means here: "onnxruntime 1.31.1, CPU, 1 thread, float32"."""

    @property
    def precision(self) -> str:
        """The coarsest floating-point type in which it is computed there: "float32"."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Constants of the graph that can be written back, with their names in the user's file."""

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """The first output in the network's own runtime and precision, with other values of some parameters."""

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """Write the network in its own format, with other values of some parameters and all other bytes equal.

        Raises:
            UsageError: the destination is the user's own file, or a value does not fit.
        """

    def digest(self) -> str:
        """SHA-256 of the file; of the state where there is no file."""

    def inner(self, inputs: Inputs) -> Mapping[str, Array]:
        """Inner tensors of the graph as the own runtime computes them; none where it does not show them."""

    def check(self, inputs: Inputs) -> None:
        """Compare the graph with the network's own runtime.

        Raises:
            ModelsDisagree: they differ by more than rounding.
        """


@runtime_checkable
class Rewritable(Network, Protocol):
    """A network whose structure can be written back too, in its own format."""

    def outputs(self, inputs: Inputs) -> Mapping[str, Array]:
        """All outputs of the graph in the network's own runtime and precision."""

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """Write the network with edits of its graph; everything else that the file holds is kept.

        Raises:
            Inexpressible: the format cannot say one of them; the message names the nearest thing.
            UsageError: the destination is the user's own file.
            KeyError, BrokenFile: as `netmend.network.edits.edited`.
        """


@dataclass(frozen=True, slots=True)
class Backend:
    """One format.

    Attributes:
        suffixes: file name endings, with the dot.
        load: path, architecture or None, example inputs or None, to the network.
        digest: what `Network.digest` says of a file, which is read but of which no graph is made; None where that saves
            nothing, and for a file of which only the network says it.
    """

    name: str
    suffixes: tuple[str, ...]
    load: Callable[[Path, Architecture | None, Inputs | None], Network]
    digest: Callable[[Path], str | None] = lambda path: None


EXTRAS = {
    "torch": "torch",
    "onnxscript": "torch",
    "keras": "torch,keras",
    "h5py": "torch,keras",
    "tensorflow": "tensorflow",
}
"""Which extras bring a package, and what it needs to be of use here; the others come with `conversion`."""


def package(name: str, purpose: str) -> ModuleType:
    """A package that only some formats need.

    Raises:
        EnvironmentFault: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentFault(
            f"the package {name.partition('.')[0]} is needed for {purpose}: {error}",
            hint=f'pip install "netmend[{EXTRAS.get(name.partition(".")[0], "conversion")}]"',
        ) from error


def bytes_of(path: Path) -> bytes:
    """The contents of a file.

    Raises:
        BrokenFile: it is not there, cannot be read or is empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BrokenFile(
            f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error
    if not data:
        raise BrokenFile(f"{path} is empty", hint="copy or export it again")
    return data


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of the names and contents of some files, for formats that are a folder."""
    made = hashlib.sha256()
    for name, data in sorted(files.items()):
        made.update(f"{name} {len(data)} ".encode() + data)
    return made.hexdigest()


def rows_at_once(feeds: Iterable[Array]) -> int:
    """How many rows of these inputs a runtime is given at once: `MOST_ROWS`, or fewer where each holds many numbers."""
    numbers = sum(int(np.prod(value.shape[1:])) for value in feeds)
    return int(np.clip(NUMBERS_AT_ONCE // max(numbers, 1), 1, MOST_ROWS))


def named(graph: Graph, inputs: Inputs) -> dict[str, Array]:
    """Inputs by name, in the types the network takes.

    Raises:
        UsageError: names, shapes or types do not fit, or a value is not finite.
    """
    given = dict(inputs) if isinstance(inputs, Mapping) else {graph.inputs[0].name: np.asarray(inputs)}
    wanted = {each.name: each for each in graph.inputs}
    if given.keys() != wanted.keys():
        raise UsageError(f"the network takes {', '.join(wanted)}, not {', '.join(given)}", hint="name every input")
    for name, value in given.items():
        shape, dtype = wanted[name].shape, np.dtype(wanted[name].dtype)
        fits = len(shape) == value.ndim and all(
            size in (None, length) for size, length in zip(shape, value.shape, strict=True)
        )
        if not fits and shape[:1] not in ((), (None,)) and shape[1:] == value.shape[1:]:
            raise UsageError(
                f"the input {name} has {len(value)} rows; the network takes {shape[0]} at once, no more and no fewer",
                hint="export it with a first axis of any length",
            )
        if not fits:
            raise UsageError(
                f"the input {name} has shape {tuple(value.shape)}; the network takes {_written(shape)}",
                hint="one input along the first axis for each row",
            )
        if value.dtype.kind not in "fiub" or (dtype.kind != "f" and value.dtype.kind == "f"):
            raise UsageError(f"the input {name} holds {value.dtype}; the network takes {dtype}")
        if not np.isfinite(value).all():
            raise UsageError(f"the input {name} holds numbers that are not finite", hint="remove NaN and infinity")
        given[name] = value.astype(dtype, copy=False)
    if len({len(value) for value in given.values() if value.ndim}) > 1:
        raise UsageError("the inputs have different numbers of rows", hint="one row of each input for each point")
    return given


def checked(graph: Graph, parameters: Mapping[str, str], changed: Mapping[str, Array]) -> dict[str, Array]:
    """New values of parameters in the types in which they are stored.

    Raises:
        UsageError: not a parameter, another shape, not finite, or not representable in the stored type.
    """
    result = {}
    for name, value in changed.items():
        if name not in parameters:
            raise UsageError(f"{name!r} is not a parameter that can be written back")
        stored = graph.constants[name]
        if value.shape != stored.shape:
            raise UsageError(f"{name!r} has shape {stored.shape}, not {value.shape}")
        with np.errstate(over="ignore"):
            result[name] = value.astype(stored.dtype)
        if not np.isfinite(result[name].astype(np.float64)).all():
            raise UsageError(f"the new values of {name!r} are not finite in {stored.dtype}")
    return result


def coarsest(types: Iterable[str]) -> str:
    """The floating-point type with the fewest digits; float32 if there is none."""
    order = ("bfloat16", "float16", "float32", "float64")
    return min((each for each in types if each in order), key=order.index, default="float32")


def refuse_to_overwrite(source: Path | None, destination: Path) -> None:
    """The user's own file is never written to.

    Raises:
        UsageError: the destination is the source.
    """
    if source is not None and destination.exists() and destination.samefile(source):
        raise UsageError(f"{destination} is the network that was read", hint="write the repaired one to another file")


def _written(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("rows" if size is None else str(size) for size in shape) + ")"
