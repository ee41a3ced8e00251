"""Give an embedding a row for every number that it is asked for.

What it changes:
    The size of the vocabulary that an embedding states: num_embeddings in PyTorch, input_dim in Keras.

When it helps:
    The program crashes because the data hold a greater number than the embedding has rows: words are counted from 1 and
    0 fills up short texts, or more words are kept than the embedding was made for. Keras on JAX does not crash, and
    computes with numbers that are not there.

When it is wrong:
    The numbers should have been others: a text that was encoded with another vocabulary, or columns in the wrong order.

References:
    PyTorch reference, torch.nn.Embedding; Keras reference, layers.Embedding. The prior is our own: nothing else that
    leaves the data as they are mends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._crash import asked_of_embedding
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.symptoms.numbers_outside_vocabulary import greatest, rows
from netmend.training.trace import Trace

PRIOR = 0.95  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    has, number = _asked(trace)
    if has is not None and number is not None and number >= has and whole(element) in (None, has):
        yield Suggestion(_more(element.value, number + 1 - has), PRIOR, "a row for every number in the data")


def _asked(trace: Trace) -> tuple[int | None, int | None]:
    """How many rows the embedding has, and the greatest number that it is known to be asked for."""
    if trace.crash is None:
        return rows(trace), greatest(trace)
    return asked_of_embedding(trace.crash.detail) or (None, None)


def _more(value: Value, rows: int) -> Value:
    """So many rows more than a value says, which may itself be what is added to a size that is computed."""
    if isinstance(value, int):
        return value + rows
    before = re.fullmatch(r"\+(\d+)", str(value))
    return f"+{rows + (int(before[1]) if before else 0)}"


_KERAS = keras("layers.Embedding(100, 8)", "layers.Flatten()", "layers.Dense(10)")

operator = Operator(
    kind="vocabulary-size",
    suggest=_suggest,
    examples=(
        (torch_program("Embedding(50, 8)", "Flatten()"), "vocabulary-size of Embedding: 50", None),
        (_KERAS, "vocabulary-size of Embedding 1: 100", None),
    ),
)
