"""The class weights make common classes count even more.

What it is:
    Weights are there to make up for classes that few rows have. Given the wrong way round, as by their share in place
    of its inverse or with two of them exchanged, they take from rare classes what little they count.

How it is measured:
    The weight of the commonest class over that of the rarest, where the latter has at most half as many rows. The
    weights are those that `fit` was given.

When it is wrong:
    Above 1. Where answers of the common class must not be missed, whatever the others cost.

References:
    King and Zeng, "Logistic regression in rare events data", Political Analysis 9(2), 2001, section 3.2: weights by
    inverse share, with which the ratio is below 1. That a half is rare is our own convention.
"""

from __future__ import annotations

import math
from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, classes, healthy
from netmend.training.trace import Trace

RARE = 0.5  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, weights = trace.labels, trace.class_weights
    if labels is None or not weights or len(labels.classes) < 2 or len(labels.classes) != len(labels.shares):
        return ()
    shares = dict(zip(labels.classes, labels.shares, strict=True))
    common, rare = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    heavy, light = weights.get(str(common), 1.0), weights.get(str(rare), 1.0)
    if shares[rare] > RARE * shares[common] or not (math.isfinite(heavy) and heavy >= 0 and light > 0):
        return ()
    ratio = heavy / light
    if not math.isfinite(ratio):
        return ()
    message = (
        f"Class {common} holds {shares[common]:.0%} of the training rows and weighs {heavy:g}; class {rare} holds "
        f"{shares[rare]:.0%} and weighs {light:g}."
    )
    return (Reading(ratio, "class weights", message, (Blame("class-weight", 0.95),), severity=0.8),)


_RARE_TAGS = replace(classes(2, rows=1000), classes=(0, 1), shares=(0.9, 0.1), largest_share=0.9)
_SOME_RARE = replace(classes(3, rows=1000), classes=(0, 1, 2), shares=(0.5, 0.3, 0.2), largest_share=0.5)

symptom = Symptom(
    measure=_measure,
    threshold=1.0,  # equal weights
    above=True,
    fires_on=(
        healthy(labels=_RARE_TAGS, class_weights={"0": 10.0, "1": 1.0}),
        healthy(labels=_SOME_RARE, class_weights={"0": 2.0}),
    ),
    silent_on=(
        *HEALTHY,
        healthy(labels=_RARE_TAGS, class_weights={"0": 0.5, "1": 5.0}),
        healthy(labels=_RARE_TAGS),
        healthy(labels=replace(_RARE_TAGS, shares=(0.55, 0.45)), class_weights={"0": 1.2, "1": 1.0}),
    ),
)
