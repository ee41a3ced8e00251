"""The target lacks an operator of the source.

What it is:
    A converter drops an activation, a scale or a sum, often where it fuses operators.

How it is mended:
    Each operator of the source's stretch is put in behind each node of the target, and before each that reads what
    comes into the stretch. What else it reads is looked up in the target.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/onnxmltools issues 716 and 719; MPolaris/onnx2tflite issue 98; FetaFix (Louloudakis et al., EASE 2025), fault
    type computational graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from netmend.network.edits import ReplaceNodes, SetInput
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._activations import NAMES
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
    plain,
    without,
)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    # In another order of axes a sum is the same, and whether anything else is will be seen.
    known = {each.source: each.target for each in case.read_from if each.shape is None}
    for theirs in case.source_nodes:
        tensors = [place for place, name in enumerate(theirs.inputs) if name and name not in case.source.constants]
        if len(theirs.outputs) != 1 or (":" in theirs.op and not in_tflite(case.target)):
            continue
        for at in tensors:
            # What else it reads must be at hand in the target.
            if all(theirs.inputs[place] in known for place in tensors if place != at):
                yield from _everywhere(case, _Missing(case, theirs, at, known))


@dataclass(frozen=True, slots=True, eq=False)
class _Missing:
    """An operator of the source, and which of its inputs is the tensor behind which it is missing."""

    case: Case
    theirs: Node
    at: int
    known: Mapping[str, str]

    @property
    def constants(self) -> dict[str, Array]:
        stored = self.case.source.constants
        return {self._named(name): stored[name] for name in self.theirs.inputs if name in stored}

    def _named(self, name: str) -> str:
        return fresh(self.case.target, f"{name} of the source")

    def made(self, old: str, new: str) -> tuple[Node, ...]:
        inputs = [self.known.get(name, self._named(name)) if name else "" for name in self.theirs.inputs]
        inputs[self.at] = old
        # Another stretch may lack the same operator, so the name says where this one goes.
        name = f"{self.theirs.name} of the source for {new}"
        # TFLite knows it over the last axis alone: whether that is the one is seen when it is tried.
        last = {"axis": -1} if self.theirs.op in ("Softmax", "LogSoftmax") and in_tflite(self.case.target) else {}
        attributes = {**self.theirs.attributes, **last}
        return (replace(self.theirs, name=name, inputs=tuple(inputs), outputs=(new,), attributes=attributes),)

    def takes(self, tensor: str) -> bool:
        """Whether a tensor of the target holds what the operator reads there: integers or fractions."""
        ours, read = self.case.value(tensor), self.case.source_inner.get(self.theirs.inputs[self.at])
        return ours is None or read is None or ours.dtype.kind == read.dtype.kind


def _everywhere(case: Case, missing: _Missing) -> Iterator[Hypothesis]:
    stored, theirs = missing.constants, missing.theirs
    borrowed = Borrowed.KNOWN if theirs.op in NAMES or not stored else Borrowed.CONSTANT
    for name in case.feeds:
        readers = [(node, index) for node in case.nodes for index, read in enumerate(node.inputs) if read == name]
        if len(readers) > 1 and missing.takes(name):
            first = readers[0][0]
            made = missing.made(name, fresh(case.target, f"{name} mended"))
            rest = (SetInput(node.outputs[0], index, made[-1].outputs[0]) for node, index in readers)
            says = f"{theirs.op} {theirs.name!r} of the source is missing before {len(readers)} that read {name!r}."
            yield Hypothesis((ReplaceNodes((), made, stored), *rest), says, first.outputs[0], 0.85, borrowed=borrowed)
    before = case.source.producer(theirs.inputs[missing.at])
    for node in case.nodes:
        if missing.takes(node.outputs[0]):
            says = f"{theirs.op} {theirs.name!r} of the source is missing behind {node.op} {node.name!r}."
            edit = inserted_after(case.target, node, missing.made, stored)
            # Of places that are as good the one behind the operator that the source has it behind.
            there = before is not None and plain(before.op) == plain(node.op)
            yield Hypothesis((edit,), says, node.outputs[0], 0.95 if there else 0.9, borrowed=borrowed)
        for index, name in enumerate(node.inputs):
            if name in case.feeds and missing.takes(name):
                says = f"{theirs.op} {theirs.name!r} of the source is missing before {node.op} {node.name!r}."
                put = missing.made(name, fresh(case.target, f"{name} mended for {node.outputs[0]}"))
                edits = inserted_before(node, index, put, stored)
                yield Hypothesis(edits, says, node.outputs[0], 0.85, borrowed=borrowed)


def _bias(graph: Graph, node: Node) -> bool:
    """Whether an operator is the sum of a layer and its bias: the fault of losing that has a type of its own."""
    return plain(node.op) == "Add" and any(name in graph.constants for name in node.inputs)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    taken = {each.name for each in graph.outputs}
    places = [
        node
        for node in graph.nodes
        if (
            node.op in NAMES
            or plain(node.op) in ("Add", "Mul", "BatchNormalization", "Softmax", "Clip", "tflite:SOFTMAX")
        )
        and node.outputs[0] not in taken
        and node.inputs[0] not in graph.constants
        and graph.producer(node.inputs[0]) is not None
        and not _bias(graph, node)
    ]
    if not places:
        return None
    node = chance.choice(places)
    before = graph.producer(node.inputs[0])
    assert before is not None
    return without(graph, node), before.outputs[0]


fault = Fault("O3", "CG", GRAPHS, _alternatives, _inject)
