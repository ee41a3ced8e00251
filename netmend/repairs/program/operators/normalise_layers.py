"""Add a batch normalisation behind a hidden layer, or take a normalisation away.

What it changes:
    The model gains a layer behind one of its layers, or loses one.

When it helps:
    Gradients vanish or explode on their way through the layers, activations saturate or die, or a deep network learns
    slowly although its rate is usual.

When it is wrong:
    Batches of a few rows, whose mean and variance say little; recurrent layers.

References:
    Ioffe and Szegedy, ICML 2015. AutoTrainer (Zhang et al., ICSE 2021) adds batch normalisation against vanishing and
    exploding gradients. The priors are our own; every hidden layer is an element, so each has a share of them only.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.curves import has_learned
from netmend.training.symptoms.dying_relu import symptom as dying_relu
from netmend.training.symptoms.exploding_gradient import symptom as exploding
from netmend.training.symptoms.saturated_activation import symptom as saturated
from netmend.training.symptoms.vanishing_gradient import symptom as vanishing
from netmend.training.trace import Trace

NONE, BATCH = "none", "batch_normalization"
PRIOR_SYMPTOM, PRIOR_SLOW, PRIOR_TASTE, PRIOR_REMOVED = 0.5, 0.2, 0.1, 0.2  # own convention, see References
FEWEST_ROWS = 8  # own convention: with fewer rows a batch's variance is off by half or more


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value not in (NONE, None):
        yield Suggestion(NONE, PRIOR_REMOVED, "without this normalisation")
    elif element.value == NONE and not 0 < trace.batch_size < FEWEST_ROWS:
        fires = any(symptom.fires(trace) for symptom in (vanishing, exploding, dying_relu, saturated))
        prior = PRIOR_SYMPTOM if fires else PRIOR_TASTE if has_learned(trace) else PRIOR_SLOW
        yield Suggestion(BATCH, prior, "keeps signals and gradients at one scale")


operator = Operator(
    kind="normalisation",
    suggest=_suggest,
    examples=((keras(), "normalisation of Dense 1: none (default)", BATCH),),
)
