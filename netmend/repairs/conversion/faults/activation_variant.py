"""An activation is another function, or another variant of it, than in the source.

What it is:
    GELU has an exact form and one by tanh; hard sigmoid has a slope of 0.2 or 1/6; leaky ReLU and ELU have a slope that
    every framework presets differently; a clip has bounds.

How it is mended:
    Slopes and bounds are fitted; then every other activation with its usual settings is tried. A GELU written out in
    single operators is replaced as a whole.

When it is wrong:
    Where no input reaches a bound or a negative number, nothing can be told about what lies beyond.

References:
    onnx/tensorflow-onnx issue 2347 and pull request 2463; ONNX specification; Hendrycks and Gimpel, Gaussian error
    linear units, 2016, section 2, for the form by tanh.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from netmend.network.edits import ReplaceNodes, SetAttribute
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._activations import DEFAULTS, FITTED, FUSED, NAMES, UNFUSED, variants
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    in_tflite,
    plain,
)
from netmend.repairs.conversion.faults._fitting import fitted_all
from netmend.repairs.conversion.faults._gelu import Written, written_out

SITTING = 3
"""Numbers that must be equal to the extreme for it to be a bound (own choice)."""

_POINTWISE = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Erf", "Sqrt", "Neg", "Exp", "Reciprocal"}) | NAMES


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    there = {plain(node.op) for node in case.source_nodes}
    for node in case.nodes:
        for kind in _fused(node):
            now = node.attributes["fused_activation_function"]
            says = f"{node.op} {node.name!r} applies {now} to its output where {kind} is right."
            edit = SetAttribute(node.outputs[0], "fused_activation_function", kind)
            yield Hypothesis((edit,), says, node.outputs[0])
        if node.op in NAMES:
            yield from _settings(case, node)
            if node.op == "Clip":
                yield from _bounds(case, node)
            else:
                yield from _clipped(case, node)
            for other in variants(node, case.target.opset):
                yield _replaced(node, other, 1.15 if plain(other.op) in there else 1.0)
            yield from _as_in_source(case, node)
    yield from _whole(case)


def _fused(node: Node) -> list[str]:
    now = node.attributes.get("fused_activation_function")
    if now is None or node.op in UNFUSED:
        return []
    return [kind for kind in (*FUSED, *(("TANH",) if "SEQUENCE" in node.op else ())) if kind != now]


def _as_in_source(case: Case, node: Node) -> Iterator[Hypothesis]:
    """An activation of the source's stretch with all its settings."""
    for theirs in case.source_nodes:
        read = theirs.inputs[1:]
        if theirs.op not in NAMES or any(name and name not in case.source.constants for name in read):
            continue
        names = {name: fresh(case.target, f"{name} of the source") for name in read if name}
        inputs = (node.inputs[0], *(names.get(name, "") for name in read))
        made = Node(node.name, theirs.op, inputs, node.outputs, theirs.attributes)
        constants = {new: case.source.constants[name] for name, new in names.items()}
        says = f"{_shown(node)} stands where the source's {_shown(theirs)} is right."
        edit = ReplaceNodes(node.outputs[:1], (made,), constants)
        yield Hypothesis((edit,), says, node.outputs[0], borrowed=Borrowed.KNOWN)


def _replaced(node: Node, other: Node, weight: float = 1.0) -> Hypothesis:
    key = node.outputs[0]
    if other.op == node.op:
        name = next(name for name in {**node.attributes, **other.attributes})
        now, new = (_setting(each.attributes.get(name)) for each in (node, other))
        says = f"{name} of {node.op} {node.name!r} is {now} where {new} is right."
        edits = tuple(
            SetAttribute(key, each, other.attributes.get(each))
            for each in sorted({*node.attributes, *other.attributes})
        )
        return Hypothesis(edits, says, key, weight)
    says = f"{_shown(node)} stands where {_shown(other)} is right."
    return Hypothesis((ReplaceNodes((key,), (other,)),), says, key, weight)


def _shown(node: Node) -> str:
    settings = ", ".join(f"{name} {_setting(value)}" for name, value in node.attributes.items())
    return f"{node.op} {node.name!r}" + (f" ({settings})" if settings else "")


