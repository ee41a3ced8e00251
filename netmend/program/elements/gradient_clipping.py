"""A bound on the gradient, applied before each update.

"none" where there is none, which is the default; "global_norm(1)" scales all gradients so that their norm together is
at most 1 (Keras: `global_clipnorm`, PyTorch: `clip_grad_norm_`), "norm(1)" bounds the norm of each variable's own
(Keras: `clipnorm`), "value(0.5)" every entry (Keras: `clipvalue`, PyTorch: `clip_grad_value_`). In Keras it is an
argument of the optimiser, in PyTorch a statement between `backward` and `step`.

References:
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
    Names: Keras reference, optimizers; PyTorch reference, torch.nn.utils. A norm of 1 is the example of the Keras
    reference, 0.5 that of its `clipvalue`; 5 is five times looser, for gradients that are large but sound (own choice).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

NONE = "none"
VALUES = {
    "keras": (NONE, "global_norm(1)", "value(0.5)", "norm(1)", "global_norm(5)"),
    "torch": (NONE, "global_norm(1)", "value(0.5)", "global_norm(5)"),
}
"""By framework, the usual ones first."""


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES[element.framework])


kind = ElementKind(find=finder("gradient-clipping"), values=_values, change=change)
