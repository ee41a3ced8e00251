"""From a program to its sequence: words, data, layers with their arguments, what is optimised and how, words.

    words before | input scaling | layer, its arguments, activation | ... | optimiser, rate,
    loss, metrics | epochs, batch size | words after

Every value is one token of its kind's vocabulary. What is not written has its default and is marked as not given, so
that a missing argument is a place like any other.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cached_property

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.reading.bindings import bindings_of
from netmend.program.sequence.layers import Stop, stops
from netmend.program.sequence.vocabulary import DEFAULT, KINDS, NONE, WEIGHTED
from netmend.program.sequence.words import words
from netmend.program.source import Program

WORD, AFTER = "word", "word-after"
"""Kinds of tokens that have no vocabulary: words before the last layer, and after it."""

# Most words on each side (own choice: with them 99 of 100 sequences of the corpus have 210 tokens at most).
MOST_BEFORE, MOST_AFTER = 40, 24
# Most elements of a kind that a training has: two losses and optimisers in adversarial training, a few metrics.
_MOST = {"optimiser": 2, "learning-rate": 2, "loss": 3, "metric": 4}


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: of `vocabulary.KINDS`, or `WORD`, or `AFTER`.
        value: of the kind's vocabulary, or a word.
        given: written in the program; a default otherwise.
        element: id of the element it is; "" if it is none that a patch could change.
    """

    kind: str
    value: str
    given: bool = True
    element: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A program as tokens.

    Attributes:
        framework: "keras" or "torch".
        roles: for each token the part its layer plays: "input", "hidden", "output", or "" outside of layers.
    """

    framework: str
    tokens: tuple[Token, ...]
    roles: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    def positions(self, *kinds: str) -> tuple[int, ...]:
        """Where tokens of some kinds stand."""
        return tuple(index for index, token in enumerate(self.tokens) if token.kind in kinds)


def sequence_of(program: Program) -> Sequence | None:
    """The sequence of a training program; None if it shows no layer with weights, or neither loss nor optimiser."""
    program = bindings_of(program).program  # of equal programs the one whose nodes all readings share
    elements = find_all(program)
    way, is_torch = stops(program)
    framework = "torch" if is_torch else "keras"
    elements = tuple(each for each in elements if each.framework == framework)
    kinds = {each.kind for each in elements}
    if not any(stop.layer in WEIGHTED for stop in way) or not kinds & {"loss", "optimiser"}:
        return None
    before, after = _words(program, way, elements)
    middle = [*_data(elements), *_Layers(program, way, elements).tokens(), *_training(elements)]
    tokens = [*before, *(token for token, _ in middle), *after]
    roles = [*("" for _ in before), *(role for _, role in middle), *("" for _ in after)]
    return Sequence(framework, tuple(tokens), tuple(roles))


def _token(element: Element) -> Token:
    # Frameworks draw weights in their own ways unless they are told: one value, so that programs can be compared.
    value = DEFAULT if element.kind == "initialiser" and element.absent else element.value
    return Token(element.kind, KINDS[element.kind].token(value), not element.absent, element.id)


# Words


def _words(program: Program, way: Several[Stop], elements: Iterable[Element]) -> tuple[list[Token], list[Token]]:
    """The words before the last layer of the main file, nearest last, and those after it."""
    file = program.main
    inside = set(ast.walk(file.tree))
    made = [stop.node for stop in way if stop.node in inside]
    calls = [
        node
        for node in inside
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compile"
    ]
    end = max((file.span(node)[1] for node in made), default=0)
    found = list(words(file, {*made, *calls}))
    before = list(dict.fromkeys(word for offset, word in found if offset <= end))
    after = [word for offset, word in found if offset > end]
    return (
        [Token(WORD, word) for word in before[-MOST_BEFORE:]],
        [Token(AFTER, word) for word in list(dict.fromkeys(after))[:MOST_AFTER]],
    )


# Data and training

_Placed = tuple[Token, str]


def _data(elements: Several[Element]) -> Iterator[_Placed]:
    for kind in ("input-scaling", "label-form"):
        for element in _of(elements, kind)[:1]:
            if kind == "input-scaling" or element.value != NONE:
                yield _token(element), ""


def _training(elements: Several[Element]) -> Iterator[_Placed]:
    for kind in ("optimiser", "learning-rate", "loss", "metric", "epochs", "batch-size"):
        for element in _of(elements, kind)[: _MOST.get(kind, 1)]:
            yield _token(element), ""
    rare = ("regulariser", "gradient-clipping", "validation-split", "shuffling", "class-weight")
    for kind in rare:
        for element in _of(elements, kind)[:1]:
            if not element.absent and element.layer is None and element.value != NONE:
                yield _token(element), ""


def _of(elements: Iterable[Element], kind: str) -> list[Element]:
    return [each for each in elements if each.kind == kind]


# Layers

# What a layer says, in this order.
_OF_LAYERS = (
    "input-rank", "input-width", "units", "kernel-size", "strides", "padding", "pool-size", "return-sequences",
    "dropout-rate", "initialiser", "bias-initialiser", "regulariser", "activation",
)  # fmt: skip
# How often a layer in a loop is said: often enough to show that it is repeated (own choice).
_MOST_TIMES = 3
# Those that are left out where they are not written.
_ONLY_WRITTEN = frozenset({"bias-initialiser", "regulariser", "dropout-rate", "units"})


class _Layers:
    """The tokens of a program's layers, each element beside the layer it belongs to."""

    def __init__(self, program: Program, way: Several[Stop], elements: Several[Element]) -> None:
        self._way = way
        self._program = program
        self._by_node: dict[ast.AST, list[Element]] = defaultdict(list)
        self._by_number: dict[int, list[Element]] = defaultdict(list)
        nodes = {stop.node for stop in way}
        for element in elements:
            if element.kind in ("layer", *_OF_LAYERS):
                node = _node(element)
                around = node if node in nodes else self._around(element)
                if around is not None:
                    self._by_node[around].append(element)
                elif element.layer is not None:
                    self._by_number[element.layer].append(element)

    def tokens(self) -> Iterator[_Placed]:
        """In the order of the way; a layer that a loop makes is said a few times at most."""
        said: Counter[ast.AST] = Counter()
        for stop in self._way:
            said[stop.node] += 1
            if said[stop.node] <= _MOST_TIMES:
                numbered = stop.number is not None and stop.model == 0 and not _is_wrapper(stop)
                elsewhere = self._by_number[stop.number] if numbered and stop.number in self._by_number else []
                yield from self._stop(stop, [*self._by_node.get(stop.node, ()), *elsewhere])

    def _stop(self, stop: Stop, own: list[Element]) -> Iterator[_Placed]:
        role = next((each.role for each in own if each.role), "hidden")
        if stop.layer:
            made = [each for each in own if each.kind == "layer"]
            yield Token("layer", KINDS["layer"].token(stop.layer), True, made[0].id if made else ""), role
        if _is_wrapper(stop):
            return  # what it holds follows, and has the elements
        facts = {kind: (value, given) for kind, value, given in stop.facts}
        for kind in _OF_LAYERS:
            yield from self._of_kind(kind, own, facts, role)

    def _of_kind(
        self, kind: str, own: list[Element], facts: dict[str, tuple[Value, bool]], role: str
    ) -> Iterator[_Placed]:
        found = [each for each in own if each.kind == kind and (kind not in _ONLY_WRITTEN or not each.absent)]
        for element in found[:1]:
            yield _token(element), role
        if not found and kind in facts:
            value, given = facts[kind]
            yield Token(kind, KINDS[kind].token(value), given), role

    def _around(self, element: Element) -> ast.AST | None:
        """The call of the smallest layer in whose text an element stands."""
        spans = self._spans.get(element.place.file, ())
        around = [(end - start, node) for start, end, node in spans if start <= element.start <= element.end <= end]
        return min(around, key=lambda each: each[0])[1] if around else None

    @cached_property
    def _spans(self) -> dict[str, list[tuple[int, int, ast.Call]]]:
        """Where the calls of layers stand, by file."""
        nodes = {stop.node for stop in self._way}
        return {
            file.name: [(*file.span(node), node) for node in ast.walk(file.tree) if node in nodes]
            for file in self._program.files
        }  # fmt: skip


def _is_wrapper(stop: Stop) -> bool:
    return stop.layer in ("Bidirectional", "TimeDistributed")


def _node(element: Element) -> ast.AST | None:
    """The call that an element of a PyTorch program says it belongs to."""
    extra = dict(element.extra)
    owner = extra.get("leaf")
    call = owner.call if owner is not None else extra.get("call")
    return None if call is None else call.node
