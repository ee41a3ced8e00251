"""A case's inputs dealt out to two: a hypothesis is tried on the one and has to hold on the other too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netmend.network.graph import Array
from netmend.repairs.conversion.distance import differences
from netmend.repairs.conversion.faults._base import Case, evaluated
from netmend.repairs.conversion.misfit import outputs, watched


def halves(case: Case) -> tuple[Case, Case]:
    """The inputs dealt out to two cases, the worst first; twice the whole where rows are not separate."""
    worst = _worst(case)
    if worst is None:
        return case, case
    halves = [_rows(case, np.sort(part)) for part in (worst[0::2], worst[1::2])]
    return (halves[0], halves[1]) if all(map(_is_right, halves)) else (case, case)


def worst_row(case: Case) -> Case | None:
    """The one input that is furthest off; None where rows are not separate."""
    worst = _worst(case)
    alone = None if worst is None else _rows(case, worst[:1])
    return alone if alone is not None and _is_right(alone) else None


def _worst(case: Case) -> Array | None:
    """The rows, the one that is furthest off first; None where they are not separate, or there is only one."""
    answers = outputs(case) or {}
    lengths = {value.shape[:1] for value in (*case.feeds.values(), *case.right.values())}
    separate = all(each.row_by_row for each in (*case.read_from, *case.segment.outputs))
    if not separate or len(lengths) != 1 or lengths <= {(), (0,), (1,)}:
        return None
    error = sum(_by_row(answers.get(name), value) for name, value in case.right.items())
    order: Array = np.argsort(-np.asarray(error), kind="stable")
    return order


def _is_right(case: Case) -> bool:
    """Whether the source makes of these inputs what is said to be right, so that rows may be taken by themselves."""
    made = evaluated(case.source, case.source_feeds, [each.source for each in case.segment.outputs])
    if made is None:
        return False
    both = [(each.to_target(made[each.source]), case.values[each.target]) for each in case.segment.outputs]
    return all(one.shape == other.shape and np.allclose(one, other, 1e-3, 1e-3, equal_nan=True) for one, other in both)


def _by_row(answer: Array | None, right: Array) -> Array:
    rows = len(right)
    if answer is None or answer.shape != right.shape:
        return np.zeros(rows)
    found: Array = differences(answer, right).reshape(rows, -1).max(1, initial=0.0)
    return found


def _rows(case: Case, rows: Array) -> Case:
    values = {
        name: value[rows] if name in case.feeds or name in case.right else value for name, value in case.values.items()
    }
    part = replace(case, values=values)
    return watched(replace(part, got=part.answers(()) or {}))
