"""Types of numbers, and the type that several of them are computed in.

Reference: `torch.result_type`. Of tensors with axes, single numbers in tensors, and plain numbers, in this order, a
later one counts only if it is of a higher category (yes or no; whole; real).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Type:
    """A type of numbers."""

    name: str
    array: np.dtype[Any]

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    @property
    def is_floating_point(self) -> bool:
        """Whether its numbers have a point."""
        return _category(self.array) == 2


_NAMES = (
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "float32",
    "float64",
)
TYPES = (*(Type(name, np.dtype(name)) for name in _NAMES), Type("bfloat16", np.dtype(ml_dtypes.bfloat16)))
"""All types, by torch's names."""

_BY_DTYPE = {each.array: each for each in TYPES}
_DEFAULT = np.dtype(np.float32)
"""What real numbers without a type of their own become where none of the others is real."""


def type_of(dtype: np.dtype[Any]) -> Type:
    """The type of an array's numbers.

    Raises:
        TypeError: tensors have no such type.
    """
    found = _BY_DTYPE.get(dtype)
    if found is None:
        raise TypeError(f"can't convert an array of {dtype} to a tensor")
    return found


def common(*operands: Array | complex) -> np.dtype[Any]:
    """The type in which arrays and plain numbers are computed together."""
    levels: list[np.dtype[Any] | None] = [None, None, None]
    for each in operands:
        if isinstance(each, np.ndarray):
            level, dtype = (0 if each.ndim else 1), each.dtype
        else:
            level, dtype = 2, np.dtype(type(each)) if isinstance(each, bool | int) else _DEFAULT
        held = levels[level]
        levels[level] = dtype if held is None else _together(held, dtype)
    result = None
    for each_level in levels:
        if each_level is not None and (result is None or _category(each_level) > _category(result)):
            result = each_level
    assert result is not None
    return result


def _category(dtype: np.dtype[Any]) -> int:
    return {"b": 0, "i": 1, "u": 1}.get(dtype.kind, 2)


def _together(one: np.dtype[Any], other: np.dtype[Any]) -> np.dtype[Any]:
    if one == other:
        return one
    if _category(one) != _category(other):
        return max(one, other, key=_category)
    if {one.name, other.name} == {"float16", "bfloat16"}:
        return _DEFAULT
    return np.promote_types(one, other)
