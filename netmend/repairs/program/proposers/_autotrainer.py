"""What AutoTrainer looks for and what it does about it, as data: eight symptoms, and the repairs of each in order."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.repairs.program.space import Assignment
from netmend.training.curves import has_learned
from netmend.training.symptoms._run import run as symptoms
from netmend.training.task import BINARY_LOSSES, CROSS_ENTROPIES, LabelForm, label_form
from netmend.training.trace import Trace

INITIALISERS = ("he_uniform", "lecun_uniform", "glorot_normal", "glorot_uniform", "he_normal", "lecun_normal")
OPTIMISERS = ("sgd", "adam", "nadam", "adamax", "rmsprop")


@dataclass(frozen=True, slots=True)
class Situation:
    """What a repair may look at.

    Attributes:
        elements: of the program in its present state. trace: of its last training. random: for what is drawn.
    """

    elements: Sequence[Element]
    trace: Trace
    random: random.Random

    def of(self, kind: str, *roles: str) -> list[Element]:
        """The elements of a kind, perhaps only those of layers in some roles."""
        return [one for one in self.elements if one.kind == kind and (not roles or one.role in roles)]


Repair = Callable[[Situation], Assignment]
"""The changes of one attempt; empty if the program has nothing to change."""


def activations(name: str, initialiser: str) -> Repair:
    """Put an activation, and the initialiser made for it, at every layer but the last."""

    def repair(now: Situation) -> Assignment:
        found: dict[str, Value] = {one.id: name for one in now.of("activation", "input", "hidden")}
        return found | {one.id: initialiser for one in now.of("initialiser", "input", "hidden")}

    return repair


def everywhere(kind: str, value: Value) -> Repair:
    """Put a value at every element of a kind."""
    return lambda now: {one.id: value for one in now.of(kind)}


def hidden(name: str) -> Repair:
    """Put an activation at every layer but the last."""
    return lambda now: {one.id: name for one in now.of("activation", "input", "hidden")}


def drawn(kind: str, values: Sequence[str]) -> Repair:
    """Put one value, drawn anew in each attempt, at every element of a kind."""

    def repair(now: Situation) -> Assignment:
        value = now.random.choice(values)
        return {one.id: value for one in now.of(kind)}

    return repair


def rate(exponent: int) -> Repair:
    """The usual rate, 0.01 for SGD and 0.001 for others, times a power of ten."""

    def repair(now: Situation) -> Assignment:
        base = 0.01 if now.trace.optimiser == "sgd" else 0.001
        return {one.id: float(f"{base * 10.0**exponent:g}") for one in now.of("learning-rate")}

    return repair


def output_activation(now: Situation) -> Assignment:
    """Softmax for several outputs, sigmoid for one; linear where the loss is no cross-entropy."""
    units = now.trace.layers[-1].units if now.trace.layers else 0
    several = units > 1 or (now.trace.outputs is not None and now.trace.outputs.shape not in ((), (1,)))
    value = "softmax" if several else "sigmoid" if "crossentropy" in now.trace.loss else "linear"
    return {one.id: value for one in now.of("activation", "output")}


def loss(now: Situation) -> Assignment:
    """Cross-entropy for the number of outputs; if that is set already, a loss of regression at random."""
    form = label_form(now.trace)
    usual = "binary_crossentropy"
    if form in (LabelForm.INTEGER, LabelForm.ONE_HOT):
        usual = "sparse_categorical_crossentropy" if form is LabelForm.INTEGER else "categorical_crossentropy"
    if now.trace.loss == usual:
        usual = now.random.choice(("mean_squared_error", "mean_absolute_error"))
    return {one.id: usual for one in now.of("loss")}


def rescaled(now: Situation) -> Assignment:
    """Bring the inputs to a common scale."""
    return {one.id: "standardise" for one in now.of("input-scaling")}


SELU, RELU = activations("selu", "lecun_uniform"), activations("relu", "he_uniform")
TANH = activations("tanh", "he_uniform")
NORMALISE = everywhere("normalisation", "batch_normalization")
CLIP = everywhere("gradient-clipping", "value(0.5)")
INITIALISE = (drawn("initialiser", INITIALISERS),) * 3


def fires(*names: str) -> Callable[[Trace], bool]:
    """One of netmend's own symptoms, whose rules and thresholds are AutoTrainer's."""
    return lambda trace: any(name in names for name, _ in symptoms(trace))


def dying(trace: Trace) -> bool:
    """At least 70 % of all gradient entries are exactly 0, in a run that has not learned."""
    sizes = {layer.name: layer.parameters for layer in trace.layers}
    last = max((stats.epoch for stats in trace.stats), default=0)
    shares = [(one.gradient_zero_share, sizes.get(one.layer, 0)) for one in trace.stats if one.epoch == last]
    known = [(share, size) for share, size in shares if not math.isnan(share)]
    entries = sum(size for _, size in known)
    return entries > 0 and sum(share * size for share, size in known) >= 0.7 * entries and not has_learned(trace)


def improper_loss(trace: Trace) -> bool:
    """A loss of binary labels for several classes, or the other way round; or a negative loss."""
    several = label_form(trace) in (LabelForm.INTEGER, LabelForm.ONE_HOT)
    binary = label_form(trace) is LabelForm.BINARY
    wrong = (several and trace.loss in BINARY_LOSSES) or (binary and trace.loss in CROSS_ENTROPIES - BINARY_LOSSES)
    return wrong or any(value < 0 for value in trace.series("loss"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One of the eight symptoms.

    Attributes:
        repairs: attempts in default order. afresh: they start from initial weights, not from the trained ones.
    """

    name: str
    shows: Callable[[Trace], bool]
    repairs: tuple[Repair, ...]
    afresh: bool = False


PROBLEMS = (
    Problem("abnormal data", fires("abnormal-activations"), (rescaled,), afresh=True),
    Problem("improper activation", fires("output-activation-does-not-fit-loss"), (output_activation,), afresh=True),
    Problem("improper loss", improper_loss, (loss,), afresh=True),
    Problem("vanishing gradient", fires("vanishing-gradient"), (SELU, RELU, NORMALISE)),
    Problem(
        "exploding gradient",
        fires("exploding-gradient", "nonfinite-training"),
        (SELU, RELU, CLIP, CLIP, TANH, NORMALISE),
    ),
    Problem(
        "dying ReLU",
        dying,
        (SELU, NORMALISE, *INITIALISE, hidden("leaky_relu"), hidden("elu")),
    ),
    Problem(
        "slow convergence",
        fires("slow-convergence"),
        (*(drawn("optimiser", OPTIMISERS),) * 3, *map(rate, range(3)), *INITIALISE),
    ),
    Problem(
        "oscillating loss",
        fires("oscillating-loss"),
        (
            everywhere("optimiser", "adam"),
            *(rate(-exponent) for exponent in range(3)),
            *(everywhere("batch-size", 32 * 2**exponent) for exponent in range(4)),
            *INITIALISE,
        ),
    ),
)
"""By priority: data before output and loss, these before gradients, these before speed."""


def problem_of(traces: Sequence[Trace]) -> Problem | None:
    """The most important symptom that at least half of the runs show; None if there is none."""
    for problem in PROBLEMS:
        if 2 * sum(problem.shows(trace) for trace in traces) >= max(len(traces), 1):
            return problem
    return None
