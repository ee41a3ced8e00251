"""What a value at a position depends on, from the general to the particular: the contexts that are counted.

After the study of conditional counts in which activations go by layer and place, losses by the last activation and
units, rates by the optimiser (Wang et al., FSE 2025, hide the same elements; the contexts are our own choice).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import UNKNOWN, WEIGHTED
from netmend.repairs.program.infill._base import OF_LAYER

Context = tuple[str, ...]
NOTHING = "-"


def contexts(sequence: Sequence, position: int) -> tuple[Context, ...]:
    """The contexts of a position, general ones first; what stands at the position is in none of them."""
    around = _Around(sequence, position)
    kind = sequence.tokens[position].kind
    return ((), *_OF_KIND[kind](around)) if kind in _OF_KIND else ((), (sequence.framework,))


class _Around:
    """What is around a position."""

    def __init__(self, sequence: Sequence, position: int) -> None:
        self.sequence, self.at = sequence, position
        self.token = sequence.tokens[position]
        self.framework, self.role = sequence.framework, sequence.roles[position]
        self.layers = [index for index in sequence.positions("layer") if index != position]

    def first(self, kind: str, given: bool = False) -> str:
        """The first value of a kind elsewhere; only written ones if `given`."""
        tokens = (self.sequence.tokens[index] for index in self.sequence.positions(kind) if index != self.at)
        return next((each.value for each in tokens if each.given or not given), NOTHING)

    @property
    def other(self) -> str:
        """The commonest value of the same kind and role elsewhere, of equal ones the first."""
        found = Counter(
            self.sequence.tokens[index].value
            for index in self.sequence.positions(self.token.kind)
            if index != self.at and (self.sequence.roles[index] == "output") == (self.role == "output")
        )
        return max(found, key=lambda value: found[value], default=NOTHING)

    @property
    def layer(self) -> str:
        """The layer that a position belongs to: the last one with weights before it."""
        before = [self._value(index) for index in self.layers if index < self.at]
        return next((value for value in reversed(before) if value in WEIGHTED), NOTHING)

    @property
    def kind_of_net(self) -> str:
        """Its first layer with weights: convolutions see pictures, embeddings texts."""
        values = (self._value(index) for index in self.layers)
        return next((value for value in values if value in WEIGHTED), NOTHING)

    def neighbour(self, step: int) -> str:
        """The type of the layer so many layers away."""
        before = [index for index in self.layers if index < self.at]
        after = [index for index in self.layers if index > self.at]
        found = before[step:] if step < 0 else after[step - 1 :]
        return self._value(found[0]) if (len(before) >= -step if step < 0 else found) else NOTHING

    @property
    def output(self) -> str:
        """The activation of the output, which is the last one if no layer is known to be the output."""
        found = [index for index in self.sequence.positions("activation") if index != self.at]
        outputs = [index for index in found if self.sequence.roles[index] == "output"] or found[-1:]
        return self._value(outputs[-1]) if outputs else NOTHING

    @property
    def outputs(self) -> str:
        """How many outputs there are: "1", "2", or "n"."""
        found = self.sequence.positions("units")
        outputs = [index for index in found if self.sequence.roles[index] == "output"] or found[-1:]
        value = self._value(outputs[-1]) if outputs else UNKNOWN
        return value if value in ("1", "2", UNKNOWN) else "n"

    @property
    def own_activation(self) -> str:
        """The activation of the layer that the position is in."""
        following = self.sequence.tokens[self.at + 1 : self.at + 4]
        return next((each.value for each in following if each.kind == "activation"), NOTHING)

    @property
    def repeated(self) -> str:
        """The type of layer that stands between the same neighbours elsewhere, as in nets of like blocks.

        Of several the one in whose places most of the next neighbours are the same too (weights are our own choice).
        """
        before = [self._value(index) for index in self.layers if index < self.at]
        after = [self._value(index) for index in self.layers if index > self.at]
        row = [NOTHING, NOTHING, *before, UNKNOWN, *after, NOTHING, NOTHING]
        at = len(before) + 2
        found: Counter[str] = Counter()
        for index in range(2, len(row) - 2):
            same = [row[index + step] == row[at + step] for step in (-2, -1, 1, 2)]
            if index != at and same[1] and same[2]:
                found[row[index]] += 4 ** sum(same)
        return max(found, key=lambda value: found[value], default=NOTHING)

    @property
    def activated(self) -> str:
        """Whether an activation is written for the layer that the position is of; a default would tell its type."""
        behind = (token for token in self.sequence.tokens[self.at + 1 :] if token.kind not in OF_LAYER)
        token = next(behind, None)
        return "activated" if token is not None and token.kind == "activation" and token.given else NOTHING

    def _value(self, index: int) -> str:
        return self.sequence.tokens[index].value


def _activation(a: _Around) -> tuple[Context, ...]:
    if a.role == "output":
        loss = a.first("loss")
        return (a.role,), (a.role, a.outputs), (a.role, a.outputs, loss), (a.role, a.outputs, loss, a.first("metric"))
    return (a.role,), (a.role, a.layer), (a.role, a.layer, a.other), (a.role, a.layer, a.other, a.kind_of_net)


def _loss(a: _Around) -> tuple[Context, ...]:
    task = (a.framework, a.output, a.outputs)
    return task[:1], task[:2], task, (*task, a.first("metric")), (*task, a.first("metric"), a.first("loss"))


def _optimiser(a: _Around) -> tuple[Context, ...]:
    rate = a.first("learning-rate", given=True)
    known = (a.framework, rate)
    return known[:1], known, (*known, a.kind_of_net), (*known, a.first("optimiser"), a.kind_of_net)


def _rate(a: _Around) -> tuple[Context, ...]:
    optimiser = a.first("optimiser")
    known = (optimiser, a.framework)
    return known[:1], known, (*known, a.kind_of_net), (*known, a.kind_of_net, a.first("learning-rate"))


def _metric(a: _Around) -> tuple[Context, ...]:
    known = (a.first("loss"), a.outputs, a.first("metric"))
    return known[:1], known[:2], known


def _epochs(a: _Around) -> tuple[Context, ...]:
    known = (a.framework, a.kind_of_net)
    return known[:1], known, (*known, a.first("loss")), (*known, a.first("batch-size"))


def _batch(a: _Around) -> tuple[Context, ...]:
    known = (a.framework, a.kind_of_net)
    return known[:1], known, (*known, a.first("loss")), (*known, a.first("epochs"))


def _initialiser(a: _Around) -> tuple[Context, ...]:
    known = (a.layer, a.own_activation, a.other)
    return known[:1], known[:2], known


def _layer(a: _Around) -> tuple[Context, ...]:
    before, after = a.neighbour(-1), a.neighbour(1)
    near = (before, after, a.activated)
    wide = (a.neighbour(-2), *near, a.repeated)
    wider = (*wide, a.neighbour(2))
    farthest = (*wider, a.neighbour(-3), a.neighbour(3))
    return (before,), (before, a.activated), near, (*near, a.repeated), wide, wider, farthest


_OF_KIND: dict[str, Callable[[_Around], tuple[Context, ...]]] = {
    "activation": _activation,
    "loss": _loss,
    "optimiser": _optimiser,
    "learning-rate": _rate,
    "metric": _metric,
    "epochs": _epochs,
    "batch-size": _batch,
    "initialiser": _initialiser,
    "layer": _layer,
}
