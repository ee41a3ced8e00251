"""Blames for hidden layers, and values to try first, worked out from what the run used."""

from __future__ import annotations

import math

from netmend.program.blame import Blame, Value
from netmend.training.curves import LARGEST_RATE, SMALLEST_RATE, scaled
from netmend.training.trace import Trace


def hidden(kind: str, weight: float, values: tuple[Value, ...] = ()) -> tuple[Blame, ...]:
    """Blame for every layer but the last; the first one may go by the role "input" or "hidden"."""
    return Blame(kind, weight, role="hidden", values=values), Blame(kind, weight, role="input", values=values)


def learning_rates(trace: Trace, *factors: float) -> tuple[Value, ...]:
    """The present learning rate times each factor, as far as that is a sensible rate; empty if it is unknown."""
    rate = trace.learning_rate
    if not math.isfinite(rate):
        return ()
    values = dict.fromkeys(scaled(rate, factor) for factor in factors)
    return tuple(value for value in values if SMALLEST_RATE <= value <= LARGEST_RATE)


def epochs(trace: Trace, *factors: float) -> tuple[Value, ...]:
    """The present number of epochs times each factor, at least one; the present number itself is left out."""
    present = trace.epochs_planned or len(trace.epochs)
    return _whole(present, factors)


def batch_sizes(trace: Trace, *factors: float) -> tuple[Value, ...]:
    """The present batch size times each factor, at least one; the present size itself is left out."""
    return _whole(trace.batch_size, factors)


def _whole(present: int, factors: tuple[float, ...]) -> tuple[Value, ...]:
    values = (max(1, round(present * factor)) for factor in factors)
    return tuple(value for value in dict.fromkeys(values) if present > 0 and value != present)
