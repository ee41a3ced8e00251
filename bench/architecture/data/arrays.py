"""The form of a prepared data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Split:
    """A data set cut into training and test rows.

    Attributes:
        source: what it is, for a person; begins with "stand-in" if it is not what its name says.
        arrays: `x_train`, `y_train`, `x_test`, `y_test`, and what else its programs need.
    """

    source: str
    arrays: Mapping[str, Array]


def cut(source: str, x: Array, y: Array, train: int, **more: Array) -> Split:
    """The first rows for training, the rest for testing; `more` are further inputs with as many rows."""
    arrays = {}
    for name, values in {"x": x, "y": y, **more}.items():
        arrays[f"{name}_train"], arrays[f"{name}_test"] = values[:train], values[train:]
    return Split(source, {name: np.ascontiguousarray(values) for name, values in arrays.items()})
