"""Read a trained network from its file, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.discover import contributions
from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._base import Architecture, Backend, Inputs, Network
from netmend.network.layers import linear_layers

SAVED_MODEL = "saved_model.pb"
"""The file by which a folder is a SavedModel of TensorFlow."""


def formats() -> Mapping[str, Backend]:
    """Every format by name."""
    return {name: found.value for name, found in contributions("netmend.network.backends", Backend).items()}


def load(
    path: Path | str, architecture: Architecture | None = None, example: Inputs | None = None, *, partly: bool = False
) -> Network:
    """Read a trained network.

    Args:
        path: the file, whose ending says the format, or the folder of a SavedModel.
        architecture: for files that hold only weights: `model.py:callable`, or a callable, that builds the module.
            **A file given here is executed**; nothing in a file of weights ever is.
        example: a few inputs, where the file does not say which shape and type the network takes.
        partly: operators that are not known are let through; the network cannot be evaluated at them.

    Raises:
        BrokenFile: the file is missing, damaged, hostile or not what its name says, or holds weights that are NaN.
        UnsupportedModel: no such format, or an operator is not known.
        EnvironmentFault: a package that the format needs is missing.
    """
    path, backend = _format_of(Path(path))
    try:
        network = backend.load(path, architecture, example)
    except BrokenFile as error:
        if path.name in str(error):
            raise
        raise BrokenFile(error.what, where=error.where or str(path), hint=error.hint) from error
    return sound(network, partly=partly)


def digest(path: Path, architecture: Architecture | None = None, example: Inputs | None = None) -> str:
    """What `Network.digest` says of a file; arguments and errors are those of `load`.

    Whether the weights fit the architecture is only looked at where the network has to be built for it.
    """
    file, backend = _format_of(path)
    return backend.digest(file) or load(path, architecture, example).digest()


def _format_of(path: Path) -> tuple[Path, Backend]:
    """The file itself, inside the folder of a SavedModel, and its format."""
    path = path / SAVED_MODEL if is_saved_model(path) else path
    backend = next((each for each in formats().values() if path.name.lower().endswith(each.suffixes)), None)
    if backend is None:
        known = ", ".join(suffix for each in formats().values() for suffix in each.suffixes)
        raise UnsupportedModel(f"{path.name} has no ending of a known format", hint=f"known endings are {known}")
    if not path.is_file():
        raise BrokenFile(f"{path} is not a file", hint="check the path")
    return path, backend


def is_saved_model(path: Path) -> bool:
    """Whether a path is a folder that TensorFlow has saved."""
    return (path / SAVED_MODEL).is_file()


def load_module(module: Any, example: Inputs) -> Network:
    """Take a torch module that is already in memory; a copy of it is used.

    Args:
        example: a few inputs, as it takes them.

    Raises:
        UnsupportedModel, BrokenFile, EnvironmentFault: as `load`.
    """
    from netmend.network.backends.torch import from_module

    return sound(from_module(module, example))


_CHOICES = frozenset({"Where", "tflite:SELECT", "tflite:SELECT_V2"})
"""Operators that take each entry from one of several tensors."""


def sound(network: Network, *, partly: bool = False) -> Network:
    """The network, if every operator is known (or need not be) and every weight is a number.

    Infinities stand in masks, and what is no number where a choice of entries leaves it out or where nothing reads it:
    inverse functions are so written, outside of what they are made for.

    Raises:
        UnsupportedModel, BrokenFile: otherwise.
    """
    from netmend.network.ops._base import operator_of

    for node in () if partly else network.graph.nodes:
        operator_of(node)
    weights = {name for layer in linear_layers(network.graph) for name in (layer.weight, layer.bias)}
    read = {name for node in network.graph.nodes if node.op not in _CHOICES for name in node.inputs}
    read.update(each.name for each in network.graph.outputs)
    for name, value in network.graph.constants.items():
        if value.dtype.kind not in "fV" or (name not in read and name not in weights):
            continue
        good = np.isfinite(value) if name in weights else ~np.isnan(value)
        if not good.all():
            raise BrokenFile(
                f"{np.count_nonzero(~good)} numbers of {network.parameters.get(name, name)} are NaN or infinite",
                hint="a network like this cannot be repaired by changing weights: train it again",
            )
    return network
