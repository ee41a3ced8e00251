"""The network is fed numbers of another scale, or centred elsewhere, than the source.

What it is:
    Pixels from 0 to 255 where 0 to 1 is expected, or another mean and deviation. Answers stay plausible, and accuracy
    falls. Most published "conversion faults" were of this kind.

How it is mended:
    One factor and one shift for each channel are fitted. Where the network begins with such a map, its numbers are set;
    otherwise it is put in front. The recipe says the same for a program that prepares the inputs.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/tensorflow-onnx issue 1428; FetaFix (Louloudakis et al., EASE 2025), fault type preprocessing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from netmend.network.edits import Edit
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    inserted_before,
    plain,
)
from netmend.repairs.conversion.faults._fitting import fitted_all
from netmend.repairs.conversion.halves import worst_row

MOST_CHANNELS = 4

USUAL: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((1 / 255,), (0.0,)),
    ((255.0,), (0.0,)),
    ((2.0,), (-1.0,)),
    ((0.5,), (0.5,)),
    ((1 / 127.5,), (-1.0,)),
    ((127.5,), (127.5,)),
    ((1 / 0.229, 1 / 0.224, 1 / 0.225), (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225)),
    ((1.0,), (-103.939, -116.779, -123.68)),
)
"""Factors and shifts from one usual preparation of images to another: 0 to 255, 0 to 1, -1 to 1, torchvision's mean and
deviation, Caffe's mean."""

ENOUGH = 50_000
"""Numbers that come out of a stretch for one input, from which on two numbers for each channel are fitted to one input
alone, and not to several (own choice)."""

_AFFINE = ("Add", "Sub", "Mul", "Div")
_PASSING = ("Transpose", "Cast", "Identity")


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    inside, everywhere = set(case.segment.nodes), {node.outputs[0] for node in case.target.nodes}
    for each in case.target.inputs:
        if not each.dtype.startswith(("float", "bfloat")):
            continue
        chain = [node for node in _chain(case.target, each.name, everywhere) if node.outputs[0] in inside]
        yield from _as_it_is(case, chain)
        yield from _single(case, chain)
        if case.inputs and each.name in case.values:
            yield from _fitted(case, each.name, chain)


def _chain(graph: Graph, tensor: str, inside: set[str]) -> list[Node]:
    """The nodes that map or pass on an input, one after another."""
    found: list[Node] = []
    while True:
        users = graph.users(tensor)
        if (
            len(users) != 1
            or users[0].outputs[0] not in inside
            or not (_affine(graph, users[0]) or plain(users[0].op) in _PASSING)
        ):
            return found
        found.append(users[0])
        tensor = users[0].outputs[0]


def _affine(graph: Graph, node: Node) -> bool:
    return plain(node.op) in _AFFINE and len(node.inputs) == 2 and _place(graph, node) is not None


def _place(graph: Graph, node: Node) -> int | None:
    """Where an affine node reads its constant."""
    known = [place for place, name in enumerate(node.inputs) if name in graph.constants]
    return known[0] if len(known) == 1 and (known[0] == 1 or plain(node.op) in ("Add", "Mul")) else None


def _single(case: Case, chain: Sequence[Node]) -> Iterator[Hypothesis]:
    """One number, or one for each channel, of one of the nodes that map the input."""
    for node in chain:
        place = _place(case.target, node) if plain(node.op) in _AFFINE else None
        if place is None:
            continue
        stored = case.target.constants[node.inputs[place]]
        if stored.size > MOST_CHANNELS:
            continue

        # In the reciprocal of a divisor the outputs are linear, so that one step finds it from anywhere.
        turned = np.reciprocal if plain(node.op) == "Div" else np.array
        edits = partial(_number, case.target, node, place, turned)
        # The type of the constant is too coarse for numerical derivatives: they are taken of a copy in float64.
        fine = _fine(case, node.inputs[place])
        fitting = partial(_number, fine.target, node, place, turned)
        found = fitted_all(fine, fitting, turned(stored.astype(np.float64).reshape(-1)))
        if found is not None:
            says = f"The input is prepared by {node.op} with {_shown(stored)} where {_shown(turned(found))} is right."
            yield Hypothesis(edits(found), says, node.outputs[0], 1.2, _recipe(says))


def _as_it_is(case: Case, chain: Sequence[Node]) -> Iterator[Hypothesis]:
    """Nothing is done to the input, where several nodes prepare it."""
    known = [(node, _place(case.target, node)) for node in chain if plain(node.op) in _AFFINE]
    mapping = [(node, place) for node, place in known if place is not None]
    if len(mapping) < 2:
        return
    stored = [case.target.constants[node.inputs[place]] for node, place in mapping]
    neutral = (
        np.full(each.shape, plain(node.op) in ("Mul", "Div"), each.dtype)
        for (node, _), each in zip(mapping, stored, strict=True)
    )
    pairs = zip(mapping, neutral, strict=True)
    edits = tuple(edit for (node, place), value in pairs for edit in constant_edits(case.target, node, place, value))
    done = " and ".join(f"{node.op} with {_shown(each)}" for (node, _), each in zip(mapping, stored, strict=True))
    yield Hypothesis(edits, f"The input is prepared by {done}, and is right as it is.", mapping[0][0].outputs[0], 1.1)


def _number(graph: Graph, node: Node, place: int, turned: Callable[[Array], Array], values: Array) -> tuple[Edit, ...]:
    return constant_edits(graph, node, place, turned(values).reshape(graph.constants[node.inputs[place]].shape))


