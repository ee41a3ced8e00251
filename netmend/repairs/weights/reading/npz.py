"""Points from an npz file.

Keys: `x` or `inputs` (N, ...), or `inputs.NAME` for a network with several; then one of `y` or `labels` (N,), class
numbers; `low` and `high` (N, C), intervals of the outputs; `a` (K, C) and `b` (K,), linear conditions a f(x) >= b, with
`clause` (K,) for alternatives. Optional: `clean`, the uncorrupted counterparts, shaped like the inputs; `polytopes`
(P, 2), first and one past the last vertex of each region.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.arrays import arrays_in
from netmend.network.graph import Signature
from netmend.repairs.weights.reading._base import Form, Images, PointSet, pick
from netmend.repairs.weights.specification import Inputs


def read(path: Path, inputs: tuple[Signature, ...], images: Images) -> PointSet:
    """See above."""
    found = arrays_in(path, "write it with numpy.savez(file, x=inputs, y=labels), with arrays of numbers")
    named = {name.removeprefix("inputs."): value for name, value in found.items() if name.startswith("inputs.")}
    single = pick(found, "x", "inputs")
    given: Inputs | None = named or single
    if given is None:
        hint = f"it holds {', '.join(found) or 'nothing'}; name the inputs x and the labels y"
        raise UsageError("the file has no inputs", where=str(path), hint=hint)
    a, b, conditions = found.get("a"), found.get("b"), None
    if a is not None and b is not None:
        if a.ndim != 2 or b.shape != a.shape[:1] or a.dtype.kind not in "iuf" or b.dtype.kind not in "iuf":
            raise UsageError(f"a must be (K, C) and b (K,), and they are {a.shape} and {b.shape}", where=str(path))
        clause = found.get("clause", np.arange(len(b)))
        if clause.shape != b.shape:
            raise UsageError(f"clause must have the shape of b, {b.shape}, and has {clause.shape}", where=str(path))
        conditions = a.astype(np.float64), b.astype(np.float64), clause
    regions = found.get("polytopes")
    return PointSet(
        given,
        labels=pick(found, "y", "labels"),
        low=found.get("low"),
        high=found.get("high"),
        conditions=conditions,
        clean=pick(found, "clean", "x_clean"),
        polytopes=None if regions is None else _ranges(regions, path),
    )


def _ranges(regions: np.ndarray[tuple[int, ...], np.dtype[np.generic]], path: Path) -> tuple[range, ...]:
    if regions.ndim != 2 or regions.shape[1] != 2 or regions.dtype.kind not in "iu":
        raise UsageError("polytopes must be (P, 2) integers: first and one past the last vertex", where=str(path))
    return tuple(range(int(first), int(last)) for first, last in regions)


FORM = Form((".npz",), read)
