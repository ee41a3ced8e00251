"""Arrays from npz and npy files, of which nothing is ever executed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Array


def arrays_in(path: Path, hint: str, *, bare: bool = False) -> dict[str, Array]:
    """Every array of an npz file; object arrays are refused.

    Args:
        hint: how such a file is written. bare: an npy file is taken too, as `x`.

    Raises:
        UsageError: it is missing, damaged, of another kind, or holds objects.
    """
    try:
        data = np.load(path, allow_pickle=False)
        if isinstance(data, np.ndarray):
            if not bare:
                raise UsageError("this holds one bare array, not named ones", where=str(path), hint=hint)
            return {"x": data}
        with data:
            return {name: data[name] for name in data.files}
    except FileNotFoundError as error:
        raise UsageError("there is no such file or folder", where=str(path), hint="check the path") from error
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError, NotImplementedError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        said = "" if "pickle" in said else f": {said}"  # what NumPy takes any other file for
        kind = "npz or npy" if bare else "npz"
        raise UsageError(f"this is not a whole {kind} file of numbers{said}", where=str(path), hint=hint) from error
