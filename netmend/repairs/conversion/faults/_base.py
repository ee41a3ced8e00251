"""The shape of a fault type: which edits would mend it in a faulty stretch, and how to make it in a healthy network.

The file name is the type's name and names what is wrong. Its docstring has the headings *What it is*, *How it is
mended*, *When it is wrong*, *References*. A type proposes; whether an edit explains the fault is decided by
`explain.py`, which tries it on right values. So a proposal may be cheap and wrong, but must not be expensive to make.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np

from netmend.core.discover import Contribution, contributions
from netmend.core.errors import NetmendError
from netmend.network.edits import Edit, ReplaceNodes, SetAttribute, SetConstant, SetInput, SetScheme, edited
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.codes import Codes, codes_of
from netmend.repairs.conversion.segments import Correspondence, Segment


class Borrowed(IntEnum):
    """How much of the source an edit copies: of two that mend, the one that copies less is the explanation."""

    NOTHING = 0
    KNOWN = 1
    """Numbers of the source, where what happened to them is recognised."""
    CONSTANT = 2
    """Numbers of the source, whatever happened to them."""
    NODES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One faulty segment, as a fault type is asked about it.

    Attributes:
        values: right values (float64) of the target's tensors at the cut: inputs and outputs of the segment.
        got: what the segment made of the right inputs; empty if it could not be evaluated.
        inputs: the segment starts at the network's inputs, so that preprocessing may be at fault.
        inner: all tensors that the segment's nodes make of right inputs, as far as they can be evaluated.
        source_inner: all right tensors of the source's nodes in the segment, in the source's layout.
        beside: other tensors that the source's nodes read, and the target's should perhaps; `values` holds them too.
        until: when numbers are no longer fitted, by `time.monotonic`.
    """

    target: Graph
    source: Graph
    segment: Segment
    values: Mapping[str, Array]
    got: Mapping[str, Array]
    inputs: bool
    inner: Mapping[str, Array] = field(default_factory=dict)
    source_inner: Mapping[str, Array] = field(default_factory=dict)
    beside: tuple[Correspondence, ...] = ()
    until: float = math.inf

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The target's nodes in the segment, in order."""
        wanted = set(self.segment.nodes)
        return tuple(node for node in self.target.nodes if node.outputs[0] in wanted)

    @property
    def source_nodes(self) -> tuple[Node, ...]:
        """The source's nodes between the same tensors, in order."""
        wanted = set(self.segment.source_nodes)
        return tuple(node for node in self.source.nodes if node.outputs[0] in wanted)

    @property
    def read_from(self) -> tuple[Correspondence, ...]:
        """What the segment reads, or the source's nodes do."""
        return *self.segment.inputs, *self.beside

    @property
    def feeds(self) -> dict[str, Array]:
        """Right values of what the segment reads, or might."""
        return {each.target: self.values[each.target] for each in self.read_from}

    @property
    def source_feeds(self) -> dict[str, Array]:
        """The same as the source's nodes read them."""
        return {each.source: each.to_source(self.values[each.target]) for each in self.read_from}

    @property
    def right(self) -> dict[str, Array]:
        """Right values of what the segment is to make."""
        return {each.target: self.values[each.target] for each in self.segment.outputs}

    def value(self, tensor: str) -> Array | None:
        """A tensor as the target's nodes read it in this segment, constants included."""
        for known in (self.values, self.inner, self.target.constants):
            if tensor in known:
                return np.asarray(known[tensor])
        return None

    def read(self, node: Node, index: int) -> Array | None:
        """An input of a node; None where it is absent or could not be evaluated."""
        return self.value(node.inputs[index]) if index < len(node.inputs) and node.inputs[index] else None

    def rank(self, node: Node) -> int | None:
        """How many axes the first input of a node has."""
        value = self.read(node, 0)
        return None if value is None else value.ndim

    def answers(self, edits: Sequence[Edit]) -> dict[str, Array] | None:
        """What the segment makes of right inputs with edits, in float64; None where it cannot be evaluated."""
        return evaluated(self.target, self.feeds, [each.target for each in self.segment.outputs], edits)


