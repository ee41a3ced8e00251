"""A branch that the inputs decide is frozen as it went when the network was traced.

What it is:
    A tracer follows one input through the program and writes down what it saw: of `if` and `where` one arm alone is
    left. The target is right for inputs that go the same way, and wrong for all others.

How it is mended:
    Where the target computes one arm of a selection of the source, the condition and the other arm are put beside it,
    with the selection behind both.

When it is wrong:
    Inputs that all go one way do not show it: give some of each kind. Where the source cannot be exported either,
    because its code branches in Python, netmend cannot read it, and says so.

References:
    ONNX operators If and Where; docs.pytorch.org, torch.jit.trace, "control flow that depends on data".
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, edited
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    fresh,
    in_tflite,
    inserted_after,
    inserted_before,
    picked,
    without,
)

CLOSE = 1e-5
"""Share of the largest number by which two spellings of one arm may differ (own choice: float64 leaves 1e-12, constants
that are folded in float32 leave 1e-7)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    if in_tflite(case.target) or in_tflite(case.source):
        return
    made = {name for node in case.source_nodes for name in node.outputs}
    known = {each.source: each.target for each in case.read_from if each.layout is None and each.shape is None}
    for theirs in case.source_nodes:
        if theirs.op != "Where" or theirs.inputs[0] not in made:
            continue
        for index in (1, 2):
            arm = _Arm(case, theirs, index, known)
            says = f"Of the branch {theirs.name!r} of the source only {theirs.inputs[index]!r} is left"
            for node, edits in arm.selections():
                yield Hypothesis(edits, f"{says}, at {node.name!r}.", node.outputs[0], 1.5, borrowed=Borrowed.KNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class _Arm:
    """The arm of a selection of the source that may be all that the target has.

    Attributes:
        index: of the arm among what the selection reads. known: tensors of the source that the target has.
    """

    case: Case
    theirs: Node
    index: int
    known: Mapping[str, str]

    def selections(self) -> Iterator[tuple[Node, tuple[Edit, ...]]]:
        """Nodes of the target and the edits that put the selection behind or before them."""
        case, name = self.case, self.theirs.inputs[self.index]
        rest = self._rest()
        if rest is None:
            return
        copied, names, constants = rest
        here, arm = self.known.get(name), case.source_inner.get(name)

        def put(before: str, after: str) -> list[Node]:
            arms = {self.index: before, 3 - self.index: names[self.theirs.inputs[3 - self.index]]}
            return [*copied, Node(after, "Where", (names[self.theirs.inputs[0]], arms[1], arms[2]), (after,))]

        for node in case.nodes:
            ours = case.inner.get(node.outputs[0])
            if arm is not None and ours is not None and _same(arm, ours):
                yield node, (inserted_after(case.target, node, put, constants),)
            for place, each in enumerate(node.inputs):
                if here is not None and each == here:
                    chosen = put(here, fresh(case.target, f"{here} or not"))
                    yield node, inserted_before(node, place, chosen, constants)

    def _rest(self) -> tuple[list[Node], dict[str, str], dict[str, Array]] | None:
        """The source's nodes for condition and other arm, renamed; None if the target lacks what they read."""
        case, wanted = self.case, {self.theirs.inputs[0], self.theirs.inputs[3 - self.index]}
        taken: list[Node] = []
        for node in reversed(case.source_nodes):
            if not (wanted - self.known.keys()).isdisjoint(node.outputs):
                taken.insert(0, node)
                wanted.update(node.inputs)
        made = {name for node in taken for name in node.outputs}
        names, constants = dict(self.known), dict[str, Array]()
        for name in sorted(wanted - self.known.keys() - {""}):
            if name not in made and name not in case.source.constants:
                return None
            names[name] = fresh(case.target, f"{name} of the source")
            if name in case.source.constants:
                constants[names[name]] = case.source.constants[name]
        moved = [
            replace(
                node,
                name=f"{node.name} of the source",
                inputs=tuple(names.get(name, "") for name in node.inputs),
                outputs=tuple(names.get(name, "") for name in node.outputs),
            )
            for node in taken
        ]
        return moved, names, constants


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape or one.dtype.kind != "f":
        return False
    return bool(np.abs(one - other).max(initial=0.0) <= CLOSE * np.abs(one).max(initial=0.0))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    computed = {name for node in graph.nodes for name in node.outputs}
    places = [
        (node, index)
        for node in graph.nodes
        for index in (1, 2)
        if node.op == "Where" and node.inputs[0] in computed and {*node.inputs[1:]} <= computed
    ]
    return picked(chance, (_frozen(graph, node, index) for node, index in places))


def _frozen(graph: Graph, node: Node, index: int) -> Injection:
    """One arm in the place of a selection, and nothing left that only the other needed."""
    edits = without(graph, node, index)
    needed = {each.name for each in graph.outputs}
    gone = []
    for each in reversed(edited(graph, edits).nodes):
        if needed.isdisjoint(each.outputs):
            gone.append(each.outputs[0])
        else:
            needed.update(each.inputs)
    left = graph.producer(node.inputs[index])
    assert left is not None
    return (*edits, ReplaceNodes(tuple(gone), ())), left.outputs[0]


fault = Fault("C1", "CG", GRAPHS, _alternatives, _inject)
