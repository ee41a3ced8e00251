"""How the losses of the rows of a batch become one number: "mean", "sum" or "none".

The gradient of a sum grows with the batch, so the learning rate that suits a mean is too large for it by the number of
rows. "none" leaves a loss for each row, of which PyTorch can take no gradient until the program reduces them itself.
There is no element where nothing is stated, which means the mean (Keras: "sum_over_batch_size").

References:
    PyTorch reference, torch.nn.CrossEntropyLoss, `reduction`; Keras reference, losses, `reduction`.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

MEAN, SUM, NONE = "mean", "sum", "none"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (MEAN, SUM))


kind = ElementKind(find=finder("loss-reduction"), values=_values, change=change)
