"""The traces that examples are made of: healthy runs, and ways to make one sick.

A healthy classifier is 64 pixels in, Dense 64 ReLU, Dense 10 softmax, Adam 0.001, 30 epochs of 43 updates; its curves
are exponentials of the shape that such a training shows. A healthy regression has one linear output and no accuracy.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from netmend.training.trace import ArrayStats, Epoch, LayerInfo, LayerStats, Trace

EPOCHS = 30
UPDATES = 43


def falling(start: float, end: float, speed: float = 0.35, epochs: int = EPOCHS) -> tuple[float, ...]:
    """A curve that goes from about `start` to about `end` as an exponential."""
    return tuple(end + (start - end) * math.exp(-speed * epoch) for epoch in range(epochs))


def curves(updates: int = UPDATES, **series: tuple[float, ...]) -> tuple[Epoch, ...]:
    """Epochs with the given curves, all of one length."""
    return tuple(
        Epoch(number, dict(zip(series, values, strict=True)), learning_rate=0.001, updates=updates, seconds=0.1)
        for number, values in enumerate(zip(*series.values(), strict=True), 1)
    )


def array(low: float, high: float, **changes: Any) -> ArrayStats:
    """An array that fills a range evenly."""
    return replace(
        ArrayStats("float32", (), 1000, low, high, (low + high) / 2, (high - low) / math.sqrt(12), distinct=1000),
        **changes,
    )


def classes(count: int, **changes: Any) -> ArrayStats:
    """Equally common class numbers."""
    return array(0, count - 1, dtype="int64", integral=True, distinct=count, largest_share=1 / count, **changes)


def one_hot(count: int, **changes: Any) -> ArrayStats:
    """One-hot rows of equally common classes."""
    spread = math.sqrt((count - 1) / count**2)
    return array(
        0, 1, shape=(count,), mean=1 / count, std=spread, integral=True, one_hot=True, distinct=count,
        largest_share=1 / count, **changes
    )  # fmt: skip


def layer(name: str, activation: str, units: int, parameters: int, role: str = "hidden", **changes: Any) -> LayerInfo:
    """A Dense layer."""
    info = LayerInfo(name, "Dense", activation, role, units, parameters, "glorot_uniform")
    return replace(info, **changes)


def moments(name: str, **changes: Any) -> tuple[LayerStats, ...]:
    """A healthy layer before training, after the first epoch, and at the end."""
    return tuple(
        replace(
            LayerStats(
                name, epoch, gradient_norm=norm, weight_norm=8.0 + 0.1 * epoch, weight_std=0.12 + 0.002 * epoch,
                gradient_abs_mean=norm / 64, gradient_zero_share=0.1, update_ratio=0.001 * norm / 8,
                output_mean=0.4, output_std=0.6, output_abs_mean=0.5, output_minimum=0.0, output_maximum=4.0,
                output_zero_share=0.5, dead_share=0.05,
            ),
            **changes,
        )
        for epoch, norm in ((0, 0.8), (1, 0.5), (EPOCHS, 0.1))
    )  # fmt: skip


def healthy(**changes: Any) -> Trace:
    """A classifier that learns, with any fields of its trace replaced."""
    trace = Trace(
        "keras", "torch", 1, "sparse_categorical_crossentropy",
        optimiser="adam", learning_rate=0.001, batch_size=32, updates=EPOCHS * UPDATES, epochs_planned=EPOCHS,
        shuffled=True, parameters=4810,
        inputs=array(0, 1, shape=(64,)), labels=classes(10, rows=1347),
        eval_inputs=array(0, 1, shape=(64,)), eval_labels=classes(10, rows=450),
        outputs=array(0, 1, shape=(10,), mean=0.1, std=0.28),
        layers=(layer("dense", "relu", 64, 4160), layer("dense_1", "softmax", 10, 650, "output")),
        stats=moments("dense") + moments("dense_1"),
        epochs=curves(
            loss=falling(2.1, 0.05), accuracy=falling(0.35, 0.99),
            val_loss=falling(1.9, 0.12), val_accuracy=falling(0.45, 0.97),
        ),
        train_seconds=3.0,
    )  # fmt: skip
    return replace(trace, **changes)


def healthy_regression(**changes: Any) -> Trace:
    """A regression on standardised targets that learns, with any fields of its trace replaced."""
    targets = array(-2, 2, mean=0.0, std=1.0)
    trace = healthy(
        loss="mean_squared_error",
        labels=targets,
        eval_labels=targets,
        outputs=array(-1.8, 1.8, shape=(1,), mean=0.0, std=0.9),
        layers=(layer("dense", "relu", 64, 4160), layer("dense_1", "linear", 1, 65, "output")),
        epochs=curves(loss=falling(1.1, 0.3), val_loss=falling(1.0, 0.35)),
    )
    return replace(trace, **changes)


def healthy_torch(**changes: Any) -> Trace:
    """A PyTorch loop that reports its loss alone and applies softmax in the loss."""
    trace = healthy(
        framework="torch",
        loss_from_logits=True,
        optimiser="sgd",
        learning_rate=0.1,
        outputs=array(-9, 12, shape=(10,), mean=-1.0, std=4.0),
        layers=(
            layer("0", "", 64, 4160, kind="Linear"),
            layer("1", "relu", 0, 0, kind="ReLU"),
            layer("2", "", 10, 650, "output", kind="Linear"),
        ),
        stats=moments("0", update_ratio=0.005) + moments("1", gradient_norm=math.nan, weight_norm=math.nan)
        + moments("2", update_ratio=0.005),
        epochs=curves(loss=falling(2.1, 0.05)),
    )  # fmt: skip
    return replace(trace, **changes)


def sick(trace: Trace, name: str, **changes: Any) -> Trace:
    """The trace with some statistics of one layer replaced at every moment."""
    stats = tuple(replace(stats, **changes) if stats.layer == name else stats for stats in trace.stats)
    return replace(trace, stats=stats)


def short(trace: Trace, epochs: int) -> Trace:
    """The trace as if the run had ended early."""
    kept = trace.epochs[:epochs]
    return replace(trace, epochs=kept, updates=sum(epoch.updates for epoch in kept), epochs_planned=epochs)


def unlearned(**changes: Any) -> Trace:
    """A classifier that stays at chance, with any fields of its trace replaced."""
    return replace(healthy(epochs=curves(loss=(2.3,) * EPOCHS, accuracy=(0.1,) * EPOCHS)), **changes)


HEALTHY = (
    healthy(),
    healthy_regression(),
    healthy_torch(),
    healthy(
        loss="binary_crossentropy",
        labels=classes(2, shape=(1,)),
        eval_labels=classes(2, shape=(1,)),
        outputs=array(0, 1, shape=(1,), mean=0.5, std=0.4),
        layers=(layer("dense", "tanh", 64, 4160), layer("dense_1", "sigmoid", 1, 65, "output")),
        stats=moments("dense", saturated_share=0.05) + moments("dense_1", saturated_share=0.8),
    ),
    healthy(
        loss="categorical_crossentropy",
        labels=one_hot(10),
        eval_labels=one_hot(10),
        epochs=curves(loss=falling(2.1, 0.05)),
    ),
)
