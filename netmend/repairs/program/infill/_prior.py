"""A model of correct programs as one source of suspicion, and as the odds by which `auto` orders its changes.

It sees the text of a program and no run. An element is as suspect as another value is likelier there; a change as
promising as what it puts there is likelier than what it takes away. Neither is a finding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from functools import cached_property

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill._base import Scorer
from netmend.repairs.program.infill._holes import About, Hole, holes, is_known
from netmend.repairs.program.infill._structure import restructured

AT_FAULT = 2.1 / 15
"""Share of a program's elements that is at fault: in the mean 2.1 categories in the 58 programs of DeepFD (Cao et al.,
ICSE 2022), and about 15 elements in a program of the corpus (docs/corpus.md)."""

AGAINST = math.log((1 - AT_FAULT) / AT_FAULT)
"""The logarithm of the odds that an element is not at fault."""

SCORES, CHANCES = 0.75, 0.5
"""What the scores so far and the model's chances count for, in suspicion. Chosen on 159 mutants of the programs for
tuning (`python -m bench.mutants.prior suspects`)."""

STRENGTH, MOST = 0.25, 3.0
"""How much of a gain counts in the odds of a change, and from where on more gain counts no more. Chosen on trials of
mutants of the programs for tuning (`python -m bench.mutants.prior orders`)."""

EXPECTED = 0.2
"""The chance from which on a value is said to be expected; of a less likely one nothing is said. Own choice."""

ODD = 2.0
"""How many times as likely another number must be for it to be named. Own choice."""

_REPORTED = frozenset({"metric"})
_BY_THE_DATA = frozenset({"epochs", "batch-size"})
"""Kinds whose right value depends on how many rows there are, of which the text says nothing, and runs do."""


@dataclass
class Prior:
    """What the model says of one program.

    Attributes:
        sequence: of the program. elements: as they read in it.
    """

    scorer: Scorer
    sequence: Sequence
    elements: Several[Element]
    _about: About = field(init=False)

    def __post_init__(self) -> None:
        self._about = About(self.scorer)

    @cached_property
    def holes(self) -> tuple[Hole, ...]:
        """Each element hidden in turn."""
        return holes(self._about, self.sequence, self.elements)

    @cached_property
    def _by_element(self) -> dict[str, Hole]:
        return {hole.element.id: hole for hole in self.holes}

    # Suspicion

    def chance(self, element: Element) -> float | None:
        """The chance that an element is at fault: its odds of before, times those of the likeliest other value.

        None where the model cannot speak of it: it is read by no token, or nobody can tell what stands there.
        """
        hole = self._by_element.get(element.id)
        if hole is None or element.kind in _REPORTED or math.isnan(hole.chance) or not hole.guesses:
            return None
        return 1 / (1 + math.exp(AGAINST - hole.gain))

    def joined(self, elements: Several[Element], scores: Several[float]) -> list[float]:
        """Scores together with chances: noisy-or, as findings among each other, on the scale of before.

        The highest score stays what it was: the model changes an order, it does not make a program more suspect.

        Args:
            elements: ranked ones. scores: theirs, in (0, 1].
        """
        both = []
        for element, score in zip(elements, scores, strict=True):
            chance = self.chance(element)
            both.append(score if chance is None else 1 - (1 - SCORES * score) * (1 - CHANCES * chance))
        scale = max(scores) / max(both) if both else 1.0
        return [scale * score for score in both]

    def sentence(self, element: Element) -> str:
        """What it expects in the place of an element, for a person; empty if that is what stands there, or nothing.

        Of numbers it says how many times as likely one about as large is: such chances do not add up to 1.
        """
        hole = self._by_element.get(element.id)
        if hole is None or element.kind in _REPORTED or math.isnan(hole.chance) or hole.gain <= 0:
            return ""
        best, present = hole.guesses[0], "a value of its own" if hole.present == "other" else str(element.value)
        if best.chance < EXPECTED or best.token == present:
            return ""
        if KINDS[element.kind].grid:
            factor = best.chance / hole.chance
            if factor < ODD:
                return ""
            likelier = f"{times(factor)} as likely as one near {present}"
            return f"a model of correct programs expects a value near {best.token} here, {likelier}"
        expected = f"a model of correct programs expects {best.token} here ({percent(best.chance)})"
        return f"{expected}; {present} has {percent(hole.chance)}"

    # Changes

    def weighed(self, score: float, element: Element, value: Value, strength: float = STRENGTH) -> float:
        """The score of a change, in (0, 1], with its odds multiplied by a power of how much likelier the value is."""
        gain = None if element.kind in _BY_THE_DATA else self.gain(element, value)
        if gain is None:
            return score
        odds = score / max(1 - score, 1e-6) * math.exp(strength * max(-MOST, min(gain, MOST)))
        return odds / (1 + odds)

    def gain(self, element: Element, value: Value) -> float | None:
        """log p(value) - log p(present); None where the model cannot speak of the element or the value."""
        hole = self._by_element.get(element.id)
        if hole is None or element.kind == "layer":
            return self._layers.get((element.id, value))
        token = KINDS[element.kind].token(value)
        if not (is_known(token) and is_known(hole.present)):
            return None
        return float(self._about.log_probabilities(self.sequence, hole.position, (token,))[0]) - math.log(hole.chance)

    @cached_property
    def _layers(self) -> dict[tuple[str, Value], float]:
        found = restructured(self._about, self.sequence, self.elements, anew=False)
        return {next(iter(each.assignment.items())): each.gain for each in found}


def percent(chance: float) -> str:
    """A chance for a person: "62%", "0.3%", "<0.01%"."""
    if 0 < chance < 0.0001:
        return "<0.01%"
    return f"{chance:.0%}" if chance >= 0.095 else f"{100 * chance:.1g}%"


def times(factor: float) -> str:
    """How many times as likely, for a person: "1.4 times", "30 times", "more than 1,000 times"."""
    if factor > 1000:
        return "more than 1,000 times"
    return f"{float(f'{factor:.2g}'):g} times"