def _fine(case: Case, *constants: str) -> Case:
    stored = {name: case.target.constants[name].astype(np.float64) for name in constants}
    return replace(case, target=replace(case.target, constants={**case.target.constants, **stored}))


def _fitted(case: Case, tensor: str, chain: Sequence[Node]) -> Iterator[Hypothesis]:
    """A map in front of everything, fitted from each usual one."""
    value = case.values[tensor]
    axis = next(
        (axis for axis in (1, value.ndim - 1) if axis < value.ndim and value.shape[axis] <= MOST_CHANNELS), None
    )
    channels = 1 if axis is None or axis == 0 else value.shape[axis]
    user = next((node for node in case.nodes if tensor in node.inputs), None)
    if user is None:
        return
    shape = [1] * value.ndim
    if channels > 1 and axis is not None:
        shape[axis] = channels

    def edits(values: Array, kind: str = "float64") -> tuple[Edit, ...]:
        with np.errstate(over="ignore"):  # a fit that runs away is judged by what comes out, like any other
            factor, shift = (part.reshape(shape).astype(kind) for part in (values[:channels], values[channels:]))
        return _in_front(case.target, user, tensor, factor, shift)

    starts = [np.concatenate([np.ones(channels), np.zeros(channels)])]
    starts += [
        np.concatenate(
            [np.broadcast_to(part if len(part) in (1, channels) else part[:1], (channels,)) for part in usual]
        )
        for usual in USUAL
    ]
    fine = sum(each.size for each in case.right.values()) >= ENOUGH * len(value)
    few = (worst_row(case) if fine else None) or case
    tried = [(_norm(few, edits(start)), place) for place, start in enumerate(starts)]
    start = starts[min(tried)[1]]
    found = fitted_all(few, edits, start)
    if found is None or np.allclose(found, starts[0], rtol=1e-7, atol=1e-9):
        return
    factor, shift = found[:channels], found[channels:]
    says = f"The input is to be multiplied by {_shown(factor)}, then {_shown(shift)} is to be added."
    known = _into(case, chain, factor, shift)
    yield Hypothesis(known or edits(found, "float32"), says, user.outputs[0], 0.5, _recipe(says))


def _into(case: Case, chain: Sequence[Node], factor: Array, shift: Array) -> tuple[Edit, ...] | None:
    """The map put into the numbers of a factor and a shift that the network begins with."""
    if [plain(node.op) for node in chain[:2]] != ["Mul", "Add"]:
        return None
    places = [_place(case.target, node) for node in chain[:2]]
    first, second = (case.target.constants[node.inputs[place or 0]] for node, place in zip(chain, places, strict=False))
    if first.size != second.size or first.size not in (1, len(factor)):
        return None
    # m (a x + b) + c, where m and c stand in the network.
    whole = first.reshape(-1) * factor, first.reshape(-1) * shift + second.reshape(-1)
    if whole[0].size != first.size:
        return None
    return tuple(
        edit
        for node, place, value in zip(chain, places, whole, strict=False)
        for edit in constant_edits(case.target, node, place or 0, value.reshape(first.shape))
    )


def _in_front(graph: Graph, user: Node, tensor: str, factor: Array, shift: Array) -> tuple[Edit, ...]:
    names = [fresh(graph, f"{tensor} {what}") for what in ("scaled", "prepared", "factor", "shift")]
    made = (
        Node(names[0], "Mul", (tensor, names[2]), (names[0],)),
        Node(names[1], "Add", (names[0], names[3]), (names[1],)),
    )
    return inserted_before(user, user.inputs.index(tensor), made, {names[2]: factor, names[3]: shift})


def _norm(case: Case, edits: Sequence[Edit]) -> float:
    answers = case.answers(edits)
    if answers is None or any(answers[name].shape != value.shape for name, value in case.right.items()):
        return np.inf
    # Answers may be yes or no, of which there is no difference.
    total = sum(
        float(np.sum(np.subtract(answers[name], value, dtype=float) ** 2)) for name, value in case.right.items()
    )
    return total if np.isfinite(total) else np.inf


def _recipe(says: str) -> str:
    return f"change what it is fed: {says[0].lower()}{says[1:]}"


def _shown(values: Array) -> str:
    flat = np.unique(np.asarray(values).reshape(-1)) if np.ptp(values) == 0 else np.asarray(values).reshape(-1)
    return ", ".join(f"{value:.6g}" for value in flat)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    given = next((each for each in graph.inputs if each.dtype.startswith("float")), None)
    if given is None:
        return None
    chain = [
        node for node in _chain(graph, given.name, {node.outputs[0] for node in graph.nodes}) if node.op in _AFFINE
    ]
    if chain:
        node = chance.choice(chain)
        place = _place(graph, node)
        assert place is not None
        stored = graph.constants[node.inputs[place]]
        return constant_edits(graph, node, place, stored * chance.choice([0.5, 2.0, 1 / 255, 255.0])), node.outputs[0]
    users = graph.users(given.name)
    if len(users) != 1:
        return None
    factor, shift = chance.choice([usual for usual in USUAL if usual[0] != (1.0,)])
    kind = np.dtype(given.dtype)
    edits = _in_front(graph, users[0], given.name, np.array(factor[0], kind), np.array(shift[0], kind))
    return edits, fresh(graph, f"{given.name} scaled")


fault = Fault("P1", "PP", GRAPHS, _alternatives, _inject)
