"""Files that hold named arrays, in any format: where each number lies, to read it and to overwrite it in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile
from netmend.network.backends._base import package
from netmend.network.backends._zip import Entry, renew_checksums
from netmend.network.graph import Array


@dataclass(frozen=True, slots=True)
class StoredArray:
    """Where an array lies in a file.

    Attributes:
        offset: of its first number, in bytes. strides: in bytes; not always those of rows after rows.
        dtype: little-endian.
    """

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def over(self, data: bytes | bytearray) -> Array:
        """The array as a view of the file's bytes."""
        return np.ndarray(self.shape, self.dtype, data, self.offset, self.strides)

    def fits(self, first: int, last: int) -> bool:
        """Whether all of it lies between two places of the file."""
        if any(size < 0 for size in self.shape) or any(stride < 0 for stride in self.strides):
            return False
        if prod(self.shape) * self.dtype.itemsize > last - first:
            return False  # a few numbers shown again and again could ask for any amount of memory
        span = sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        return not prod(self.shape) or first <= self.offset <= self.offset + span + self.dtype.itemsize <= last


@dataclass(frozen=True, slots=True, eq=False)
class StateFile:
    """Named arrays in a file.

    Attributes:
        entries: of the archive that the file is; empty if it is none.
    """

    data: bytes
    arrays: Mapping[str, StoredArray]
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def value(self, name: str) -> Array:
        """A copy of one array, in the type in which it is stored."""
        stored = self.arrays[name]
        return np.array(stored.over(self.data), stored.dtype.newbyteorder("="))

    def patched(self, values: Mapping[str, Array]) -> bytes:
        """The file with other values of some arrays, and no other byte changed but checksums."""
        data = bytearray(self.data)
        for name, value in values.items():
            self.arrays[name].over(data)[...] = value
        places = [self.arrays[name].offset for name in values]
        touched = [
            entry
            for entry in self.entries.values()
            if any(entry.start <= place < entry.start + entry.size for place in places)
        ]
        renew_checksums(data, touched)
        return bytes(data)


def contiguous(offset: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> StoredArray:
    """An array stored row after row."""
    strides = tuple(prod(shape[axis + 1 :]) * dtype.itemsize for axis in range(len(shape)))
    return StoredArray(offset, dtype, shape, strides)


def number_type(name: str) -> np.dtype[Any]:
    """The little-endian type of a name such as "float32" or "bfloat16".

    Raises:
        BrokenFile: there is no such type.
    """
    try:
        if name == "bfloat16":
            half: np.dtype[Any] = np.dtype(package("ml_dtypes", "numbers in bfloat16").bfloat16)
            return half
        return np.dtype(name).newbyteorder("<")
    except TypeError as error:
        raise BrokenFile(f"numbers of type {name!r} are not understood", hint="save the network in float32") from error