def _setting(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "absent" if value is None else str(value)


def _settings(case: Case, node: Node) -> Iterator[Hypothesis]:
    names = FITTED.get(node.op, ())
    theirs = {plain(each.op) for each in case.source_nodes if each.op in NAMES}
    # On the rows at hand some settings make another activation of it: where the source has one, that is to be put in.
    if not names or (theirs and plain(node.op) not in theirs):
        return
    now = np.array([float(node.attributes.get(name, DEFAULTS[node.op, name])) for name in names])
    key = node.outputs[0]

    def edits(values: Array) -> tuple[SetAttribute, ...]:
        return tuple(SetAttribute(key, name, float(value)) for name, value in zip(names, values, strict=True))

    found = fitted_all(case, edits, now)
    if found is not None and not np.allclose(found, now, rtol=1e-9):
        says = f"{', '.join(names)} of {node.op} {node.name!r} is {_numbers(now)} where {_numbers(found)} is right."
        yield Hypothesis(edits(found)[: len(names)], says, key)


def _numbers(values: Array) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _bounds(case: Case, node: Node) -> Iterator[Hypothesis]:
    """Bounds that right outputs show: the extremes, where many outputs sit on them; or none."""
    key, right = node.outputs[0], case.values.get(node.outputs[0])
    options: dict[int, list[float | None]] = {1: [None, 0.0, -1.0], 2: [None, 6.0, 1.0]}
    if right is not None:
        options[1] += [] if (low := _sat_on(right, right.min())) is None else [low]
        options[2] += [] if (high := _sat_on(right, right.max())) is None else [high]
    for index, values in options.items():
        now = case.read(node, index)
        for value in values:
            if now is not None and value is not None and float(now.reshape(-1)[0]) == value:
                continue
            bound = "lower" if index == 1 else "upper"
            old, new = (
                "none" if each is None else f"{float(each):.6g}" for each in (None if now is None else now.max(), value)
            )
            if old == new:
                continue
            says = f"The {bound} bound of Clip {node.name!r} is {old} where {new} is right."
            stored = case.target.constants.get(node.inputs[index]) if len(node.inputs) > index else None
            if stored is not None and value is not None:
                yield Hypothesis(constant_edits(case.target, node, index, np.full(stored.shape, value)), says, key)
                continue
            inputs = [*node.inputs, "", ""][:3]
            name = fresh(case.target, f"{key} {bound} bound") if value is not None else ""
            inputs[index] = name
            constants = {name: np.array(value, np.float32)} if name else {}
            made = Node(node.name, "Clip", tuple(inputs), node.outputs, node.attributes)
            yield Hypothesis((ReplaceNodes((key,), (made,), constants),), says, key)


def _clipped(case: Case, node: Node) -> Iterator[Hypothesis]:
    """A clip that has become something else: its bounds are the extremes of right outputs."""
    key, right = node.outputs[0], case.values.get(node.outputs[0])
    if right is None or case.target.opset < 11:
        return
    bounds = {"lower": _sat_on(right, right.min()), "upper": _sat_on(right, right.max())}
    if bounds["upper"] is None:
        return
    names = {bound: fresh(case.target, f"{key} {bound} bound") for bound, value in bounds.items() if value is not None}
    constants = {name: np.array(bounds[bound], np.float32) for bound, name in names.items()}
    made = Node(node.name, "Clip", (node.inputs[0], names.get("lower", ""), names["upper"]), node.outputs)
    says = f"{_shown(node)} stands where a Clip to {bounds['lower']} and {bounds['upper']} is right."
    yield Hypothesis((ReplaceNodes((key,), (made,), constants),), says, key, 0.8)


def _sat_on(right: Array, bound: float) -> float | None:
    """A bound, if so many numbers sit exactly on it that it is no mere extreme."""
    return float(bound) if np.count_nonzero(right == bound) >= SITTING else None


def _whole(case: Case) -> Iterator[Hypothesis]:
    """A segment that is one function of single numbers, written out: any activation in its place."""
    nodes = case.nodes
    if len(nodes) < 2 or in_tflite(case.target) or len(case.segment.inputs) != 1 or len(case.segment.outputs) != 1:
        return
    if any(node.op not in _POINTWISE for node in nodes):
        return
    if any(
        case.target.constants[name].size != 1 for node in nodes for name in node.inputs if name in case.target.constants
    ):
        return
    start, end = case.segment.inputs[0].target, case.segment.outputs[0].target
    keys = tuple(node.outputs[0] for node in nodes)
    place = Node(nodes[-1].name, "", (start,), (end,))
    options: list[Written] = [((other,), {}, other.op) for other in variants(place, case.target.opset)]
    for made, constants, name in (*options, *written_out(case.target, start, end)):
        says = f"{', '.join(node.op for node in nodes)} before {end!r} stand where {name} is right."
        yield Hypothesis((ReplaceNodes(keys, made, constants),), says, nodes[0].outputs[0], 1.0 - 0.01 * len(made))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in NAMES or _fused(node)]
    if not places:
        return None
    node = chance.choice(places)
    key = node.outputs[0]
    if node.op not in NAMES:
        return (SetAttribute(key, "fused_activation_function", chance.choice(_fused(node))),), key
    if node.op in FITTED and chance.random() < 0.5:
        name = chance.choice(FITTED[node.op])
        now = float(node.attributes.get(name, DEFAULTS[node.op, name]))
        return (SetAttribute(key, name, now * chance.choice([0.3, 0.5, 2.0])),), key
    if node.op == "Clip" and len(node.inputs) > 2 and node.inputs[2] in graph.constants and chance.random() < 0.5:
        stored = graph.constants[node.inputs[2]]
        return constant_edits(graph, node, 2, stored * chance.choice([0.5, 1 / 6, 2.0])), key
    other = chance.choice(list(variants(node, graph.opset)))
    return (*_replaced(node, other).edits,), key


fault = Fault("A1", "CG", EVERYWHERE, _alternatives, _inject)
