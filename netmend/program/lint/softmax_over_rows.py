"""The last softmax makes the numbers of a class add up over the rows of a batch, not those of a row over its classes.

What it is:
    `dim=0`, or `axis=0` in Keras, in the softmax that gives the answer. Axis 0 holds the rows of the batch, so each
    row's answer depends on the others, and for one row alone it is always 1.

How it is measured:
    The axis of the last softmax or log-softmax of the model, as it is written.

When it is wrong:
    Where it is 0. It is right for a model that is given one row without a batch axis.

References:
    PyTorch reference, torch.nn.Softmax, `dim`; torch.nn.CrossEntropyLoss, for where the classes are: axis 1, which is
    the last one unless a convolution gives the answer. Keras reference, layers.Softmax, `axis`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

SEVERITY = 0.95  # own convention: right only where there is no batch


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind == "softmax-dim" and element.value == 0:
            axis = 1 if element.form.startswith(("Conv", "LazyConv")) else -1
            message = "The last softmax is over axis 0, the rows of the batch; the classes of a row are to add up to 1."
            yield Hit(element, message, SEVERITY, blames=(Blame("softmax-dim", 0.95, values=(axis,)),))


rule = LintRule(
    check=_check,
    fires_on=(
        torch_program("Linear(20, 10)", "LogSoftmax(dim=0)", loss="NLLLoss()"),
        torch_program("Linear(20, 10)", "Softmax(0)"),
        torch_program("Conv2d(1, 10, 3)", "LogSoftmax(dim=0)", loss="NLLLoss()"),
        keras_program("Dense(10)", "Softmax(axis=0)"),
    ),
    silent_on=(
        *HEALTHY,
        torch_program("Linear(20, 10)", "LogSoftmax(dim=1)", loss="NLLLoss()"),
        torch_program("Linear(20, 8)", "Softmax(dim=0)", "Linear(8, 10)"),
        keras_program("Dense(10)", "Softmax(axis=-1)"),
        keras_program("Dense(8)", "Softmax(axis=0)", "Dense(10)"),
    ),
)
