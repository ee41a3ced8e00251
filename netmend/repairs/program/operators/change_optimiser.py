"""Try another optimiser: Adam first, then those that differ most from the present one.

What it changes:
    The optimiser. The learning rate is an element of its own and stays as it is written.

When it helps:
    Slow convergence, above all with plain SGD or Adadelta at a small rate.

When it is wrong:
    A carefully tuned SGD with momentum often generalises better in the end.

References:
    Prior of Adam: its share among the optimisers of 1,730 training programs is 71 % (own measurement). The others:
    AutoTrainer (Zhang et al., ICSE 2021) draws from SGD, Adam, Nadam, Adamax and RMSprop with equal chances; where Adam
    is taken, the rest share what the corpus leaves, 29 %.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.trace import Trace

COMMONEST, SHARE = "adam", 0.71  # own measurement, see References
OTHERS, SHARE_OTHERS = ("nadam", "rmsprop", "sgd", "adamax"), 0.29
ADAM_LIKE = frozenset({"adam", "adamw", "radam", "nadam", "adamax"})


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = element.value
    if present != COMMONEST:
        # From one of its own kin there is little to gain by going to Adam.
        prior = SHARE_OTHERS if present in ADAM_LIKE else SHARE
        yield Suggestion(COMMONEST, prior, "the commonest optimiser")
    others = [name for name in OTHERS if name != present][:3]
    for rank, name in enumerate(others):
        # Equal chances; the order only keeps the queue from depending on chance.
        yield Suggestion(name, SHARE_OTHERS - 0.02 * (rank + 1), "another common optimiser")


operator = Operator(
    kind="optimiser",
    suggest=_suggest,
    examples=(
        (keras(optimizer="keras.optimizers.SGD(0.001)"), "optimiser of compile: sgd", "adam"),
        (keras(optimizer='"adam"'), "optimiser of compile: adam", "nadam"),
    ),
)
