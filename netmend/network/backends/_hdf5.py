"""Where the arrays of an HDF5 file lie.

Only plain files are taken: numbers in one piece, unpacked, inside the file. That is what Keras writes, and it means
that a number can be overwritten in place (such data has no checksum) and that no other file is read.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile
from netmend.network.backends._base import package
from netmend.network.backends._state import StoredArray, contiguous


def hdf5_arrays(data: bytes, where: str) -> tuple[dict[str, StoredArray], dict[str, Any]]:
    """Every array by its path in the file, and the attributes of the file.

    Raises:
        BrokenFile: damaged, packed, or referring to other files.
    """
    h5py = package("h5py", "HDF5 files")
    arrays: dict[str, StoredArray] = {}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            _walk(h5py, file, "", arrays, len(data), where)
            attributes = dict(file.attrs)
    except BrokenFile:
        raise
    except Exception as error:  # a damaged file fails in whatever it happens to describe
        raise BrokenFile(f"{where} is not a whole HDF5 file: {error}", hint="copy or save it again") from error
    return arrays, attributes


def moved(arrays: dict[str, StoredArray], by: int) -> dict[str, StoredArray]:
    """The same arrays in a file that begins at another place."""
    return {name: replace(stored, offset=stored.offset + by) for name, stored in arrays.items()}


def _walk(h5py: Any, group: Any, prefix: str, arrays: dict[str, StoredArray], size: int, where: str) -> None:
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BrokenFile(f"{where} refers to another place at {prefix}{name}", hint="save the network again")
        item = group[name]
        if isinstance(item, h5py.Group):
            if prefix.count("/") > _DEEPEST:
                raise BrokenFile(f"{where} has groups without end", hint="save the network again")
            _walk(h5py, item, f"{prefix}{name}/", arrays, size, where)
            continue
        dtype, offset = item.dtype, item.id.get_offset()
        if dtype.kind not in "fiub":
            continue
        plain = item.chunks is None and not item.is_virtual and not item.external
        if not plain or (offset is None and item.size) or dtype.byteorder == ">":
            raise BrokenFile(
                f"{where} holds {prefix}{name} packed or elsewhere", hint="save the network with Keras again"
            )
        stored = contiguous(offset or 0, np.dtype(dtype), tuple(item.shape))
        if not stored.fits(0, size):
            raise BrokenFile(f"{where} is too short for {prefix}{name}", hint="copy or save it again")
        arrays[f"{prefix}{name}"] = stored


_DEEPEST = 100
"""Nested models have a few groups for each level; a file may also hold a group that holds itself."""
