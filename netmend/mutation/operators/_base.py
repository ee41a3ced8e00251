"""The shape of a mutation operator: where it applies in a correct program, and the edits that make the fault.

The file name is the operator's name and names the action. Its docstring has the headings
*What it changes*, *Parameters*, *When it is wrong*, *References*, and is what `netmend explain NAME` prints.
The operators are those of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021), with its acronyms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from netmend.mutation.scale import Scale
from netmend.program.blame import Value
from netmend.program.places import Edit, Place
from netmend.program.source import Program


class Reason(StrEnum):
    """Why an operator makes no mutant, or not this one."""

    NOTHING_TO_CHANGE = "nothing-to-change"
    DATA_NOT_NAMED = "data-not-named"
    WRONG_TASK = "wrong-task"
    TASK_UNKNOWN = "task-unknown"
    CANNOT_BE_WRITTEN = "cannot-be-written"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A place, or a whole program, where an operator makes no mutant."""

    reason: Reason
    sentence: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A place where an operator applies, and the values to put there.

    Attributes:
        kind: element kind, or what else is changed: "bias", "patience", "training-data", "validation-data", ...
        place: where it stands. owner: the call it belongs to, for a person.
        before: what stands there now, for a person.
        edits: from a value to the edits that put it there. Raises `Unchangeable` where they cannot be written.
        values: tried one by one. scale: searched by bisection; an opportunity has one or the other.
        shown: a value, for a person.
        layer: position of the layer it belongs to; None if it belongs to none.
        element: id of the source element that is changed; "" if no element kind covers it.
    """

    kind: str
    place: Place
    owner: str
    before: str
    edits: Callable[[Value], tuple[Edit, ...]]
    values: tuple[Value, ...] = ()
    scale: Scale | None = None
    shown: Callable[[Value], str] = str
    layer: int | None = None
    element: str = ""


@dataclass(frozen=True, slots=True)
class MutationOperator:
    """One operator.

    Attributes:
        acronym: DeepCrime's: "ACH".
        find: the opportunities in a program, in order of appearance; where there are none, why.
        examples: (program, value, mutant) triples; run as tests.
        silent_on: (program, reason) pairs of programs in which it finds nothing.
    """

    acronym: str
    find: Callable[[Program], Iterable[Opportunity | NotApplicable]]
    examples: tuple[tuple[str, Value, str], ...]
    silent_on: tuple[tuple[str, Reason], ...]
