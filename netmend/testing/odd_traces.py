"""Traces no healthy run leaves behind: with gaps, and with numbers drawn from a few nasty ones.

A symptom must stand both: it reads what a probe could measure, in runs that went wrong in every way.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, unlearned
from netmend.training.trace import ArrayStats, Epoch, LayerInfo, LayerStats, Trace

T = TypeVar("T")

NASTY = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1.0, 1e-300, 1e300, -1e300, 5e-324, 0.5)
_ACTIVATIONS = ("relu", "softmax", "sigmoid", "linear", "", "exponential", "tanh", "unheard_of")
_LOSSES = (
    "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mean_squared_error",
    "mean_absolute_percentage_error", "poisson", "hinge", "negative_log_likelihood", "custom", "",
)  # fmt: skip


@cache
def gaps() -> tuple[Trace, ...]:
    """Traces of healthy and unlearned runs that lack one thing each, and one that lacks everything."""
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
def spoiled(count: int = 600, seed: int = 1) -> tuple[Trace, ...]:
    """Traces of random shape whose numbers are nasty; the same for the same seed."""
    chance = random.Random(seed)
    return tuple(_spoiled_trace(chance) for _ in range(count))


def _spoiled_trace(chance: random.Random) -> Trace:
    layers = tuple(
        LayerInfo(
            str(number), "Dense", chance.choice(_ACTIVATIONS), chance.choice(("hidden", "output")),
            chance.randrange(4), 3, penalty=chance.choice(NASTY), rate=chance.choice(NASTY),
        )
        for number in range(chance.randrange(4))
    )  # fmt: skip
    data = [_spoiled_array(chance) for _ in range(5)]
    trace = _spoil(Trace(chance.choice(("keras", "torch")), "b", 1), chance)
    return replace(
        trace,
        loss=chance.choice(_LOSSES),
        loss_from_logits=chance.random() < 0.5,
        optimiser=chance.choice(("sgd", "adam", "adadelta", "")),
        updates=chance.randrange(5),
        batch_size=chance.randrange(3),
        layers=layers,
        stats=tuple(_spoil(LayerStats(layer.name, epoch), chance, 0.9) for layer in layers for epoch in (0, 1, 2)),
        epochs=tuple(
            Epoch(number, {name: chance.choice(NASTY) for name in ("loss", "val_loss", "accuracy")})
            for number in range(1, chance.randrange(1, 10))
        ),
        inputs=data[0],
        labels=data[1],
        eval_inputs=data[2],
        eval_labels=data[3],
        outputs=data[4],
    )


def _spoiled_array(chance: random.Random) -> ArrayStats | None:
    if chance.random() < 0.5:
        return None
    shapes: Sequence[tuple[int, ...]] = ((), (1,), (3,), (8, 8), (0,))
    whole, hot = chance.random() < 0.5, chance.random() < 0.5
    stats = ArrayStats("x", chance.choice(shapes), 15, 0.0, 1.0, 0.5, 0.5, integral=whole, one_hot=hot)
    return _spoil(stats, chance, 0.4)


def _spoil(value: T, chance: random.Random, share: float = 0.5) -> T:
    """The value with a share of its numbers replaced."""
    nasty = {
        field.name: chance.choice(NASTY)
        for field in fields(value)  # type: ignore[arg-type]
        if isinstance(getattr(value, field.name), float) and chance.random() < share
    }
    return replace(value, **nasty)  # type: ignore[type-var]
