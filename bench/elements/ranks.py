"""Where the right place and the right change stand in the queue of candidates, without any run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.elements.subjects import Subject
from netmend.core.errors import NetmendError
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.repairs.program.criteria import matched
from netmend.repairs.program.infill._base import Filler
from netmend.repairs.program.infill._holes import About
from netmend.repairs.program.infill._scorer import filled_by
from netmend.repairs.program.proposers._candidates import Candidate, View
from netmend.repairs.program.proposers._sieve import Sieve
from netmend.repairs.program.space import Space

TOPS = (1, 3, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks from 1 in one program's first queue; 0 for what is not in it.

    Attributes:
        place: of the first candidate that changes an element that the fix changes.
        part: of the first whose every change is the fix's. whole: of the first that is the fix.
        candidates: how many are queued.
    """

    program: str
    scorer: str
    place: int
    part: int
    whole: int
    candidates: int


def ranks(subject: Subject, scorer: str) -> Ranks:
    """The ranks for one program, its faulty text being all that is known of it."""
    program, fixed = subject.program("faulty"), subject.program("fixed")
    right = wanted(find_all(program), find_all(fixed), subject.kinds)
    queue = _queue(subject, scorer)
    place = part = whole = 0
    for number, candidate in enumerate(queue, 1):
        changed = candidate.assignment
        place = place or (number if any(key in right for key in changed) else 0)
        if changed and all(key in right and _same(value, right[key]) for key, value in changed.items()):
            part = part or number
        if not whole and len(changed) <= len(right) and _is_fix(subject, candidate):
            whole = number
    return Ranks(subject.name, scorer, place, part, whole, len(queue))


def wanted(faulty: tuple[Element, ...], fixed: tuple[Element, ...], kinds: tuple[str, ...]) -> Mapping[str, object]:
    """What the fix puts at which element, where elements correspond one to one; a layer that goes is None there."""
    found: dict[str, object] = {}
    for kind in kinds:
        before, after = ([each for each in elements if each.kind == kind] for elements in (faulty, fixed))
        if len(before) == len(after):
            found |= {one.id: other.value for one, other in zip(before, after, strict=True) if one.value != other.value}
        elif kind == "layer" and len(before) > len(after):
            found |= {each.id: None for each in _gone(before, after)}
    return found


def _gone(before: list[Element], after: list[Element]) -> Iterator[Element]:
    """The layers that are not met again in the order of those that stay."""
    rest = [each.text for each in after]
    for each in before:
        if rest and each.text == rest[0]:
            rest.pop(0)
        else:
            yield each


def _queue(subject: Subject, scorer: str) -> list[Candidate]:
    program = subject.program("faulty")
    sequence = sequence_of(program)
    if sequence is None:
        return []
    space = Space(program, find_all(program))
    sieve = Sieve(space, sequence, None, lambda assignment: False)
    view = View(About(filled_by(Filler(scorer), program)[0]), space, sequence, None, sieve.needed_width())
    found = sorted(view.candidates({}, sequence), key=lambda each: -each.gain)
    return [each for each in found if sieve.patch(each.assignment, each.sequence) is not None]


def _is_fix(subject: Subject, candidate: Candidate) -> bool:
    program = subject.program("faulty")
    try:
        patched = Space(program, find_all(program)).patch(candidate.assignment).patched_program()
    except NetmendError:
        return False
    return matched(patched, subject.program("fixed"))


def _same(value: object, other: object) -> bool:
    """Numbers are the same within a factor of two, as in the queue itself."""
    numbers = [each for each in (value, other) if isinstance(each, (int, float)) and not isinstance(each, bool)]
    if len(numbers) == 2 and all(each > 0 for each in numbers):
        return abs(math.log(numbers[0] / numbers[1])) <= math.log(2) + 1e-9
    return value == other
