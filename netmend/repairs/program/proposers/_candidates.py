"""What a scorer of programs would rather see: every change of one element or of several, with its gain.

Classes of candidates, as a report names them:

- *value*: another value for what is written.
- *missing*: a value where nothing is written and the default holds: an argument that is inserted.
- *joint*: elements that constrain each other, changed together: loss, last activation and last units; the optimiser and
  its rate; the activations of all hidden layers.
- *layer*: a layer added, removed or replaced.
- *scaling*: inputs that nothing scales; where a run was watched also by the templates of `scale-inputs`, because a
  scorer of programs cannot see how large inputs are.
- *asked*: what a filler asks for by itself.
- *only longer*: nothing but a longer training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

from netmend.program.blame import Value
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill._base import Scorer, Wish, candidates
from netmend.repairs.program.infill._holes import ASKED, Hole, alike, applied, fillings, holes, is_known, value_of
from netmend.repairs.program.infill._prior import AGAINST, percent
from netmend.repairs.program.infill._structure import restructured
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.proposers._sieve import only_longer
from netmend.repairs.program.space import Assignment, Space
from netmend.training.trace import Trace

PER_HOLE = 3
"""Values of one element that are queued at most: three in four of the hidden elements of unseen programs are among so
many (`python -m bench.elements restoration`)."""

PER_GROUP = 6
"""Joint fillings of one group that are gone on with and queued at most: twice as many as of one element. Own choice."""

POWERS = ("0.1", "0.01", "0.001", "0.0001", "1e-05")
"""Rates that are tried with another optimiser: what optimisers have by default are powers of ten (Keras and PyTorch
references), and other rates follow alone."""

_ALONE = ASKED - {"layer"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate.

    Attributes:
        assignment: relative to the program as it is, what was put there before included.
        gain: log p(new) - log p(present), together for all that it changes, less what further changes have to make up
            for. what: its class. reason: for the progress line and the report.
    """

    assignment: Assignment
    sequence: Sequence
    gain: float
    what: str
    reason: str


