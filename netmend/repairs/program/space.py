"""The search space, read off the program's own elements.

A candidate is an assignment: some elements, each with a canonical value to stand there. All candidates are relative to
the program as the user wrote it, however long the search has been going on, so every patch is a diff of that program.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.edits import Change, SourcePatch
from netmend.program.elements._base import Element, clipped
from netmend.program.elements._find import change, together, values_of
from netmend.program.places import Edit
from netmend.program.source import Program

Assignment = Mapping[str, Value]
"""Element id to value."""

LEARNING_RATES = (1e-6, 10.0)
"""Bounds of the published search space (Kim et al., ICST 2023, table 2), drawn on a log scale here."""

NUMERIC = {"learning-rate": 3.0, "epochs": 1.5, "batch-size": 2.0, "units": 1.5}
"""Elements on a log scale, and the factor that is one standard deviation of a random step."""

REPORTED = {"metric"}
"""Kinds that change what a program reports, and nothing it learns."""


NEVER_GUESSED = REPORTED | {"loss-target", "flattening", "softmax-dim", "sequence-axis", "row-order", "better-is"}
NEVER_GUESSED |= {"momentum", "betas"}
"""Kinds that a blind step leaves alone: they are right or wrong whatever else is tried, or do what the learning rate
does, too."""


def guessed(element: Element) -> bool:
    """Whether a blind step may change it: not what must be as it is for a program to train, nor how many outputs."""
    is_output_width = element.kind == "units" and element.role == "output"
    return element.kind not in NEVER_GUESSED and not element.crashed_only and not is_output_width


@dataclass(frozen=True, slots=True)
class Move:
    """One typed change of one element. `score` in (0, 1] is how promising it looks."""

    element: Element
    value: Value
    score: float
    reason: str


@dataclass(frozen=True)
class Space:
    """The elements of one program and what may stand there."""

    program: Program
    elements: tuple[Element, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {element.id: element for element in self.elements})

    def element(self, identity: str) -> Element:
        """The element with this id."""
        found: Element = self._by_id[identity]  # type: ignore[attr-defined]
        return found

    def patch(self, assignment: Assignment) -> SourcePatch:
        """The assignment as edits of the user's program.

        Raises:
            Unchangeable: an element cannot take its value, or two edits touch the same text.
        """
        wanted = [(self.element(identity), value) for identity, value in assignment.items()]
        changes = [
            Change(element.kind, element.place, element.owner, element.shown, _after(element, value, edits), edits)
            for element, value in together(wanted)
            if (edits := change(self.program, element, value))
        ]
        patch = SourcePatch(self.program, tuple(changes))
        patch.patched_program()
        return patch

    def under(self, assignment: Assignment) -> tuple[Element, ...]:
        """The elements as they would read in the patched program; those of a removed layer are gone."""
        gone = {
            self.element(identity).layer
            for identity, value in assignment.items()
            if value is None and self.element(identity).kind == "layer"
        } - {None}
        return tuple(
            replace(element, value=assignment[element.id], absent=False) if element.id in assignment else element
            for element in self.elements
            if element.layer not in gone or element.layer is None
        )

    def training_factor(self, assignment: Assignment) -> float:
        """How many times longer the training takes; see `training_factor`."""
        found = ((self.element(identity), value) for identity, value in assignment.items())
        return training_factor((element.kind, element.value, value) for element, value in found)

    def random(self, generator: random.Random, centre: Assignment) -> Assignment:
        """A candidate near `centre`: one to three elements changed, numbers by a step on a log scale.

        Raises:
            Unchangeable: no element of the program can be changed at all.
        """
        assignment = dict(centre)
        changeable = [
            element for element in self.elements if guessed(element) and (element.kind in NUMERIC or values_of(element))
        ]
        if not changeable:
            raise Unchangeable("no element of this program can take another value")
        for element in generator.sample(changeable, min(generator.choice((1, 1, 2, 3)), len(changeable))):
            value = _step(element, assignment.get(element.id, element.value), generator)
            if value is not None:
                assignment[element.id] = value
        return assignment


def training_factor(steps: Iterable[tuple[str, Value, Value]]) -> float:
    """How many times longer a training takes, as far as epochs and batch size tell.

    Args:
        steps: element kind, value before, value after; numbers may be written as text.
    """
    factor = 1.0
    for kind, before, after in steps:
        old, new = _count(before), _count(after)
        if old and new:
            factor *= {"epochs": new / old, "batch-size": old / new}.get(kind, 1.0)
    return factor


def _count(value: Value) -> int:
    """A whole number above 0, or 0."""
    text = str(value)
    return int(text) if text.isdigit() else 0


def _step(element: Element, value: Value, generator: random.Random) -> Value:
    factor = NUMERIC.get(element.kind)
    if factor is None or not isinstance(value, int | float) or value <= 0:
        options = [option for option in values_of(element) if option is not None]
        return generator.choice(options) if options else None
    stepped = math.exp(math.log(value) + generator.gauss(0, 2 * math.log(factor)))
    if element.kind == "learning-rate":
        return float(f"{min(max(stepped, LEARNING_RATES[0]), LEARNING_RATES[1]):.2g}")
    if element.kind == "batch-size":
        return int(2 ** round(math.log2(max(stepped, 1))))
    return max(1, round(stepped))


def _after(element: Element, value: Value, edits: tuple[Edit, ...]) -> str:
    """What will stand there: the value, or beside text that says more than we can compute the text that replaces it."""
    spans = [(edit.start, edit.end) for edit in edits]
    if element.value is None and element.text and spans == [(element.start, element.end)]:
        return clipped(edits[0].text) or "(removed)"
    return "(removed)" if value is None else str(value)


def moves_of(element: Element, suspicion: float, backed: Iterable[tuple[Value, float, str]]) -> list[Move]:
    """One move per value of an element.

    A value that several sources back is more likely right: their weights add up as a noisy-or, and its score is that
    times the suspicion. The reason given is that of its strongest backer.

    Args:
        suspicion: how suspect the element is. backed: value, weight in (0, 1] and name of who suggests it.
    """
    sources: dict[Value, list[tuple[float, str]]] = defaultdict(list)
    for value, weight, reason in backed:
        if value != element.value:
            sources[value].append((min(weight, 0.99), reason))
    return [
        Move(element, value, suspicion * (1 - math.prod(1 - weight for weight, _ in found)), max(found)[1])
        for value, found in sources.items()
    ]


def ranked(moves: Iterable[Move]) -> list[Move]:
    """Best first; ties in the order of the text."""
    return sorted(moves, key=lambda move: (-move.score, move.element.place, str(move.value)))
