"""The odd traces are as odd as they say, so that standing them means something."""

import math
from collections import Counter
from dataclasses import fields

from netmend.testing.odd_traces import NASTY, gaps, spoiled
from netmend.training.symptoms._examples import healthy
from netmend.training.trace import Trace


def different(one, other):
    return {field.name for field in fields(Trace) if repr(getattr(one, field.name)) != repr(getattr(other, field.name))}


def test_each_gap_is_one_field_of_a_run_and_every_field_that_symptoms_read_has_one():
    of_healthy = [different(healthy(), trace) for trace in gaps()]
    single = Counter(next(iter(names)) for names in of_healthy if len(names) == 1)
    assert {"inputs", "labels", "outputs", "layers", "stats", "epochs", "loss", "optimiser", "updates"} <= set(single)
    assert single["epochs"] >= 4


def numbers(trace):
    values = [trace.learning_rate, trace.train_seconds]
    values += [value for epoch in trace.epochs for value in epoch.values.values()]
    values += [stats.gradient_norm for stats in trace.stats] + [layer.penalty for layer in trace.layers]
    values += [array.maximum for array in (trace.inputs, trace.labels, trace.outputs) if array is not None]
    return values


def test_spoiled_traces_hold_every_nasty_number_in_every_kind_of_place():
    seen = Counter(repr(value) for trace in spoiled() for value in numbers(trace))
    assert all(seen[repr(value)] > 10 for value in NASTY)
    assert any(trace.layers for trace in spoiled()) and any(not trace.layers for trace in spoiled())
    assert any(math.isnan(array.mean) for trace in spoiled() if (array := trace.labels) is not None)


def test_the_same_seed_gives_the_same_traces_and_another_does_not():
    again = spoiled.__wrapped__(20, 1)
    assert repr(again) == repr(spoiled()[:20]) != repr(spoiled(20, 2))
