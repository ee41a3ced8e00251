"""Put the training rows in another order before each epoch.

What it changes:
    `shuffle` of Keras's `fit` or of PyTorch's `DataLoader`.

When it helps:
    The rows are sorted by class or by time: each batch then pulls the weights towards its own class, and the last batch
    wins.

When it is wrong:
    Series whose order matters across rows, as with stateful recurrent layers.

References:
    Bengio, "Practical recommendations for gradient-based training of deep architectures", 2012, section 2.1.2. The
    priors are our own: high where no validation rows show that the order did no harm, low where they do.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.symptoms.unshuffled_rows import generalises
from netmend.training.trace import Trace

PRIOR, PRIOR_LEARNED = 0.6, 0.2  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value is False:
        yield Suggestion(True, PRIOR_LEARNED if generalises(trace) else PRIOR, "mixes the classes in each batch")


operator = Operator(
    kind="shuffling",
    suggest=_suggest,
    examples=(
        (keras(fit="epochs=30, shuffle=False"), "shuffling of fit: False", True),
        (keras(), "shuffling of fit: True (default)", None),
    ),
)
