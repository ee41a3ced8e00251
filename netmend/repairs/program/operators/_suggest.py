"""What all operators suggest for one element."""

from __future__ import annotations

from collections.abc import Sequence

from netmend.core.discover import contributions
from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace


def suggestions(element: Element, elements: Sequence[Element], trace: Trace) -> tuple[tuple[str, Suggestion], ...]:
    """What all operators of the element's kind suggest, with the operator's public name, best prior first.

    A value that several operators suggest is given once, with its best prior; the present value never.

    Args:
        elements: all elements of the program; `element` is one of them.
        trace: of the program as it is. It tells of the first output only, so nothing is suggested for other outputs.
    """
    if element.output:
        return ()
    found = [
        (name, suggestion)
        for name, operator in contributions("netmend.repairs.program.operators", Operator).items()
        if operator.value.kind == element.kind
        for suggestion in operator.value.suggest(element, tuple(elements), trace)
    ]
    best = {suggestion.value: (name, suggestion) for name, suggestion in sorted(found, key=lambda pair: pair[1].prior)}
    return tuple(sorted(best.values(), key=lambda pair: -pair[1].prior))
