"""A PyTorch model is trained in evaluation mode, because nothing puts it back into training mode.

What it is:
    `model.eval()` is called before or within the training loop and `model.train()` is not called in it. From then on
    dropout drops nothing, and batch normalisation uses the means it has gathered instead of those of the batch, which
    keeps nothing in range while the weights change.

How it is measured:
    Where `eval()` and `train()` are called, in the loop or in functions that it calls. Models without a layer that
    behaves differently are not judged.

When it is wrong:
    Where `eval()` is called and `train()` is not. Fine-tuning with frozen batch normalisation does so on purpose.

References:
    PyTorch reference, torch.nn.Module.train and .eval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.train_mode import EACH_EPOCH, NEVER, UNTIL_EVALUATED
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, torch_program

SEVERITY = 0.8  # own convention: without batch normalisation it may still learn
MESSAGES = {
    UNTIL_EVALUATED: "model.eval() is called in the training loop and model.train() is not: after the first evaluation "
    "the model is trained in evaluation mode.",
    NEVER: "model.eval() is called before the training and model.train() is not: the model is trained in evaluation "
    "mode.",
}


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        message = MESSAGES.get(str(element.value)) if element.kind == "train-mode" else None
        if message is not None:
            yield Hit(element, message, SEVERITY, blames=(Blame("train-mode", 0.95, values=(EACH_EPOCH,)),))


_LAYERS = ("Linear(20, 32)", "BatchNorm1d(32)", "ReLU()", "Linear(32, 10)")
_EVALUATED = torch_program(*_LAYERS) + "    model.eval()\n    print(criterion(model(x), y))\n"

rule = LintRule(
    check=_check,
    fires_on=(_EVALUATED, torch_program(*_LAYERS).replace("for epoch", "model.eval()\nfor epoch")),
    silent_on=(
        *HEALTHY,
        _EVALUATED.replace("    for rows", "    model.train()\n    for rows"),
        torch_program() + "    model.eval()\n",
        torch_program(*_LAYERS) + "model.eval()\nprint(criterion(model(x), y))\n",
    ),
)
