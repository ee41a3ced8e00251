"""Two activations follow each other without weights between them.

What it is:
    A layer with an activation is followed by an activation layer, or two activation layers stand in a row. The second
    only bends what the first has already bent: softmax of a softmax is nearly uniform, sigmoid of a ReLU stays above
    one half.

How it is measured:
    An activation layer directly after a layer with an activation; in PyTorch two activations after the last weights,
    where the order of application is known. Severity 0.7 if one of them is softmax, log-softmax or sigmoid, which leave
    the second little to distinguish, 0.4 otherwise. The same rectifier twice changes nothing and is left alone.

When it is wrong:
    In models of the class form, whose layers need not be applied in the order in which they are written.

References:
    NeuraLint (Nikanjam et al., TOSEM 2022), double activation. The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import BINARY, CROSS_ENTROPIES, from_logits, is_activation_layer, name, of_kind, only

_SQUASHING = frozenset({"softmax", "log_softmax", "sigmoid", "hard_sigmoid"})
_IDEMPOTENT = frozenset({"relu", "log_softmax"})


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    applied = [each for each in of_kind(elements, "activation") if each.value != "linear"]
    loss = only(elements, "loss")
    for first, second in _in_a_row(applied):
        if first.value == second.value and first.value in _IDEMPOTENT:
            continue
        # Either may be the one that is meant; the second came on top, unless it is what the loss expects.
        surplus, other = (first, second) if _expected(second, loss) and not _expected(first, loss) else (second, first)
        blames = (
            Blame("activation", 0.9, surplus.role, surplus.layer, ("linear",)),
            Blame("activation", 0.7, other.role, other.layer, ("linear",)),
        )
        message = f"{second.owner} applies {second.value} to what {first.owner} has put through {first.value}."
        if first.owner == second.owner:
            message = f"Two activations follow {first.owner}: {first.value}, and then {second.value}."
        yield Hit(
            surplus,
            message,
            severity=0.7 if {first.value, second.value} & _SQUASHING else 0.4,
            blames=blames,
        )


def _in_a_row(applied: Sequence[Element]) -> Iterator[tuple[Element, Element]]:
    for first, second in pairwise(applied):
        if second.framework == "torch":
            if first.role == second.role == "output":
                yield first, second
        elif is_activation_layer(second) and first.layer is not None and second.layer == first.layer + 1:
            yield first, second


def _expected(activation: Element, loss: Element | None) -> bool:
    """Whether a loss is computed from what this activation puts out."""
    if loss is None or from_logits(loss):
        return False
    if name(loss) == "negative_log_likelihood":
        return activation.value == "log_softmax"
    if name(loss) in BINARY:
        return activation.value in ("sigmoid", "hard_sigmoid")
    return name(loss) in CROSS_ENTROPIES and activation.value == "softmax"


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="relu")', 'Activation("tanh")', _OUTPUT),
        keras_program('Dense(32, activation="relu")', _OUTPUT, 'Activation("softmax")'),
        keras_program("Dense(32)", 'Activation("relu")', 'Activation("sigmoid")', _OUTPUT),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", "ReLU()", "Sigmoid()", loss="BCELoss()"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program("Dense(32)", 'Activation("relu")', _OUTPUT),
        keras_program('Dense(32, activation="relu")', 'Activation("relu")', _OUTPUT),
        keras_program('Dense(32, activation="relu")', "BatchNormalization()", 'Dense(32, activation="relu")', _OUTPUT),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", "Sigmoid()", loss="BCELoss()"),
    ),
)