def evaluated(
    graph: Graph, feeds: Mapping[str, Array], keep: Sequence[str], edits: Sequence[Edit] = ()
) -> dict[str, Array] | None:
    """Tensors of an edited graph in float64, from any tensors; None where they cannot be evaluated."""
    from netmend.network.evaluate import as_tensor, forward
    from netmend.network.tensors import torch

    try:
        changed = edited(graph, edits) if edits else graph
        with torch.no_grad():
            found = forward(changed, {name: as_tensor(value) for name, value in feeds.items()}, keep=keep)
        return {name: value.numpy() for name, value in found.items()}
    except (NetmendError, KeyError, RuntimeError, ValueError, IndexError, TypeError, ArithmeticError):
        return None


RESTORED = 2.0
"""Weight of numbers, or an operator, that become the source's without having been copied from it (own choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """What may be wrong in a segment, as the edits that would mend it.

    Attributes:
        says: one sentence: what is wrong, with the old and the new value.
        node: first output of the target's node that is at fault.
        weight: how common it is; decides between hypotheses that are equally simple.
        restores: what is edited is one constant, which then is one of the source's, in whatever order of axes; or one
            operator, which then is one that the source has more of.
        recipe: where the mending may as well be outside the network (preprocessing), what to do, as a clause.
    """

    edits: tuple[Edit, ...]
    says: str
    node: str
    weight: float = 1.0
    recipe: str = ""
    borrowed: Borrowed = Borrowed.NOTHING
    restores: bool = False

    @property
    def simplicity(self) -> tuple[int, int, int, float]:
        """Small is simple: what is copied, the kind of the heaviest edit, how many edits, how uncommon.

        Rewiring counts only where it is all that is done. A constant that was the source's before it was moved about,
        or an operator that was, is as plain a cause as a setting, and a likelier one.
        """
        heaviest = max(map(_kind, self.edits))
        count = sum(not isinstance(edit, SetInput) or heaviest == 0 for edit in self.edits)
        if self.restores:
            return self.borrowed, 0, count, -RESTORED * self.weight
        return self.borrowed, heaviest, count, -self.weight


def _kind(edit: Edit) -> int:
    if isinstance(edit, SetAttribute | SetInput):
        return 0
    return 1 if isinstance(edit, SetConstant | SetScheme) else 2


Injection = tuple[tuple[Edit, ...], str]
"""Edits that make a fault, and the first output of the node at fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One type of fault.

    Attributes:
        id: group in the taxonomy: P preprocessing, L layout, S windows, R resizing, N normalisation, A activations,
            W weights, G recurrence, Q quantisation, D number types, C tracing, O operators.
        family: the type of FetaFix (Louloudakis et al., EASE 2025) it falls under: PP preprocessing, ID input
            dimensions, TSS tensor shape and structure, WB weights and biases, LH layer hyperparameters, CG
            computational graph.
        formats: formats in which it can be mended.
        alternatives: finite and cheap to make; continuous parameters are fitted.
        inject: a fault of this type somewhere in a healthy graph; None if it has no place for it, or if the place drawn
            does not suit. Whether it shows is for the caller to check.
        shows: in wrong numbers. Else the runtime refuses the file, which `netmend.repairs.conversion.refused` looks at.
    """

    id: str
    family: str
    formats: tuple[str, ...]
    alternatives: Callable[[Case], Iterable[Hypothesis]]
    inject: Callable[[Graph, random.Random], Injection | None]
    shows: bool = True


EVERYWHERE = ("onnx", "tflite", "saved_model", "torch", "keras")
GRAPHS = ("onnx", "tflite", "saved_model")
"""Formats in which operators can be replaced."""


@cache
def faults() -> Mapping[str, Contribution[Fault]]:
    """Every fault type by name."""
    return contributions("netmend.repairs.conversion.faults", Fault)


def constant_edits(graph: Graph, node: Node, index: int, value: Array) -> tuple[Edit, ...]:
    """Another value for a constant that a node reads, or a constant for what is computed, which no other node sees.

    Args:
        value: real numbers; of a constant that stands on a grid also its integers.
    """
    name = node.inputs[index]
    value = np.asarray(value)
    integers = codes_of(graph, name) if value.dtype.kind == "f" else None
    if integers is not None:
        return _code_edits(graph, node, index, integers, value)
    if name not in graph.constants:
        # Computed, from shapes for example: it is read from a constant of its own.
        new = fresh(graph, f"{name} of {node.outputs[0]}")
        stored = value.astype(np.int32) if in_tflite(graph) and value.dtype.kind == "i" else value
        return ReplaceNodes((), (), {new: stored}), SetInput(node.outputs[0], index, new)
    stored, grid = graph.constants[name], graph.quantisation.get(name)
    value = grid.codes(value) if grid is not None and value.dtype.kind == "f" else value.astype(stored.dtype)
    if sum(user.inputs.count(name) for user in graph.users(name)) <= 1:
        return (SetConstant(name, value),)
    new = fresh(graph, f"{name} of {node.outputs[0]}")
    grids = {} if grid is None else {new: grid}
    return ReplaceNodes((), (), {new: value}, grids), SetInput(node.outputs[0], index, new)


def _code_edits(graph: Graph, node: Node, index: int, integers: Codes, value: Array) -> tuple[Edit, ...]:
    """Other integers for what a node reads off their grid, which no other node sees."""
    codes, taken = integers.nearest(value), integers.node
    readers = sum(user.inputs.count(taken.outputs[0]) for user in graph.users(taken.outputs[0]))
    if readers <= 1 and sum(user.inputs.count(integers.name) for user in graph.users(integers.name)) <= 1:
        return (SetConstant(integers.name, codes),)
    new, made = (fresh(graph, f"{name} of {node.outputs[0]}") for name in (integers.name, taken.outputs[0]))
    own = replace(taken, inputs=(new, *taken.inputs[1:]), outputs=(made,))
    return ReplaceNodes((), (own,), {new: codes}), SetInput(node.outputs[0], index, made)


def real(graph: Graph, name: str) -> Array | None:
    """The real numbers that are stored under a name, in float64; None where what is read there is not stored."""
    stored, grid = graph.constants.get(name), graph.quantisation.get(name)
    if stored is None:
        integers = codes_of(graph, name) if name else None
        return None if integers is None else integers.values
    if grid is not None:
        return grid.values(stored)
    return stored.astype(np.float64) if stored.dtype.kind in "fV" else stored


def plain(op: str) -> str:
    """What an operator is called in ONNX, where it computes the same in TFLite under another name."""
    return _PLAIN.get(op, op)


_PLAIN = {
    "tflite:ADD": "Add", "tflite:SUB": "Sub", "tflite:MUL": "Mul", "tflite:DIV": "Div", "tflite:POW": "Pow",
    "tflite:SQRT": "Sqrt", "tflite:RESHAPE": "Reshape", "tflite:TRANSPOSE": "Transpose", "tflite:SQUEEZE": "Squeeze",
    "tflite:CONCATENATION": "Concat", "tflite:BATCH_MATMUL": "MatMul", "tflite:PAD": "Pad", "tflite:RELU": "Relu",
    "tflite:CAST": "Cast", "tflite:LOGISTIC": "Sigmoid", "tflite:TANH": "Tanh", "tflite:LEAKY_RELU": "LeakyRelu",
    "tflite:ELU": "Elu", "tflite:HARD_SWISH": "HardSwish", "tflite:GELU": "Gelu", "tflite:SOFTMAX": "Softmax",
    "tflite:AVERAGE_POOL_2D": "AveragePool", "tflite:MAX_POOL_2D": "MaxPool",
}  # fmt: skip


def in_tflite(graph: Graph) -> bool:
    """Whether a graph is written in TFLite's operators."""
    return any(node.op.startswith("tflite:") for node in graph.nodes)