class View:
    """A program in the eyes of a scorer.

    Args:
        trace: of a run; None if none was made.
        width: how many outputs the labels ask for; None if that is unknown.
    """

    def __init__(
        self, scorer: Scorer, space: Space, sequence: Sequence, trace: Trace | None = None, width: int | None = None
    ) -> None:
        self._scorer, self._space, self._trace, self._width = scorer, space, trace, width
        self.sequence = sequence

    def asked(self, wish: Wish) -> Candidate:
        """What a filler asks for by itself."""
        return self._made({}, wish.assignment, self.sequence, wish.gain, "asked", wish.reason)

    def holes(self, sequence: Sequence | None = None) -> tuple[Hole, ...]:
        """Every element that can be looked at alone, in a sequence of this program."""
        return holes(self._scorer, sequence or self.sequence, self._space.elements, *_ALONE)

    def candidates(self, base: Assignment, sequence: Sequence) -> list[Candidate]:
        """What could be changed next, best first. `sequence`: what the program is like with `base`."""
        found = [
            *self._single(base, sequence),
            *self._output(base, sequence),
            *self._optimiser(base, sequence),
            *self._hidden(base, sequence),
            *self._layers(base, sequence),
            *self._scaling(base, sequence),
        ]
        best: dict[frozenset[tuple[str, Value]], Candidate] = {}
        for each in sorted(found, key=lambda each: -each.gain):
            if each.assignment != base:
                best.setdefault(frozenset(each.assignment.items()), each)
        return list(best.values())

    # One element

    def _single(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        for hole in self.holes(sequence):
            element = hole.element
            if not is_known(hole.present) and hole.present != "other":
                continue  # a value that cannot be read may be any, the likeliest too
            if element.kind == "units" and element.role == "output":
                continue  # that is for the labels to say
            for guess in hole.guesses[:PER_HOLE]:
                what = "missing" if element.absent and element.id not in base else "value"
                what = "scaling" if element.kind == "input-scaling" else what
                present = base.get(element.id, element.value)
                reason = f"expected {guess.token} ({percent(guess.chance)}), not {present} ({percent(hole.chance)})"
                yield self._made(base, {element.id: guess.value}, sequence, guess.gain, what, reason)

    # Several

    def _output(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        """Units, loss and activation of the output."""
        losses = self._positions(sequence, "loss")[:1]
        last = [at for at in self._positions(sequence, "activation") if sequence.roles[at] == "output"][-1:]
        if not losses or not last:
            return
        units = [at for at in self._positions(sequence, "units") if sequence.roles[at] == "output"][-1:]
        if self._width is None or not units or sequence.tokens[units[0]].value == str(self._width):
            units = []
        options = [
            *((str(self._width),) for _ in units),
            *(candidates(sequence.tokens[at].kind, sequence.framework) for at in (*losses, *last)),
        ]
        yield from self._joint(base, sequence, [*units, *losses, *last], options)

    def _optimiser(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        places = [*self._positions(sequence, "optimiser")[:1], *self._positions(sequence, "learning-rate")[:1]]
        if len(places) == 2:
            options = [candidates("optimiser", sequence.framework), POWERS]
            yield from self._joint(base, sequence, places, options)

    def _joint(
        self, base: Assignment, sequence: Sequence, places: Several[int], options: Several[Several[str]]
    ) -> Iterator[Candidate]:
        for filling in fillings(self._scorer, sequence, places, options, PER_GROUP):
            yield from self._filled(base, sequence, places, filling.tokens, filling.gain)

    def _hidden(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        """The same activation for all hidden layers: what is written alike is wrong alike."""
        places = [at for at in self._positions(sequence, "activation") if sequence.roles[at] != "output"]
        values = {sequence.tokens[at].value for at in places}
        if len(places) > 1 and len(values) == 1:
            options = [each for each in candidates("activation", sequence.framework) if each not in values]
            for filling in list(alike(self._scorer, sequence, places, options))[:PER_HOLE]:
                yield from self._filled(base, sequence, places, filling.tokens, filling.gain, decisions=1)

    def _filled(
        self,
        base: Assignment,
        sequence: Sequence,
        places: Several[int],
        tokens: Several[str],
        gain: float,
        decisions: int | None = None,
    ) -> Iterator[Candidate]:
        changes: dict[str, Value] = {}
        for at, token in zip(places, tokens, strict=True):
            present = sequence.tokens[at]
            if token != present.value:
                changes[present.element] = value_of(present.kind, token)
        if len(changes) > 1:
            gain -= AGAINST * ((decisions or len(changes)) - 1)
            words = ", ".join(dict.fromkeys(tokens))
            yield self._made(base, changes, sequence, gain, "joint", f"{words} go together")

    def pair(self, base: Assignment, sequence: Sequence, one: Candidate, other: Candidate) -> Candidate | None:
        """Two single changes together; None if a scorer cannot see both, or they are of one element."""
        changes = {
            key: value
            for key, value in {**one.assignment, **other.assignment}.items()
            if key not in base or base[key] != value
        }
        places = [at for at, token in enumerate(sequence.tokens) if token.element in changes]
        kinds = [sequence.tokens[at].kind for at in places]
        tokens = [
            KINDS[kind].token(changes[sequence.tokens[at].element]) for kind, at in zip(kinds, places, strict=True)
        ]
        if len(changes) != 2 or len({sequence.tokens[at].element for at in places}) != 2:
            return None
        found = fillings(self._scorer, sequence, places, [(token,) for token in tokens], 1)
        if not found:
            return None
        reason = f"{one.reason}; {other.reason}"
        return self._made(base, changes, sequence, found[0].gain - AGAINST, "joint", reason)

    # Layers and data

    def _layers(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        for found in restructured(self._scorer, sequence, self._space.under(base)):
            yield Candidate({**base, **found.assignment}, found.sequence, found.gain, "layer", found.what)

    def _scaling(self, base: Assignment, sequence: Sequence) -> Iterator[Candidate]:
        """The logarithm of the odds that the operator gives its values, which are fitted to nothing."""
        if self._trace is None:
            return
        elements = self._space.under(base)
        for element in elements:
            if element.kind == "input-scaling":
                for _, found in suggestions(element, elements, self._trace):
                    gain = math.log(found.prior / (1 - found.prior))
                    yield self._made(base, {element.id: found.value}, sequence, gain, "scaling", found.reason)

    def _made(
        self,
        base: Assignment,
        changes: Mapping[str, Value],
        sequence: Sequence,
        gain: float,
        what: str,
        reason: str,
    ) -> Candidate:
        assignment = {**base, **changes}
        longer = only_longer(self._space, assignment)
        after = applied(sequence, changes)
        return Candidate(assignment, after, gain, "only longer" if longer else what, reason)

    def _positions(self, sequence: Sequence, kind: str) -> list[int]:
        """Where elements of a kind stand, each once, that the scorer knows something of."""
        found: dict[str, int] = {}
        for at in sequence.positions(kind):
            token = sequence.tokens[at]
            if token.element and is_known(token.value) and kind in KINDS:
                found.setdefault(token.element, at)
        return list(found.values())
