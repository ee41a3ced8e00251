"""Batch normalisation is given one row at a time.

What it is:
    In training, batch normalisation subtracts the mean of the batch and divides by its standard deviation. Of one row
    these are the row's own: what tells it from other rows is taken away, and in evaluation running means take their
    place, which are something else.

How it is measured:
    The number of rows per update is 1, and the model has a layer of batch normalisation.

When it is wrong:
    Where the statistics are meant to be of each row alone, as in the transfer of style.

References:
    Ioffe, Batch Renormalization, NeurIPS 2017, section 1, and Wu and He, Group Normalization, ECCV 2018, figure 1: the
    fewer rows in a batch, the greater the error. Values to try: Masters, Luschi, Revisiting Small Batch Training, 2018.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import of_kind

SEVERITY = 0.7  # own convention: it may train all the same
LEAST = 2
"""Fewer rows have no statistics but their own."""

MESSAGE = "Batch normalisation gets one row at a time, so it takes away what tells a row from others."


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    if not any(str(each.value).startswith(("BatchNorm", "SyncBatchNorm")) for each in of_kind(elements, "layer")):
        return
    for element in of_kind(elements, "batch-size"):
        if isinstance(element.value, int) and element.value < LEAST:
            blames = (Blame("batch-size", 0.9, values=(32, 16)),)
            yield Hit(element, MESSAGE, SEVERITY, float(element.value), float(LEAST), blames)


_TORCH = ("Conv2d(1, 8, 3)", "BatchNorm2d(8)", "Flatten()", "Linear(32, 10)")
_KERAS = ("Dense(32)", "BatchNormalization()", 'Dense(10, activation="softmax")')

rule = LintRule(
    check=_check,
    fires_on=(
        torch_program(*_TORCH, loader="shuffle=True"),
        torch_program(*_TORCH, loader="batch_size=1, shuffle=True"),
        keras_program(*_KERAS, fit="epochs=20, batch_size=1"),
    ),
    silent_on=(
        *HEALTHY,
        torch_program(*_TORCH),
        torch_program(loader="batch_size=1, shuffle=True"),
        keras_program(*_KERAS),
    ),
)
