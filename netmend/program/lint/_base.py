"""The shape of a static rule: what can be seen to be wrong without running anything.

The file name is the rule's name and names the bad thing. Its docstring has the headings
*What it is*, *How it is measured*, *When it is wrong*, *References*, and is what `netmend explain NAME` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from netmend.program.blame import Blame
from netmend.program.elements._base import Element


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the rule applies.

    Attributes:
        element: the element it stands at; also the first suspect.
        message: one sentence with the value that is there.
        severity: 0 (worth knowing) to 1 (cannot work).
        blames: what may be at fault, beside or instead of `element`, with values to try.
    """

    element: Element
    message: str
    severity: float
    measured: float | None = None
    threshold: float | None = None
    blames: tuple[Blame, ...] = ()


@dataclass(frozen=True, slots=True)
class LintRule:
    """One static rule.

    Attributes:
        check: hits among a program's elements.
        fires_on: small programs on which it must fire; run as tests.
        silent_on: small programs on which it must not; run as tests.
    """

    check: Callable[[Sequence[Element]], Iterable[Hit]]
    fires_on: tuple[str, ...]
    silent_on: tuple[str, ...]
