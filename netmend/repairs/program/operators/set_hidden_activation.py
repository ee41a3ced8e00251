"""Put a usual activation into a hidden layer: ReLU first.

What it changes:
    The activation of one hidden layer; of a recurrent layer, back to tanh.

When it helps:
    The activation is missing (then the layers before and after are one linear map), saturates, dies or explodes.

When it is wrong:
    Bottlenecks, embeddings and projections are linear on purpose.

References:
    Prior of ReLU: its share among the activations of 1,730 training programs is 72 % (own measurement). AutoTrainer
    (Zhang et al., ICSE 2021) tries SELU and ReLU against vanishing gradients, SELU, leaky ReLU and ELU against dying
    ReLU. The other priors share what the corpus leaves. tanh in recurrent layers: the definition of the layers.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._layers import RECURRENT, has_own_activation_layer, layer_kind
from netmend.training.curves import has_learned
from netmend.training.trace import Trace

COMMONEST, SHARE = "relu", 0.72  # own measurement, see References
OTHERS = {"elu": 0.25, "tanh": 0.2, "selu": 0.15}  # the rest of 28 %, in an order of our own
DEAD = {"selu": 0.6, "elu": 0.55, "leaky_relu": 0.5}  # AutoTrainer's order; priors our own
DEAD_SHARE = 0.7  # AutoTrainer and DeepDiagnosis: see the symptom `dying-relu`
GOOD_ENOUGH = frozenset({"relu", "elu", "selu", "leaky_relu", "gelu", "silu", "tanh"})
INNER = frozenset({"hidden", "input"})  # the first layer may go by either role
TASTE = 0.4  # own convention: what remains of a prior where a sound activation stands


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.role not in INNER or (element.value == "linear" and has_own_activation_layer(element, trace)):
        return
    if layer_kind(element, trace) in RECURRENT:
        if element.value != "tanh":
            yield Suggestion("tanh", SHARE, "what recurrent layers are defined with")
        return
    if element.value == "relu" and _is_dead(element, trace):
        yield from _listed(element.value, DEAD, "passes a gradient where ReLU is dead")
        return
    sound = TASTE if element.value in GOOD_ENOUGH else 1.0
    if element.value != COMMONEST:
        yield Suggestion(COMMONEST, SHARE * sound, "the commonest hidden activation")
    yield from _listed(element.value, {name: prior * sound for name, prior in OTHERS.items()}, "a common activation")


def _listed(present: Value, priors: dict[str, float], reason: str) -> Iterable[Suggestion]:
    return (Suggestion(name, prior, reason) for name, prior in priors.items() if name != present)


def _is_dead(element: Element, trace: Trace) -> bool:
    number = element.layer
    if number is None or number >= len(trace.layers) or has_learned(trace):
        return False
    name = trace.layers[number].name
    return any(stats.layer == name and stats.dead_share > DEAD_SHARE for stats in trace.stats)


_OUTPUT = 'layers.Dense(10, activation="softmax")'

operator = Operator(
    kind="activation",
    suggest=_suggest,
    examples=(
        (keras('layers.Dense(64, activation="exponential")', _OUTPUT), "activation of Dense 1: exponential", "relu"),
        (keras("layers.Dense(64)", _OUTPUT), "activation of Dense 1: linear (default)", "relu"),
        (keras(), "activation of Dense 1: relu", "elu"),
        (keras(), "activation of Dense 2: softmax", None),
    ),
)
