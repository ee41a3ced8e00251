"""The losses of the rows of a batch are added up, or left as they are, instead of averaged.

What it is:
    `reduction="sum"`: the gradient is that of the mean times the rows of the batch, and with it each step of an
    optimiser such as SGD. `reduction="none"`: there is a loss for each row, and PyTorch takes a gradient of one number
    only.

How it is measured:
    What the loss of the training step states, where the program does not reduce it itself before `backward`.

When it is wrong:
    Where it is "none", or "sum" with an optimiser whose steps grow with the gradient. A learning rate that is chosen
    for a sum is as good.

References:
    PyTorch reference, torch.nn.CrossEntropyLoss, `reduction`, and torch.autograd.backward. Optimisers whose steps do
    not depend on the size of the gradient: Kingma and Ba 2015, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.loss_reduction import MEAN, NONE, SUM
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

SEVERITY_SUM, SEVERITY_NONE = 0.8, 1.0  # own convention: a sum may be meant, and no gradient of many numbers is taken
UNSCALED = ("sgd", "asgd", "lbfgs")  # steps in proportion to the gradient


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    optimisers = {str(element.value).partition("(")[0] for element in elements if element.kind == "optimiser"}
    rows = next((element.value for element in elements if element.kind == "batch-size"), None)
    for element in elements:
        if element.kind != "loss-reduction":
            continue
        blames = (Blame("loss-reduction", 0.9, values=(MEAN,)), Blame("learning-rate", 0.5))
        if element.value == SUM and optimisers & set(UNSCALED):
            many = f"{rows} rows" if rows else "all its rows"
            message = f"The loss of a batch is the sum over {many}: each step is as many times that of their mean."
            yield Hit(element, message, SEVERITY_SUM, blames=blames)
        elif element.value == NONE and element.framework == "torch":
            message = "The loss is a number for each row, and backward() needs a single one."
            yield Hit(element, message, SEVERITY_NONE, blames=blames[:1])


_SGD = "SGD(model.parameters(), lr=0.1)"

rule = LintRule(
    check=_check,
    fires_on=(
        torch_program(optimiser=_SGD, loss='CrossEntropyLoss(reduction="sum")'),
        torch_program(loss='CrossEntropyLoss(reduction="none")'),
        keras_program(
            optimizer="keras.optimizers.SGD(0.1)", loss='keras.losses.SparseCategoricalCrossentropy(reduction="sum")'
        ),
    ),
    silent_on=(
        *HEALTHY,
        torch_program(loss='CrossEntropyLoss(reduction="sum")'),
        torch_program(optimiser=_SGD, loss='CrossEntropyLoss(reduction="mean")'),
        torch_program(loss='CrossEntropyLoss(reduction="none")').replace("loss.backward", "loss.mean().backward"),
    ),
)