def fresh(graph: Graph, name: str) -> str:
    """A tensor name that the graph does not have yet."""
    taken = {*graph.constants, *(each.name for each in graph.inputs)}
    taken.update(output for node in graph.nodes for output in node.outputs)
    return next(
        tried for number in range(len(taken) + 1) if (tried := f"{name}/{number}" if number else name) not in taken
    )


def inserted_before(node: Node, index: int, made: Sequence[Node], constants: Mapping[str, Array]) -> tuple[Edit, ...]:
    """New nodes between an input of a node and the node; the last of them makes what the node is to read."""
    return ReplaceNodes((), tuple(made), constants), SetInput(node.outputs[0], index, made[-1].outputs[0])


def inserted_after(
    graph: Graph, node: Node, made: Callable[[str, str], Sequence[Node]], constants: Mapping[str, Array]
) -> Edit:
    """New nodes between a node and all that read it; `made` is told the new name of its first output, and the old."""
    before = fresh(graph, f"{node.outputs[0]} before")
    # Some formats know nodes by name, and the one that now makes the old tensor may be taken for the old one.
    names = {each.name for each in graph.nodes}
    name = next(tried for count in range(len(names) + 1) if (tried := f"{node.name}/{count}") not in names)
    moved = replace(node, name=name, outputs=(before, *node.outputs[1:]))
    grid = graph.quantisation.get(node.outputs[0])
    grids = {} if grid is None else {before: grid}
    return ReplaceNodes((node.outputs[0],), (moved, *made(before, node.outputs[0])), constants, grids)


