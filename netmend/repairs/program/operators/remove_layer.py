"""Remove a layer that has no weights: a second activation in a row, a lone activation, or a dropout.

What it changes:
    The layer disappears from the model; widths and weights of all others stay as they are.

When it helps:
    An activation is applied twice, by the layer before and by a layer of its own; or so much is dropped that the
    layers behind learn little.

When it is wrong:
    Where the layer does what it is there for.

References:
    NeuraLint (Nikanjam et al., TOSEM 2022), double activation. Layers are at fault in seven of 58 faulty programs (Cao
    et al., ICSE 2022). UMLAUT (Schoop et al., CHI 2021) calls dropout above 0.5 too high. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._layers import activation_of
from netmend.training.task import OUTPUT_RANGE
from netmend.training.trace import Trace

PRIOR_DOUBLED, PRIOR_DROPOUT, PRIOR_MUCH_DROPOUT, PRIOR_LONE = 0.7, 0.2, 0.5, 0.1  # own convention, see References
TOO_HIGH = 0.5  # UMLAUT

# Class names, in lower case, of the layers of Keras and modules of PyTorch that only apply an activation.
ACTIVATION_LAYERS = frozenset(name.replace("_", "") for name in OUTPUT_RANGE) | {
    "activation", "leakyrelu", "prelu", "gelu", "silu", "swish", "hardswish", "mish", "celu", "tanhshrink",
}  # fmt: skip


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    number = element.layer
    if number is None:
        return
    kind = str(element.value).lower().replace("_", "")
    if "dropout" in kind:
        rates = [other.value for other in elements if other.kind == "dropout-rate" and other.layer == number]
        much = any(isinstance(rate, int | float) and rate > TOO_HIGH for rate in rates)
        yield Suggestion(None, PRIOR_MUCH_DROPOUT if much else PRIOR_DROPOUT, "without dropout")
    elif kind in ACTIVATION_LAYERS:
        before = activation_of(number - 1, elements)
        doubled = before != "linear"
        reason = f"an activation follows {before}" if doubled else "without this activation"
        yield Suggestion(None, PRIOR_DOUBLED if doubled else PRIOR_LONE, reason)


operator = Operator(
    kind="layer",
    suggest=_suggest,
    examples=((keras(), "layer of Dense 1: Dense", None),),
)
