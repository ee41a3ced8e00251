"""Let a layer take as many inputs as it is given.

What it changes:
    The number of inputs that a layer of PyTorch states, and reshapes to the same number.

When it helps:
    The program crashes in that layer: the layer before gives another number of outputs, or the images are larger, or
    have more channels, than the program was written for.

When it is wrong:
    Rows that should have been laid out in another way first, as by a missing flattening. Only numbers from the error
    itself and from the layer before are tried, and only one with which the program comes to train is kept.

References:
    PyTorch reference, torch.nn.Linear, Conv2d and BatchNorm2d. Wrong shapes of tensors and inputs: the taxonomy of real
    faults of Humbatova et al., ICSE 2020 ("Tensors & Inputs"). The prior is our own: nothing else mends such a crash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._crash import numbers, said
from netmend.repairs.program.operators._numbers import whole
from netmend.training.trace import Trace

PRIOR = 0.95  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present, named = whole(element), numbers(trace)
    widths = [*_of_reshaped(present, elements, trace), *(named if present is None or present in named else ())]
    for width in dict.fromkeys(widths):
        if width != element.value:
            yield Suggestion(width, PRIOR, "the number of inputs that the layer is given")


def _of_reshaped(present: int | None, elements: tuple[Element, ...], trace: Trace) -> Iterable[int]:
    """How many numbers a row has, where rows were reshaped to another count of them."""
    size = re.search(r"is invalid for input of size (\d+)", said(trace))
    rows = re.search(r"input batch_size \((\d+)\) to match target batch_size \((\d+)\)", said(trace))
    if size is not None:
        batches = {whole(each) for each in elements if each.kind == "batch-size"} - {None}
        yield from (int(size[1]) // batch for batch in batches if batch and int(size[1]) % batch == 0)
    if rows is not None and present is not None and present * int(rows[1]) % int(rows[2]) == 0:
        yield present * int(rows[1]) // int(rows[2])


operator = Operator(
    kind="input-width",
    suggest=_suggest,
    examples=((torch_program(), "input-width of Linear 3: 32", None),),
)
