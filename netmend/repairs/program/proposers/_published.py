"""The search space and protocol of Kim et al., "Repairing DNN Architecture: Are We There Yet?", ICST 2023.

The values are those of its table 2 and of its replication package. Learning rates are drawn evenly from 1e-6 to 10, so
that nine of ten are greater than 1; widths may become 0; losses need not fit the labels: all that is part of what was
published. One run is one trial, nothing is tried at a share of the epochs, the best trial on the search rows wins, and
an accuracy of 0.99 ends the search.

What differs here. The program as it is belongs to the box even where it has values that the table lacks, because the
search starts there; it is known from watching and costs nothing, where the paper pays one training for it. Epochs are
lowered to above 1, the rule of the paper's real faults; for the others its limits were 0 and 5. Which layers could be
repeated or resized the paper decided by hand for each fault: here it is every hidden dense layer.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.loss import LOGITS_MARK
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.proposers._box import Box, Entry, can_be, choice, number
from netmend.repairs.program.space import Assignment, Space
from netmend.search._base import Dimension, Scalar

RATES = (1e-6, 10.0)
MULTIPLIERS = (1.1, 1.3)
"""Bounds of the factor whose powers, up to the fourth, multiply or divide the epochs; drawn once for each search."""
FEWER_EPOCHS_ABOVE = 1
GOOD_ENOUGH = 0.99
"""Accuracy at which the search ends."""

INITIALISERS = (
    "zeros",
    "ones",
    "constant(0)",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "orthogonal",
    "lecun_normal",
    "lecun_uniform",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
)
VALUES: dict[str, tuple[Value, ...]] = {
    "loss": (
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "squared_hinge",
        "hinge",
        "categorical_hinge",
        "log_cosh",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "binary_crossentropy",
        "kullback_leibler_divergence",
        "poisson",
    ),
    "batch-size": (16, 32, 64, 128, 256, 512),
    "optimiser": ("sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam"),
    "activation": (
        "elu",
        "softmax",
        "selu",
        "softplus",
        "softsign",
        "relu",
        "tanh",
        "sigmoid",
        "hard_sigmoid",
        "exponential",
        "linear",
    ),
    "initialiser": INITIALISERS,
    "bias-initialiser": INITIALISERS,
}
"""Table 2. `Constant()` of Keras is the constant 0."""

DENSE = ("Dense", "Linear")


def published_box(start: Start) -> Box:
    """The published space of a program; what of it the program cannot express is among the gaps."""
    multiplier = random.Random(start.seed).uniform(*MULTIPLIERS)
    entries, gaps = [], []
    for element in start.space.elements:
        found, lost = _entry(element, start.space, multiplier)
        entries += [found] if found is not None else []
        gaps += [f"{element.kind} of {element.owner}: {', '.join(lost)}"] if lost else []
    kinds = {entry.element.kind for entry in entries}
    gaps += ["initialisers of biases"] if "initialiser" in kinds and "bias-initialiser" not in kinds else []
    return Box(start.space, tuple(entries), tuple(gaps))


def _entry(element: Element, space: Space, multiplier: float) -> tuple[Entry | None, list[str]]:
    """The dimension of an element, and what is missing from it; None if it is no entry, or has no choice."""
    if element.kind == "learning-rate":
        known = isinstance(element.value, int | float) and can_be(space, element, RATES[0])
        return (number(element, *RATES, log=False, digits=6), []) if known else (None, ["any other"])
    if element.kind == "layer":
        return _repeats(element, space)
    written = {value: _written(element, value, space) for value in _values(element, multiplier)}
    values = [value for value in dict.fromkeys(written.values()) if value not in (None, element.value)]
    return choice(element, values) if values else None, [
        str(value) for value, as_written in written.items() if as_written is None
    ]


def _written(element: Element, value: Value, space: Space) -> Value:
    """The value, or the loss of that name on logits where a framework has no other; None if it cannot be written."""
    spellings = (value, f"{value}{LOGITS_MARK}") if element.kind == "loss" else (value,)
    return next((each for each in spellings if each == element.value or can_be(space, element, each)), None)


def _values(element: Element, multiplier: float) -> Iterable[Value]:
    """Candidates for an element; none if it is no entry."""
    present = element.value
    if element.kind == "epochs" and isinstance(present, int):
        return _epochs(present, multiplier)
    if element.kind == "units" and isinstance(present, int) and _is_dense(element) and element.role != "output":
        return (present // 2, present, 2 * present)
    return VALUES.get(element.kind, ())


def _epochs(present: int, multiplier: float) -> list[int]:
    """The same, and up to four powers of the multiplier more and fewer."""
    powers = [multiplier**power for power in range(5)]
    fewer = [int(present / power) for power in powers]
    more = [int(present * power) for power in powers]
    return sorted({present, *more, *(epochs for epochs in fewer if epochs > FEWER_EPOCHS_ABOVE)})


def _repeats(element: Element, space: Space) -> tuple[Entry | None, list[str]]:
    """A hidden dense layer 0, 1 or 2 times: removed, as it is, or with a copy behind it."""
    if not _is_dense(element) or element.role != "hidden" or element.layer is None:
        return None, []
    times: dict[Scalar, Assignment] = {1: {}, 0: {element.id: None}}
    for first, count, other in _runs(space):
        if first <= element.layer < first + count:
            times[2] = {other.id: count + 1}
    written = {
        count: assignment
        for count, assignment in times.items()
        if all(can_be(space, space.element(identity), value) for identity, value in assignment.items())
    }
    entry = Entry(element, Dimension(element.id, tuple(written)), 1, lambda count: written[count])
    return entry if len(written) > 1 else None, [f"{count} times" for count in (0, 2) if count not in written]


def _runs(space: Space) -> Iterator[tuple[int, int, Element]]:
    """Where a layer and the copies of it that follow begin, how many they are, and the element they share."""
    for element in space.elements:
        if element.kind == "layer-repeats" and element.layer is not None and isinstance(element.value, int):
            yield element.layer, element.value, element


def _is_dense(element: Element) -> bool:
    return element.owner.partition(" ")[0] in DENSE