def without(graph: Graph, node: Node, index: int = 0, kept: Iterable[str] = ()) -> tuple[Edit, ...]:
    """The graph where a node's input takes the place of its first output.

    Nodes that read it keep all else that they are, so that other edits of them stand.

    Args:
        kept: tensors that must go on to exist, beside the outputs of the graph.
    """
    gone, stays = node.outputs[0], node.inputs[index]
    if gone in {*kept, *(each.name for each in graph.outputs)}:
        # TFLite has no operator that does nothing: the larger of a number and itself is that number.
        same = Node(node.name, "Max", (stays, stays), (gone,)) if in_tflite(graph) else None
        return (ReplaceNodes((gone,), (same or Node(node.name, "Identity", (stays,), (gone,)),)),)
    rewired = (
        SetInput(user.outputs[0], place, stays)
        for user in graph.users(gone)
        for place, name in enumerate(user.inputs)
        if name == gone
    )
    return *rewired, ReplaceNodes((gone,), ())


def attribute_hypotheses(
    case: Case, options: Callable[[Case, Node], Iterable[tuple[str, Any, Any]]], weight: float = 1.0
) -> Iterator[Hypothesis]:
    """One hypothesis for each other value of an attribute.

    Args:
        options: for a node, (attribute, value that holds now, value to try).
    """
    for node in case.nodes:
        for name, now, value in options(case, node):
            if value != now:
                key = node.outputs[0]
                says = f"{name} of {node.op} {node.name!r} is {_shown(now)} where {_shown(value)} is right."
                yield Hypothesis((SetAttribute(key, name, value),), says, key, weight)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "absent" if value is None else str(value)


def picked(chance: random.Random, options: Iterable[Injection]) -> Injection | None:
    """One of the possible injections, or None."""
    found = list(options)
    return chance.choice(found) if found else None


def set_attribute(node: Node, name: str, value: Any) -> Injection:
    """The injection that sets an attribute."""
    return (SetAttribute(node.outputs[0], name, value),), node.outputs[0]
