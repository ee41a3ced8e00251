"""Put a usual initialiser in place of the present one.

What it changes:
    How the weights of one layer start: Glorot uniform, and He normal for layers of the ReLU family.

When it helps:
    All weights start equal (zeros, ones, a constant): then all units of the layer get the same gradient and stay the
    same. Or their scale is far from what keeps signals alive through the layers.

When it is wrong:
    A layer that is meant to start at zero, such as the last one of a residual branch.

References:
    Glorot and Bengio, AISTATS 2010, equation 16; He et al., ICCV 2015, equation 10. Glorot uniform is the default of
    Keras. AutoTrainer (Zhang et al., ICSE 2021) draws from the Glorot, He and LeCun initialisers. The priors are our
    own: sure for constants, a matter of taste between initialisers that are scaled to the layer.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.trace import Trace

CONSTANT = frozenset({"zeros", "ones", "constant"})
FIXED_SCALE = frozenset({"random_normal", "random_uniform", "truncated_normal"})  # whatever the size of the layer
RELU_FAMILY = frozenset({"relu", "relu6", "leaky_relu", "elu", "gelu", "silu"})
PRIOR_CONSTANT, PRIOR_FIXED, PRIOR_TASTE = 0.9, 0.5, 0.25  # own convention, see References
SECOND = 0.6  # own convention: what the second of two initialisers has of the first one's prior


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = str(element.value).partition("(")[0]
    prior = PRIOR_CONSTANT if present in CONSTANT else PRIOR_FIXED if present in FIXED_SCALE else PRIOR_TASTE
    number = element.layer
    activation = trace.layers[number].activation if number is not None and number < len(trace.layers) else ""
    usual = ("he_normal", "glorot_uniform") if activation in RELU_FAMILY else ("glorot_uniform", "he_normal")
    if element.value is None or present in CONSTANT | FIXED_SCALE:
        usual = ("glorot_uniform", "he_normal")  # the default of most layers first: it suits every activation
    for rank, name in enumerate(name for name in usual if name != element.value):
        yield Suggestion(name, prior * SECOND**rank, "scaled to the size of the layer")


_OUTPUT = 'layers.Dense(10, activation="softmax")'

operator = Operator(
    kind="initialiser",
    suggest=_suggest,
    examples=(
        (
            keras('layers.Dense(64, activation="relu", kernel_initializer="ones")', _OUTPUT),
            "initialiser of Dense 1: ones",
            "glorot_uniform",
        ),
        (keras(), "initialiser of Dense 1: glorot_uniform (default)", "he_normal"),
    ),
)
