"""The box of a search at its best: only what can work, numbers on a log scale around what the program has.

Learning rates on a log scale; batch sizes, epochs and widths by powers of two; losses that fit the labels; activations
that fit their place; layers removed or changed only as an operator would. Nothing that takes more than eight times as
long to train. The box does not depend on the budget, so that a study continued with a larger one asks for the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.elements.loss import LOGITS_MARK
from netmend.repairs.program.operators._layers import RECURRENT, has_own_activation_layer, is_last_word, layer_kind
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.operators.set_hidden_activation import GOOD_ENOUGH
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.proposers._box import Box, Entry, can_be, choice, number
from netmend.repairs.program.space import Assignment, guessed
from netmend.search._base import Dimension, Scalar
from netmend.training.task import (
    INTEGER_LOSSES,
    ONE_HOT_LOSSES,
    LabelForm,
    fitting_activations,
    label_form,
    output_activation,
)
from netmend.training.trace import Trace

RATES = (1e-6, 1.0)
"""The usual range of learning rates: Bengio, "Practical recommendations for gradient-based training", 2012, section
3.1. A program's own rate beyond it widens it."""

POWERS = {"epochs": (-2, 3), "batch-size": (-2, 3), "units": (-1, 1)}
"""Powers of two by which a number may change. Units: half, same, double (Kim et al., ICST 2023, table 2). Batch sizes
span about what that table's do, and epochs reach further than its 2.86 times. Own choice."""

MOST_COST = 8.0
"""A run may cost so many runs of the program as it is: the greatest power of two of the epochs. Own choice."""

DROPOUT = (0.0, 0.5)
"""None, or up to what is usual for hidden units: Srivastava et al., JMLR 2014, appendix A.4."""

ALWAYS = frozenset({"activation", "batch-size", "epochs", "learning-rate", "loss", "optimiser", "units"})
"""Kinds that are searched where the program leaves them to the framework, too. What else it does not write (dropout,
regularisers, initialisers and the like) is hardly ever its fault, and each would be one more dimension. Own choice."""

ETA, HALVINGS = 3, 2
"""Lower fidelities are 1/9 and 1/3 of the epochs: factor 3 as Li et al., JMLR 18, 2018, section 3.6; two steps because
few programs train for 27 epochs and more. Own choice."""

WORTH_IT = 0.5
"""A share of the epochs is tried if that halves the cost of a run, start-up included: below that two looks at it cost
more than a whole run. Own choice."""

DISTANCES = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "huber",
        "log_cosh",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
    }
)
"""Losses of quantities, by definition; the last is undefined for labels of -1 and less."""

HINGES = frozenset({"hinge", "squared_hinge"})
OF_SEVERAL_CLASSES = ONE_HOT_LOSSES | {"categorical_hinge", "kullback_leibler_divergence"}
"""Losses that compare one output for each class, by definition."""


def legal_box(start: Start) -> Box:
    """The box of a program."""
    found = (_entry(element, start) for element in start.space.elements)
    return Box(start.space, tuple(entry for entry in found if entry is not None))


def fidelities(start: Start) -> tuple[float, ...]:
    """Shares of the epochs that are worth a look, ascending; the last is 1."""
    epochs = [element.value for element in start.space.elements if element.kind == "epochs" and not element.absent]
    if start.cost(1 / ETA) > WORTH_IT:
        return (1.0,)
    shares = [ETA**-step for step in range(HALVINGS, 0, -1)]
    return (*(share for share in shares if any(isinstance(n, int) and n * share >= 1 for n in epochs)), 1.0)


def too_dear(start: Start, assignment: Assignment) -> bool:
    """Whether a run would cost too much, in full."""
    return start.cost(start.space.training_factor(assignment)) > MOST_COST


def _entry(element: Element, start: Start) -> Entry | None:
    value, space = element.value, start.space
    if not guessed(element) or (element.absent and element.kind not in ALWAYS):
        return None
    if element.kind in POWERS and isinstance(value, int) and value > 0:
        return _powers(element, value, start)
    if element.kind == "learning-rate" and isinstance(value, int | float) and value > 0:
        return number(element, *RATES, log=True, digits=2) if can_be(space, element, RATES[0]) else None
    if element.kind == "dropout-rate" and isinstance(value, int | float):
        return number(element, *DROPOUT, log=False, digits=2) if can_be(space, element, DROPOUT[1] / 2) else None
    values = [each for each in _values(element, start) if can_be(space, element, each)]
    return choice(element, values) if values else None


def _powers(element: Element, value: int, start: Start) -> Entry | None:
    def assign(power: Scalar) -> Assignment:
        assert isinstance(power, int | float), "the dimension is a number"
        return {element.id: max(1, round(value * 2.0**power))}

    low, high = POWERS[element.kind]
    powers = [power for power in range(low, high + 1) if value * 2.0**power >= 1 and not too_dear(start, assign(power))]
    low, high = min(powers, default=0), max(powers, default=0)
    if not low <= 0 <= high or low == high or not can_be(start.space, element, 2 * value):
        return None
    return Entry(element, Dimension(element.id, low=low, high=high, whole=True), 0, assign)


def _values(element: Element, start: Start) -> Iterable[Value]:
    elements, trace = start.space.elements, start.traces[0]
    if element.kind == "layer":
        return [suggestion.value for _, suggestion in suggestions(element, elements, trace)]
    if element.kind == "loss":
        return [name for name in values_of(element) if defined_for(str(name), trace)]
    if element.kind != "activation":
        return values_of(element)
    if element.role == "output":
        return _last_activations(element, start) if is_last_word(element, elements) else ()
    if has_own_activation_layer(element, trace):
        return ()
    sound = {"tanh"} if layer_kind(element, trace) in RECURRENT else GOOD_ENOUGH
    return [name for name in values_of(element) if name in sound]


def defined_for(name: str, trace: Trace) -> bool:
    """Whether a loss is defined for the labels, and on logits only where outputs may be logits."""
    loss, form, torch = name.partition("(")[0], label_form(trace), trace.framework == "torch"
    if LOGITS_MARK in name and not torch and output_activation(trace) not in ("linear", None):
        return False
    match form:
        case LabelForm.INTEGER:
            return loss in INTEGER_LOSSES
        case LabelForm.REAL | LabelForm.SIGNED:
            lowest = -math.inf if trace.labels is None else trace.labels.minimum
            defined = loss != "mean_squared_logarithmic_error" or lowest > -1
            return defined and (loss in DISTANCES or (form is LabelForm.SIGNED and loss in HINGES))
        case LabelForm.BINARY:
            return loss not in INTEGER_LOSSES | OF_SEVERAL_CLASSES
    # PyTorch's categorical cross-entropy takes one-hot rows too.
    return loss not in INTEGER_LOSSES or (torch and LOGITS_MARK in name)


def _last_activations(element: Element, start: Start) -> list[Value]:
    """Those that fit one of the losses that fit."""
    losses = [other for other in start.space.elements if other.kind == "loss"]
    names = {str(name) for loss in losses for name in (loss.value, *_values(loss, start))}
    trace = start.traces[0]
    fitting = {
        activation
        for name in names
        for activation in fitting_activations(replace(trace, loss=name, loss_from_logits=LOGITS_MARK in name))
    }
    return [name for name in values_of(element) if name in fitting]
