"""Bound the gradients before each update, loosen a bound that is too tight, or take it away.

What it changes:
    The gradient clipping of the optimiser or of the training loop.

When it helps:
    Gradients that grow without bound throw the weights so far that the loss becomes infinite or jumps. A bound far
    below the usual size of the gradients makes every step too short instead.

When it is wrong:
    Where the learning rate is the fault: clipped steps in the wrong direction are still wrong. Optimisers that divide
    by the size of the gradient, such as Adam, profit little.

References:
    Pascanu, Mikolov and Bengio, ICML 2013, algorithm 1 (clipping by norm). AutoTrainer (Zhang et al., ICSE 2021) clips
    exploding gradients after it has tried batch normalisation. The bounds are the usual ones of the element kind; the
    priors are our own: likely where gradients or losses blow up, and next to nothing elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.curves import broke, has_learned
from netmend.training.symptoms.abnormal_activations import symptom as abnormal
from netmend.training.symptoms.exploding_gradient import symptom as exploding
from netmend.training.symptoms.exploding_loss import symptom as exploding_loss
from netmend.training.symptoms.weights_move_too_much import symptom as move_too_much
from netmend.training.trace import Trace

NONE = "none"
PRIORS_EXPLODING = {"global_norm(1)": 0.6, "value(0.5)": 0.4}  # own convention, see References
THROWN = (exploding, exploding_loss, move_too_much, abnormal)  # what is seen of gradients that threw the weights far
PRIOR_REMOVED, PRIOR_LOOSER = 0.4, 0.3  # own convention, see References
LEARNED = 0.4  # own convention: what remains of a prior where the run has learned all the same
LOOSER = 10  # own convention: a power of ten, as the published search spaces move numbers


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if broke(trace) or (not has_learned(trace) and any(symptom.fires(trace) for symptom in THROWN)):
        for value, prior in PRIORS_EXPLODING.items():
            if value != element.value:
                yield Suggestion(value, prior, "bounds gradients that grow")
        return
    present = re.fullmatch(r"(\w+)\(([\d.e+-]+)\)", str(element.value))
    if present is not None:
        doubt = LEARNED if has_learned(trace) else 1.0
        yield Suggestion(NONE, PRIOR_REMOVED * doubt, "no bound, the default")
        looser = f"{present[1]}({float(present[2]) * LOOSER:g})"
        yield Suggestion(looser, PRIOR_LOOSER * doubt, f"a bound {LOOSER} times looser")


operator = Operator(
    kind="gradient-clipping",
    suggest=_suggest,
    examples=(
        (keras(), "gradient-clipping of Adam: none (default)", None),
        (
            keras(optimizer="keras.optimizers.SGD(0.1, clipvalue=0.0001)"),
            "gradient-clipping of SGD: value(0.0001)",
            NONE,
        ),
    ),
)
