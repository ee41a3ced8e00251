"""Safety properties on boxes, from VNN-LIB files: the subset that the ACAS Xu properties are written in.

Inputs X_0, X_1, ... are bounded by numbers; conditions are linear in the outputs Y_0, Y_1, ...; both may stand in `and`
and `or`. The file describes what must *not* happen. Its negation is required: of every conjunction, one condition must
fail. Each box becomes a region given by its vertices, 2^k for k inputs that have a width.

References: the VNN-LIB format, version 1 (Demarchi et al., "Supporting Standardization of Neural Networks Verification
with VNNLIB and CoCoNet", FoMLAS 2023).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.repairs.weights.reading._base import NAMED, Form, Images, PointSet
from netmend.repairs.weights.requirements._base import Array

MOST_CASES = 10_000
"""Cases of a property written out as alternatives; an `and` of many `or`s doubles with each (own choice)."""

WIDEST = 12
"""Inputs of one box that may have a width: it has 2^12 vertices then (own choice)."""

Linear = dict[str, float]


def read(path: Path, inputs: tuple[Signature, ...], images: Images) -> PointSet:
    """See above."""
    try:
        text = re.sub(r";[^\n]*", "", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the file cannot be read: {error}", where=str(path)) from error
    try:
        cases = list(_cases(["and", *(each[1] for each in _parsed(text) if each[0] == "assert")]))
        width = math.prod(length or 1 for length in inputs[0].shape[1:])
        read_outputs = [int(name[2:]) for case in cases for atom in case for name in atom if name.startswith("Y_")]
        if not read_outputs:
            raise ValueError("it has no condition on an output Y_0, Y_1, ...")
        outputs = 1 + max(read_outputs)
        boxes: dict[tuple[tuple[float, float], ...], list[list[Linear]]] = {}
        for case in cases:
            box = _box([atom for atom in case if any(name.startswith("X_") for name in atom)], width)
            boxes.setdefault(box, []).append([atom for atom in case if any(name[:2] == "Y_" for name in atom)])
        if len({str(found) for found in boxes.values()}) > 1:
            raise ValueError("different boxes have different conditions")
        corners = [_vertices(box) for box in boxes]
    except (ValueError, IndexError, TypeError, KeyError, RecursionError) as error:
        hint = "see docs/weights.md for what can be read"
        raise UsageError(f"the property cannot be read: {error}", where=str(path), hint=hint) from error
    starts = np.cumsum([0, *(len(each) for each in corners)])
    points = np.concatenate(corners).reshape(-1, *(length or 1 for length in inputs[0].shape[1:]))
    rows = [(clause, atom) for clause, case in enumerate(next(iter(boxes.values()))) for atom in case]
    a = np.array([[atom.get(f"Y_{output}", 0.0) for output in range(outputs)] for _, atom in rows])
    # The file's atom says a . y + c <= 0; its negation is a . y >= -c.
    b = np.array([-atom.get("", 0.0) for _, atom in rows])
    clauses = np.array([clause for clause, _ in rows])
    polytopes = tuple(range(int(first), int(last)) for first, last in pairwise(starts))
    return PointSet(points.astype(np.float64), conditions=(a, b, clauses), polytopes=polytopes)


def _parsed(text: str) -> list[Any]:
    """Nested lists of words."""
    stack: list[list[Any]] = [[]]
    for token in re.findall(r"[()]|[^\s()]+", text):
        if token == "(":
            stack.append([])
        elif token == ")":
            if len(stack) == 1:
                raise ValueError("a bracket too many is closed")
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    if len(stack) != 1:
        raise ValueError("a bracket is not closed: the file is cut off")
    return [each for each in stack[0] if each]


def _cases(formula: Any) -> Iterator[list[Linear]]:
    """The disjunctive normal form: conjunctions of atoms, each a linear term that must not exceed zero."""
    head, *rest = formula
    if head == "or":
        for each in rest:
            yield from _cases(each)
    elif head == "and":
        parts = [list(_cases(each)) for each in rest]
        if math.prod(len(part) for part in parts) > MOST_CASES:
            raise ValueError(f"it has more than {MOST_CASES} cases")
        for chosen in product(*parts):
            yield [atom for case in chosen for atom in case]
    elif head in ("<=", ">=", "<", ">"):
        left, right = (_linear(each) for each in rest)
        small, large = (left, right) if head in ("<=", "<") else (right, left)
        yield [_added(small, large, -1.0)]
    else:
        raise ValueError(f"{head} is not understood")


def _linear(term: Any) -> Linear:
    if isinstance(term, str):
        return {term: 1.0} if re.fullmatch(r"[XY]_\d+", term) else {"": float(term)}
    head, *rest = term
    parts = [_linear(each) for each in rest]
    if head == "+":
        total: Linear = {}
        for part in parts:
            total = _added(total, part, 1.0)
        return total
    if head == "-":
        return _added({}, parts[0], -1.0) if len(parts) == 1 else _added(parts[0], parts[1], -1.0)
    if head == "*" and len(parts) == 2 and any(set(part) <= {""} for part in parts):
        factor, other = sorted(parts, key=lambda part: set(part) > {""} or set(part) != {""})
        return {name: value * factor.get("", 0.0) for name, value in other.items()}
    raise ValueError(f"{head} is not understood in a linear term")


def _added(one: Linear, other: Linear, factor: float) -> Linear:
    return {name: one.get(name, 0.0) + factor * other.get(name, 0.0) for name in {**one, **other}}


def _box(atoms: list[Linear], width: int) -> tuple[tuple[float, float], ...]:
    low, high = np.full(width, -np.inf), np.full(width, np.inf)
    for atom in atoms:
        names = [name for name in atom if name]
        if len(names) != 1 or not atom[names[0]]:
            raise ValueError("inputs must be bounded one by one, by numbers")
        at, factor = int(names[0][2:]), atom[names[0]]
        limit = -atom.get("", 0.0) / factor
        if factor > 0:
            high[at] = min(high[at], limit)
        else:
            low[at] = max(low[at], limit)
    lacking = [f"X_{at}" for at in np.flatnonzero(~np.isfinite(low) | ~np.isfinite(high))]
    if lacking:
        some = ", ".join(lacking[:NAMED]) + (" and more" if len(lacking) > NAMED else "")
        raise ValueError(f"each of the {width} inputs needs a lower and an upper bound, and these lack one: {some}")
    for crossed in np.flatnonzero(low > high):
        bounds = f"{low[crossed]:g}, is above its upper bound, {high[crossed]:g}"
        raise ValueError(f"the lower bound of X_{crossed}, {bounds}")
    return tuple((float(bottom), float(top)) for bottom, top in zip(low, high, strict=True))


def _vertices(box: tuple[tuple[float, float], ...]) -> Array:
    wide = sum(bottom < top for bottom, top in box)
    if wide > WIDEST:
        raise ValueError(f"{wide} inputs have a width, and at most {WIDEST} may")
    return np.array(list(product(*(sorted({bottom, top}) for bottom, top in box))))


FORM = Form((".vnnlib",), read)
