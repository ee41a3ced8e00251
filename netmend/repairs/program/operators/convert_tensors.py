"""Give tensors the type that the weights, or the loss, ask for.

What it changes:
    The type of the tensors of inputs, of labels or of both, where a PyTorch program makes them.

When it helps:
    The program crashes because numbers of two types meet: NumPy computes in 64 bits, and the weights have 32; class
    numbers must be whole (`long`), and labels of most other losses must not be.

When it is wrong:
    Labels that are no class numbers are cut off by `long`. Only what lets the program train is kept, and of that what
    shows the fewest other findings.

References:
    PyTorch reference, torch.get_default_dtype, torch.from_numpy, torch.nn.CrossEntropyLoss and torch.nn.BCELoss. The
    prior is our own: nothing else mends such a crash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._crash import said
from netmend.training.trace import Trace

PRIOR = 0.95  # own convention, see References

_OF_TYPES = re.compile(r"dtype|scalar type|\bInput type\b|result type|data type")
"""What PyTorch says where types do not fit, from 2.2 to 2.13."""


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if _OF_TYPES.search(said(trace)):
        for value in values_of(element):
            yield Suggestion(value, PRIOR, "the type that the error asks for")


operator = Operator(
    kind="tensor-type",
    suggest=_suggest,
    examples=((torch_program(), "tensor-type of data: none", None),),
)
