"""The training step of a PyTorch program does not train its model.

What it is:
    A call is missing (`step()`, `backward()`) or stands behind the loop over batches, the loss is given the labels in
    the place of the outputs, or is made anew as a tensor that has lost the way back to the weights
    (`torch.tensor(loss, requires_grad=True)`), the optimiser updates another model than the one that is called, or a
    part of the model is replaced after the optimiser was given its weights, so that the new part is never trained. So
    it is with layers in a plain list of Python, of which a model does not know. Or all is made anew in each
    epoch, or the optimiser for each batch.

How it is measured:
    By the calls of the program's only optimiser, of its loss and of its models.

When it is wrong:
    Where any of these is the case. Programs with several optimisers are judged for replaced parts only, and none that
    calls these under other names than can be followed.

References:
    PyTorch reference, torch.optim ("Taking an optimization step") and torch.nn, order of the arguments of losses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.training_step import (
    ANOTHER_MODEL,
    BEHIND_THE_LOOP,
    LABELS_FIRST,
    MADE_ANEW,
    NO_BACKWARD,
    NO_GRADIENTS,
    NO_STEP,
    OPTIMISER_ANEW,
    PART_ONLY,
    PART_REPLACED,
    PLAIN_LIST,
)
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, torch_program

MESSAGES = {
    NO_STEP: "Nothing calls the optimiser's step(), so the weights stay as they were drawn.",
    NO_BACKWARD: "Nothing calls backward(), so there are no gradients and the weights stay as they were drawn.",
    NO_GRADIENTS: "The loss is cut off from the weights of the model: backward() reaches none of them, and the weights "
    "stay as they were drawn.",
    BEHIND_THE_LOOP: "The step stands behind the loop over batches: one is made in each epoch, on what the last "
    "batch gave.",
    LABELS_FIRST: "The loss is given the labels first; it takes the model's outputs first and the labels second.",
    ANOTHER_MODEL: "The optimiser is given a model that is never called; the one that is called stays as it was drawn.",
    PART_REPLACED: "A part of the model is replaced after the optimiser was given its weights: those of the new part "
    "are in no optimiser and stay as they were drawn.",
    PART_ONLY: "The optimiser is given one part of the model: the others stay as they were drawn, and no weights are "
    "loaded into them.",
    PLAIN_LIST: "Layers stand in a plain list: the model does not know of them, so they are in no optimiser and stay "
    "as they were drawn.",
    MADE_ANEW: "The model is made, or its weights are drawn, in every epoch anew: what the epochs before have learned "
    "is lost.",
    OPTIMISER_ANEW: "The optimiser is made for every batch anew: it forgets its momentum and its averages of the "
    "gradients.",
}
SEVERITY = 1.0  # own convention: nothing is learned, or the wrong thing
FORGETFUL = 0.8  # own convention: such an optimiser goes on all the same


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        message = MESSAGES.get(str(element.value)) if element.kind == "training-step" else None
        if message is not None:
            severity = FORGETFUL if element.value == OPTIMISER_ANEW else SEVERITY
            yield Hit(element, message, severity, blames=(Blame("training-step", 1.0, values=(None,)),))


_STEP, _BACKWARD = "        optimiser.step()\n", "        loss.backward()\n"
_ZERO, _INNER = "        optimiser.zero_grad()\n", "    for rows, labels in loader:\n"
_MADE, _SGD = "optimiser = torch.optim.Adam(model.parameters(), lr=0.001)\n", "SGD(model.parameters(), lr=0.1)"
_LOOP = "for epoch in range(20):"
_OTHER = (
    "criterion = nn.CrossEntropyLoss()",
    "draft = nn.Sequential(nn.Linear(20, 10))\ncriterion = nn.CrossEntropyLoss()",
)

rule = LintRule(
    check=_check,
    fires_on=(
        torch_program().replace(_STEP, ""),
        torch_program().replace(_BACKWARD, ""),
        torch_program().replace("criterion(model(rows), labels)", "criterion(labels, model(rows))"),
        torch_program().replace(_BACKWARD, f"        loss = torch.tensor(loss, requires_grad=True)\n{_BACKWARD}"),
        torch_program().replace(_STEP, _STEP[4:]),
        torch_program(optimiser="Adam(draft.parameters(), lr=0.001)").replace(*_OTHER),
        torch_program().replace(_LOOP, f"model[2] = nn.Linear(32, 5)\n{_LOOP}"),
        torch_program().replace(_LOOP, f"{_LOOP}\n    model.apply(draw)"),
        torch_program().replace(_MADE, "").replace(_ZERO, f"        {_MADE}{_ZERO}"),
    ),
    silent_on=(
        *HEALTHY,
        torch_program(loss="MSELoss()").replace("criterion(model(rows), labels)", "criterion(labels, model(rows))"),
        torch_program().replace(*_OTHER),
        torch_program().replace(_LOOP, f"model.apply(draw)\n{_LOOP}"),
        torch_program().replace(_STEP, _STEP[4:]).replace(_ZERO, "").replace(_INNER, f"{_ZERO[4:]}{_INNER}"),
        torch_program().replace(_STEP, f"{_STEP}        total += loss.item()\n"),
        torch_program().replace(_MADE, "").replace(_ZERO, f"        optimiser = torch.optim.{_SGD}\n{_ZERO}"),
        torch_program().replace(_MADE, "").replace(_INNER, f"    {_MADE}{_INNER}"),
        torch_program().replace("criterion =", "model[2] = nn.Linear(32, 5)\ncriterion ="),
    ),
)
