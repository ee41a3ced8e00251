"""What keeps the training step of a PyTorch program from training its model at all.

An element only of programs in which something does, with what it is as its value; None takes that away.

- "no step": nothing calls the optimiser's `step()`; "no backward": nothing calls `backward()`.
- "without gradients": `detach()`, `.data`, `.item()`, a new tensor or `torch.no_grad()` cuts the model's outputs or
  its loss off from the weights. PyTorch then refuses `backward()`, so only programs that crash have it, but for those
  that silence it with `requires_grad`. Terms of a loss may be cut off on purpose.
- "gradients end in forward": they do so inside the model, so that the layers before get none. That may be meant, so it
  is a fault only where a run shows that the last of them stays as it was. Programs that load weights have no such
  element.
- "behind the loop": the step is made once an epoch, behind the loop over batches, on what the last batch gave.
- "batches dropped": `drop_last=True` on training data, of which nothing is left where it has fewer rows than a batch;
  "rare steps": one for so many batches, which an epoch may not have. Both are right in any program that trains.
- "labels first": the loss is given the labels where it takes the outputs. Squared and absolute errors are the same
  either way, and have no such element.
- "another model": the optimiser is given the weights of a model that is never called.
- "part replaced": a part of the model is replaced after the optimiser was given its weights; those of the new part are
  in no optimiser.
- "made anew": the model is made, or its weights are drawn, in every epoch, so only the last one counts.
- "optimiser made anew": it is made for every batch, so it forgets its momentum and its averages of the gradients.
- "part only": the optimiser is given one part of the model, and the others start from random weights.
- "plain list": layers stand in a list of Python, of which the model does not know, so they are in no optimiser either.

References:
    PyTorch reference, torch.optim, torch.Tensor.detach and torch.nn (order of arguments of the losses). Missing and
    wrong calls of the interface are the category "API" of Humbatova et al., ICSE 2020.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

NO_STEP = "no step"
NO_BACKWARD = "no backward"
NO_GRADIENTS = "without gradients"
GRADIENTS_END = "gradients end in forward"
BEHIND_THE_LOOP = "behind the loop"
DROPPED_BATCHES = "batches dropped"
RARE_STEPS = "rare steps"
LABELS_FIRST = "labels first"
ANOTHER_MODEL = "another model"
MADE_ANEW = "made anew"
OPTIMISER_ANEW = "optimiser made anew"
PART_ONLY = "part only"
PART_REPLACED = "part replaced"
PLAIN_LIST = "plain list"


def _values(element: Element) -> tuple[Value, ...]:
    return (None,)


kind = ElementKind(find=finder("training-step"), values=_values, change=change)
