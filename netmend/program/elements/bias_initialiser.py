"""How the biases of a layer are drawn before training.

Zero by default in Keras, where it is the argument `bias_initializer`. PyTorch draws biases like weights, within
1 / sqrt(inputs), which is written "default" here; a statement of `torch.nn.init` changes that.

References:
    The published search space has initialisers for biases too (Kim et al., ICST 2023, table 2). Zero is usual:
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4, which also gives 0.1 before rectifiers. Names
    and defaults: Keras reference, initializers; PyTorch reference, torch.nn.Linear.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = ("zeros", "constant(0.1)", "random_normal", "random_uniform", "ones")


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("bias-initialiser"), values=_values, change=change)
