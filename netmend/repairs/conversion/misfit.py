"""How far a segment is from right, and how much of that is rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netmend.network.graph import Array
from netmend.repairs.conversion.distance import ENDLESS, Distance, distance, size
from netmend.repairs.conversion.faults._base import Case, evaluated

MARGIN = 16.0
"""How often the largest float32 error seen on the inputs is taken for rounding: constants that were folded or stored
anew differ by as much as one pass does, and the largest error of few inputs is below that of many (own choice)."""

COARSER = {"float16": 2.0**13, "bfloat16": 2.0**16}
"""How much coarser than float32 a type is."""


def rounding(case: Case) -> dict[str, Distance]:
    """What rounding may amount to in each output: `MARGIN` times the error of the source's nodes in float32."""
    from netmend.core.errors import NetmendError
    from netmend.network.evaluate import as_tensor, forward
    from netmend.network.tensors import torch

    source = {each.target: each for each in case.segment.outputs}
    feeds = {name: as_tensor(value) for name, value in case.source_feeds.items()}
    keep = [each.source for each in source.values()]
    try:
        with torch.no_grad():
            exact, rounded = (forward(case.source, feeds, keep=keep, dtype=t) for t in (torch.float64, torch.float32))
        off = {
            name: distance(rounded[each.source].numpy(), exact[each.source].numpy()).largest
            for name, each in source.items()
        }
    except (NetmendError, RuntimeError, TypeError):
        off = dict.fromkeys(source, 0.0)
    types = {
        case.target.constants[name].dtype.name
        for node in case.nodes
        for name in node.inputs
        if name in case.target.constants
    }
    coarser = max((COARSER[each] for each in types if each in COARSER), default=1.0)
    found = {}
    for name, right in case.right.items():
        floor = 4 * 2.0**-24 * size(right).largest if right.dtype.kind == "f" else 0.0
        most = coarser * (MARGIN * off[name] + floor) if np.isfinite(off[name]) else coarser * floor
        found[name] = Distance(most, most)
    return found


def watched(case: Case) -> Case:
    """The case with all inner tensors of both sides, as far as they can be evaluated."""
    inner: dict[str, Array] = {}
    known = dict(case.feeds)
    for node in case.nodes:
        # One node after another: what comes behind a node that cannot be evaluated is simply not known.
        found = evaluated(case.target, known, [name for name in node.outputs if name])
        if found is None:
            break
        inner.update(found)
        known.update(found)
    feeds = case.source_feeds
    names = [name for node in case.source_nodes for name in node.outputs if name]
    source = evaluated(case.source, feeds, names) or {}
    return replace(case, inner=inner, source_inner={**feeds, **source})


def errors(answers: Mapping[str, Array] | None, right: Mapping[str, Array]) -> dict[str, Distance]:
    """The difference by output; endless where there is no answer."""
    known = answers or {}
    return {name: distance(known[name], value) if name in known else ENDLESS for name, value in right.items()}


def outputs(case: Case) -> Mapping[str, Array] | None:
    """What the stretch gives, if all of it has been evaluated."""
    names = list(case.right)
    known = {**case.feeds, **case.inner}
    return {name: known[name] for name in names} if all(name in known for name in names) else None


def misfit(answers: Mapping[str, Array] | None, right: Mapping[str, Array]) -> float:
    """Mean squared error as a share of the mean square, summed over the outputs; 4 where there is no answer."""
    total = 0.0
    for name, value in right.items():
        answer = None if answers is None else answers.get(name)
        if answer is None or answer.shape != value.shape:
            total += 4.0
            continue
        truth = value.astype(np.float64)
        with np.errstate(all="ignore"):
            share = float(np.mean((answer - truth) ** 2) / max(float(np.mean(truth**2)), 1e-300))
        total += min(share, 3.0) if np.isfinite(share) else 3.5
    return total
