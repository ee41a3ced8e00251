"""Files of weights for PyTorch, whichever way they were saved, without the module that they belong to."""

from __future__ import annotations

import hashlib
from pathlib import Path

from netmend.network.backends._base import bytes_of
from netmend.network.backends._pickled import saved_arrays
from netmend.network.backends._safetensors import safetensors_arrays
from netmend.network.backends._state import StateFile


def weights_of(path: Path, data: bytes) -> list[tuple[str, StateFile]]:
    """Every set of weights in a file, by the name under which it is saved; nothing in the file is run.

    Raises:
        BrokenFile: it is damaged, or no such file.
    """
    if path.suffix.lower() == ".safetensors":
        return [("", safetensors_arrays(data, path.name))]
    return list(saved_arrays(data, path.name))


def digest_of_weights(path: Path) -> str | None:
    """SHA-256 of a file of weights, whose arrays are read; None for an exported program, which is more than weights.

    To build and export the module once more takes seconds, and says nothing else of the file.

    Raises:
        BrokenFile: as `weights_of`.
    """
    if path.suffix.lower() == ".pt2":
        return None
    data = bytes_of(path)
    weights_of(path, data)
    return hashlib.sha256(data).hexdigest()
