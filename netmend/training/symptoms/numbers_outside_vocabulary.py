"""The data hold greater numbers than the embedding has rows.

What it is:
    An embedding of n rows takes 0, 1, ..., n - 1. PyTorch and TensorFlow on a CPU crash at the first greater number;
    Keras on JAX and TensorFlow on a GPU do not, and go on with numbers that are not there (NaN or zeros).

How it is measured:
    The greatest number in the inputs of training and evaluation, divided by the number of the last row of the
    embedding, where that is the first layer and the only embedding, and all inputs are whole numbers.

When it is wrong:
    Above 1. At most 10,000 rows of data are looked at; what is greater in the others is not seen.

References:
    JAX reference, jax.numpy.take, `mode`: out of bounds it returns NaN by default. TensorFlow reference, tf.gather: on
    a GPU "a 0 is stored in the corresponding output value". The threshold follows from what an embedding is.
"""

from __future__ import annotations

import math
from typing import Any

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, array, healthy, layer
from netmend.training.trace import Trace


def rows(trace: Trace) -> int | None:
    """How many rows the embedding has that the inputs go to; None where that is not one that can be told."""
    layers = [each for each in trace.layers if each.kind != "InputLayer"]
    embeddings = [each for each in layers if each.rows]
    return layers[0].rows if len(embeddings) == 1 and layers[0].rows else None


def greatest(trace: Trace) -> int | None:
    """The greatest number in the inputs; None where they are no whole numbers."""
    seen = [each for each in (trace.inputs, trace.eval_inputs) if each is not None]
    if not seen or any(not each.integral or not math.isfinite(each.maximum) for each in seen):
        return None
    return int(max(each.maximum for each in seen))


def _measure(trace: Trace) -> tuple[Reading, ...]:
    has, number = rows(trace), greatest(trace)
    if has is None or number is None:
        return ()
    message = (
        f"The embedding has {has} rows, for the numbers from 0 to {has - 1}, and the inputs go up to {number}: for "
        "these it computes with numbers that are not there."
    )
    blame = Blame("vocabulary-size", 1.0, values=())
    return (Reading(number / max(1, has - 1), "inputs", message, (blame,), severity=1.0),)


def _embedded(has: int, **changes: Any) -> Trace:
    return healthy(layers=(layer("embedding", "", 8, 8 * has, "input", kind="Embedding", rows=has),), **changes)


_WORDS = array(0, 199, shape=(12,), integral=True)

symptom = Symptom(
    measure=_measure,
    threshold=1.0,
    above=True,
    fires_on=(
        _embedded(150, inputs=_WORDS, eval_inputs=_WORDS),
        _embedded(199, inputs=_WORDS, eval_inputs=_WORDS),
        _embedded(150, inputs=array(0, 149, integral=True), eval_inputs=_WORDS),
    ),
    silent_on=(
        *HEALTHY,
        _embedded(200, inputs=_WORDS, eval_inputs=_WORDS),
        _embedded(150),
        _embedded(150, inputs=array(0, 199), eval_inputs=array(0, 199)),
    ),
)
