"""The shape of a rule-based patch operator: which element it applies to, and the values it proposes.

The file name is the operator's name and names the action. Its docstring has the headings
*What it changes*, *When it helps*, *When it is wrong*, *References*, and is what `netmend explain NAME` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.training.trace import Trace


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value to try at an element.

    Attributes:
        value: canonical.
        prior: how likely it helps when the element is at fault, in (0, 1]; operators compete on it.
        reason: a few words for the progress line: "usual rate of Adam".
    """

    value: Value
    prior: float
    reason: str


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        kind: the element kind it changes.
        suggest: values to try there, best first, given the element, all elements and a trace of the faulty program.
        examples: (program, element label, expected first value) triples; run as tests. An expected value of
            None means that the operator must leave the element alone.
    """

    kind: str
    suggest: Callable[[Element, tuple[Element, ...], Trace], Iterable[Suggestion]]
    examples: tuple[tuple[str, str, Value], ...]
