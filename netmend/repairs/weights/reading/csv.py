"""Points from a CSV file: one row a point, numbers only, the class in the column called label, class or y, or last.

The first row may name the columns. The other columns are the input in the order of the network, row by row.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.repairs.weights.reading._base import Form, Images, PointSet

_LABELS = ("label", "class", "y", "target")


def read(path: Path, inputs: tuple[Signature, ...], images: Images) -> PointSet:
    """See above. A file with exactly as many columns as the network has inputs has no labels."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"the file cannot be read: {error}", where=str(path), hint="give UTF-8 text") from error
    if not rows:
        raise UsageError("the file is empty", where=str(path), hint="give one row for each point")
    header = None if all(_is_number(cell) for cell in rows[0]) else [cell.strip().lower() for cell in rows.pop(0)]
    width = len(header or (rows or [[]])[0])
    numbers = np.empty((len(rows), width))
    for at, row in enumerate(rows):
        bad = next((cell for cell in row if not _is_number(cell)), None)
        if len(row) != width or bad is not None:
            what = f"{len(row)} columns in place of {width}" if bad is None else f"{bad!r} is no number"
            raise UsageError(what, where=f"{path}, point {at}", hint="numbers only, the same columns in every row")
        numbers[at] = [float(cell) for cell in row]
    shape = inputs[0].shape[1:]
    size = None if None in shape else math.prod(length or 1 for length in shape)
    labelled = size is None or width != size
    column = next((header.index(name) for name in _LABELS if name in header), width - 1) if header else width - 1
    features = np.delete(numbers, column, axis=1) if labelled else numbers
    if size is not None and features.shape[1] == size:
        features = features.reshape(len(rows), *(length or 1 for length in shape))
    kind = np.dtype(inputs[0].dtype)
    if kind.kind != "f" and np.all(features == np.round(features)):
        features = features.astype(np.int64)
    return PointSet(features, labels=numbers[:, column] if labelled else None)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


FORM = Form((".csv",), read)
