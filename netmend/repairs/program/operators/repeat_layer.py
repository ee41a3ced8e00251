"""Put a second copy of a hidden layer behind it, or take a copy away.

What it changes:
    The depth of the network.

When it helps:
    The network is too shallow for the task; or it is so deep that it trains badly.

When it is wrong:
    Rarely the fault: a layer more changes little where the training itself is at fault.

References:
    "Layer repeat" is one of the moves of the published search space (Kim et al., ICST 2023, table 2). Layers are at
    fault in seven of 58 faulty programs (Cao et al., ICSE 2022). The priors are our own and low for that reason.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.trace import Trace

PRIOR_MORE, PRIOR_FEWER = 0.15, 0.2  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = whole(element)
    if present is None or element.form == "fixed":
        return
    if present > 1 and element.framework == "keras":
        yield Suggestion(1, PRIOR_FEWER, "without its copies")
    yield Suggestion(present + 1, PRIOR_MORE, "one more layer like it")


operator = Operator(
    kind="layer-repeats",
    suggest=_suggest,
    examples=((keras(), "layer-repeats of Dense 1: 1", 2),),
)
