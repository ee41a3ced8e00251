"""Every symptom: its own examples, its documentation, and what no symptom may do."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from netmend.core.discover import Contribution, contributions
from netmend.program.blame import Blame
from netmend.program.elements._base import ElementKind
from netmend.training.symptoms._base import Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy, healthy_regression, healthy_torch, unlearned
from netmend.training.symptoms._run import run
from netmend.training.trace import ArrayStats, Epoch, LayerInfo, LayerStats, Trace

SYMPTOMS = contributions("netmend.training.symptoms", Symptom)
KINDS = contributions("netmend.program.elements", ElementKind)
HEADINGS = ("What it is", "How it is measured", "When it is wrong", "References")

each_symptom = pytest.mark.parametrize("contribution", SYMPTOMS.values(), ids=list(SYMPTOMS))


@each_symptom
def test_it_fires_on_its_examples(contribution: Contribution[Symptom]) -> None:
    assert contribution.value.fires_on
    for number, trace in enumerate(contribution.value.fires_on):
        assert contribution.value.fires(trace), f"fires_on[{number}] gives {contribution.value.measure(trace)}"


@each_symptom
def test_it_is_silent_on_its_examples(contribution: Contribution[Symptom]) -> None:
    assert contribution.value.silent_on
    for number, trace in enumerate(contribution.value.silent_on):
        assert not contribution.value.fires(trace), f"silent_on[{number}]"


@each_symptom
@pytest.mark.parametrize("number", range(len(HEALTHY)))
def test_it_is_silent_on_healthy_runs(contribution: Contribution[Symptom], number: int) -> None:
    assert not contribution.value.fires(HEALTHY[number])


@each_symptom
def test_its_documentation_has_the_headings_in_order(contribution: Contribution[Symptom]) -> None:
    found = re.findall(r"^([A-Z][a-z ]+):$", contribution.documentation, flags=re.MULTILINE)
    assert tuple(found) == HEADINGS
    assert contribution.summary.endswith(".")


@each_symptom
def test_what_it_reads_is_well_formed(contribution: Contribution[Symptom]) -> None:
    for trace in (*contribution.value.fires_on, *contribution.value.silent_on):
        check_readings(contribution.value, trace)


@each_symptom
def test_readings_of_equal_places_do_not_repeat(contribution: Contribution[Symptom]) -> None:
    for trace in contribution.value.fires_on:
        places = [reading.where for reading in contribution.value.measure(trace)]
        assert len(places) == len(set(places))


@each_symptom
def test_it_never_raises_whatever_is_missing(contribution: Contribution[Symptom]) -> None:
    for trace in gaps():
        check_readings(contribution.value, trace)


@each_symptom
def test_it_never_raises_whatever_the_numbers_are(contribution: Contribution[Symptom]) -> None:
    for trace in spoiled():
        check_readings(contribution.value, trace)


def test_run_gives_every_symptom_beyond_its_threshold_most_severe_first() -> None:
    trace = unlearned(learning_rate=5.0, updates=100)
    found = run(trace)
    slowly = {(name, reading) for name, item in SYMPTOMS.items() for reading in item.value.fires(trace)}
    assert set(found) == slowly
    severities = [reading.severity for _, reading in found]
    assert severities == sorted(severities, reverse=True)
    assert {"loss-not-decreasing", "weights-move-too-much", "too-few-updates"} <= {name for name, _ in found}


@pytest.mark.parametrize("trace", HEALTHY)
def test_run_finds_nothing_in_healthy_runs(trace: Trace) -> None:
    assert run(trace) == ()


def check_readings(symptom: Symptom, trace: Trace) -> None:
    for reading in symptom.measure(trace):
        assert not math.isnan(reading.value)
        assert 0 <= reading.severity <= 1
        assert reading.where
        assert reading.message.endswith(".")
        for blame in reading.blames:
            check_blame(blame)


def check_blame(blame: Blame) -> None:
    assert blame.kind in KINDS
    assert 0 < blame.weight <= 1
    assert blame.role in (None, "input", "hidden", "output")
    assert len(set(blame.values)) == len(blame.values)
    assert all(not isinstance(value, float) or math.isfinite(value) for value in blame.values)


@cache
def gaps() -> tuple[Trace, ...]:
    """Traces that lack one thing each, and one that lacks everything."""
    found = [Trace("keras", "jax", 1)]
    for trace in (healthy(), healthy_regression(), healthy_torch(), unlearned()):
        missing: tuple[dict[str, Any], ...] = (
            {"inputs": None}, {"labels": None}, {"eval_inputs": None}, {"eval_labels": None}, {"outputs": None},
            {"layers": ()}, {"stats": ()}, {"loss": "custom"}, {"optimiser": "custom"}, {"learning_rate": math.nan},
            {"batch_size": 0}, {"updates": 0}, {"epochs_planned": 0},
            {"epochs": ()}, {"epochs": trace.epochs[:1]}, {"epochs": trace.epochs[:2]},
            {"epochs": tuple(Epoch(epoch.number, {}) for epoch in trace.epochs)},
            {"stats": tuple(LayerStats(stats.layer, stats.epoch) for stats in trace.stats)},
            {"stats": tuple(stats for stats in trace.stats if stats.epoch == 0)},
        )  # fmt: skip
        found += [replace(trace, **changes) for changes in missing]
    return tuple(found)


@cache
def spoiled() -> tuple[Trace, ...]:
    """Traces whose numbers are drawn from a few nasty ones; seeded."""
    random = np.random.default_rng(1)
    numbers = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1.0, 1e-300, 1e300, -1e300, 5e-324, 0.5)
    names = ("relu", "softmax", "sigmoid", "linear", "", "exponential", "tanh", "unheard_of")
    losses = (
        "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mean_squared_error",
        "mean_absolute_percentage_error", "poisson", "hinge", "negative_log_likelihood", "custom", "",
    )  # fmt: skip

    def spoil(value: Any, share: float = 0.5) -> Any:
        changes = {
            field.name: numbers[random.integers(len(numbers))]
            for field in fields(value)
            if isinstance(getattr(value, field.name), float) and random.random() < share
        }
        return replace(value, **changes)

    def pick(choices: tuple[Any, ...]) -> Any:
        return choices[random.integers(len(choices))]

    def stats_of(_: int) -> ArrayStats | None:
        if random.integers(2):
            return None
        shape = pick(((), (1,), (3,), (8, 8), (0,)))
        whole, hot = bool(random.integers(2)), bool(random.integers(2))
        stats: ArrayStats = spoil(ArrayStats("x", shape, 15, 0.0, 1.0, 0.5, 0.5, integral=whole, one_hot=hot), 0.4)
        return stats

    def one(_: int) -> Trace:
        layers = tuple(
            spoil(LayerInfo(str(i), "Dense", pick(names), pick(("hidden", "output")), int(random.integers(4)), 3))
            for i in range(int(random.integers(4)))
        )
        data = [stats_of(i) for i in range(5)]
        trace: Trace = spoil(Trace(pick(("keras", "torch")), "b", 1))
        return replace(
            trace, loss=pick(losses), loss_from_logits=bool(random.integers(2)),
            optimiser=pick(("sgd", "adam", "adadelta", "")),
            updates=int(random.integers(5)), batch_size=int(random.integers(3)), layers=layers,
            stats=tuple(spoil(LayerStats(layer.name, epoch), 0.9) for layer in layers for epoch in (0, 1, 2)),
            epochs=tuple(
                Epoch(i + 1, {"loss": pick(numbers), "val_loss": pick(numbers), "accuracy": pick(numbers)})
                for i in range(int(random.integers(9)))
            ),
            inputs=data[0], labels=data[1], eval_inputs=data[2], eval_labels=data[3], outputs=data[4],
        )  # fmt: skip

    return tuple(one(i) for i in range(600))
