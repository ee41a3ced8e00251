"""Edits of a signature, written into the functions in which its nodes stand.

Nodes that no edit touches stay as they are, but for the names of what they read and, in a body that is changed, what
TensorFlow noted of their shapes. Others are made by TensorFlow itself in a graph beside, so that every attribute is
what it says, and take the place and the name of what they replace. Functions that the signature does not call are left
alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._saved_model_file import MODEL, VARIABLES, Placed, SavedModel, tensorflow
from netmend.network.backends._saved_model_lowering import STANDARD, Lowering
from netmend.network.backends._saved_model_make import Given, made
from netmend.network.backends._tflite_standard import in_tflite
from netmend.network.edits import Edit, edited
from netmend.network.graph import Array, Graph, Node

FINGERPRINT = "fingerprint.pb"
"""Says which graph a file holds; optional, and not true any more of one that was edited."""

SHAPES = "_output_shapes"
"""An attribute by which TensorFlow notes what it once knew of a node."""

_BACK = {
    "": lambda value, stored: value,
    "OHWI": lambda value, stored: value.transpose(1, 2, 3, 0),
    "1HWO": lambda value, stored: value.reshape(stored.shape),
    "OHWI of HWOI": lambda value, stored: value.transpose(1, 2, 0, 3),
}


def flat_graph(model: SavedModel, values: Mapping[str, Array]) -> Any:
    """A TensorFlow graph of a signature without functions: tensors are called as in `Flat`.

    Args:
        values: numbers of variables and constants.
    """
    tf = tensorflow()
    made = tf.compat.v1.GraphDef()
    flat = model.flat
    for name, node in flat.placeholders.items():
        made.node.add().CopyFrom(node)
        made.node[-1].name = name
    for name in (*flat.variables, *flat.constants):
        node = made.node.add(op="Const", name=name)
        proto = tf.make_tensor_proto(values[name])
        node.attr["value"].tensor.CopyFrom(proto)
        node.attr["dtype"].type = proto.dtype
    for placed in flat.nodes:
        node = made.node.add()
        node.CopyFrom(placed.node)
        node.name = placed.name
        # Shapes that were written down may be those of before an edit.
        node.attr.pop(SHAPES, None)
        del node.input[:]
        node.input.extend(placed.inputs)
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(made, name="")
    return graph


def rewritten(model: SavedModel, graph: Graph, found: Lowering, edits: Sequence[Edit]) -> dict[str, bytes]:
    """The files of the model with edits of its graph.

    Raises:
        Inexpressible: TensorFlow cannot say one of them, or not in this file.
        KeyError, BrokenFile: as `netmend.network.edits.edited`.
    """
    new = edited(graph, edits)
    numbers, moved = _numbers(graph, new, found)
    work = _Work(model, graph, found, {**found.values, **numbers})
    work.change(new, moved)
    files = dict(model.files)
    variables = {name: value for name, value in numbers.items() if name in model.flat.variables}
    if variables:
        files |= _checkpoint({**model.numbers, **{model.stored[name]: value for name, value in variables.items()}})
    work.store({name: value for name, value in numbers.items() if name not in variables})
    if work.touched:
        files[MODEL] = work.proto.SerializeToString(deterministic=True)
        files.pop(FINGERPRINT, None)
    return files


def _numbers(graph: Graph, new: Graph, found: Lowering) -> tuple[dict[str, Array], set[str]]:
    """Stored numbers that change, as the file has them; and constants that are to be read from elsewhere."""
    numbers: dict[str, Array] = {}
    moved: set[str] = set()
    for name, value in new.constants.items():
        before = graph.constants.get(name)
        if before is None or value is before or (value.shape == before.shape and np.array_equal(value, before)):
            continue
        held = found.held[name]
        stored = found.values.get(held.tensor)
        alone = sum(each.tensor == held.tensor and key in graph.constants for key, each in found.held.items()) == 1
        if held.setting or stored is None or value.shape != before.shape or not alone:
            moved.add(name)
        else:
            numbers[held.tensor] = np.ascontiguousarray(_BACK[held.layout](value, stored)).astype(stored.dtype)
    return numbers, moved


def _checkpoint(numbers: Mapping[str, Array]) -> dict[str, bytes]:
    tf = tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / Path(VARIABLES).name
        names = sorted(numbers)
        with tf.device("CPU"):
            tf.raw_ops.SaveV2(
                prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names),
                tensors=[tf.constant(numbers[name]) for name in names],
            )  # fmt: skip
        where = Path(VARIABLES).parent
        return {(where / each.name).as_posix(): each.read_bytes() for each in sorted(Path(folder).iterdir())}


@dataclass
class _Work:
    """A copy of the model while it is changed.

    Attributes:
        values: numbers of variables and constants, after the edits.
        created: function and name of what was made beside, by its name there.
        remade: what new tensors are called where they are made.
    """

    model: SavedModel
    graph: Graph
    found: Lowering
    values: Mapping[str, Array]
    touched: bool = False
    proto: Any = None
    created: dict[str, tuple[str, str]] = field(default_factory=dict)
    remade: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.proto = type(self.model.proto).FromString(self.model.files[MODEL])
        place = next(place for place, each in enumerate(self.model.proto.meta_graphs) if each is self.model.meta)
        held = self.proto.meta_graphs[place].graph_def
        self.bodies = {"": held.node} | {each.signature.name: each.node_def for each in held.library.function}
        self.functions = {each.signature.name: each for each in held.library.function}
        self.places = {placed.name: placed for placed in self.model.flat.nodes}

    def store(self, numbers: Mapping[str, Array]) -> None:
        """Write other numbers of constants where these stand."""
        for name, value in numbers.items():
            placed = self.model.flat.constants[name]
            self._alone(placed)
            node = next(each for each in self.bodies[placed.function] if each.name == placed.node.name)
            node.attr["value"].tensor.CopyFrom(tensorflow().make_tensor_proto(value))
            self.touched = True

    def change(self, new: Graph, moved: set[str]) -> None:
        """Put in what is new and take out what is gone."""
        kept = set(map(id, self.graph.nodes)) & set(map(id, new.nodes))
        used = {id(node) for node in self.graph.nodes}
        broken = [
            self.places[name]
            for name, nodes in self.found.made.items()
            if any(id(node) in used and (id(node) not in kept or not moved.isdisjoint(node.inputs)) for node in nodes)
        ]
        gone = {id(node) for placed in broken for node in self.found.made[placed.name]}
        wanted = [node for node in new.nodes if id(node) not in kept or id(node) in gone]
        if not broken and not wanted:
            return
        self.touched = True
        spelled = in_tflite(replace(new, nodes=tuple(node for node in wanted if node.op not in STANDARD)))
        ordered = _merged(wanted, spelled.nodes)
        self._make(ordered, {**new.constants, **spelled.constants}, moved, broken)
        for function in {placed.function for placed in broken}:
            self._take_out([placed for placed in broken if placed.function == function], function)

    def _make(
        self, nodes: Sequence[Node], constants: Mapping[str, Array], moved: set[str], broken: Sequence[Placed]
    ) -> None:
        tf = tensorflow()
        beside = flat_graph(self.model, self.values)
        tensors: dict[str, Any] = {}
        calls = {output: placed for placed in broken for output in self._outputs(placed)}
        with beside.as_default():
            for node in nodes:
                before = len(beside.get_operations())
                given = [self._given(beside, tensors, constants, moved, name) for name in node.inputs]
                where = self._where(node, calls)
                try:
                    answers = made(node, given)
                except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
                    raise Inexpressible(
                        f"TensorFlow cannot say {node.op} here: {str(error).splitlines()[0]}",
                        where=f"node {node.name!r}",
                    ) from error
                calls |= dict.fromkeys(node.outputs, where)
                tensors |= dict(zip(node.outputs, answers, strict=True))
                self._put(beside.get_operations()[before:], where, node, answers)

    def _outputs(self, placed: Placed) -> set[str]:
        return {output for node in self.found.made[placed.name] for output in node.outputs}

    def _where(self, node: Node, calls: Mapping[str, Placed]) -> Placed:
        """The node of the file beside which a new one stands: that whose tensors it makes, reads, or is read by."""
        for name in (*node.outputs, *node.inputs):
            if name in calls:
                self._alone(calls[name])
                return calls[name]
        made_by = {
            output: self.places[key] for key, each in self.found.made.items() for n in each for output in n.outputs
        }
        readers = {name: self.places[key] for key, each in self.found.made.items() for n in each for name in n.inputs}
        for known in (made_by, readers):
            for name in (*node.outputs, *node.inputs):
                if name in known:
                    self._alone(known[name])
                    return known[name]
        raise Inexpressible("there is no place for it among the functions of the file", where=f"node {node.name!r}")

    def _alone(self, placed: Placed) -> None:
        """Raises: Inexpressible: the body in which a node stands is called more than once."""
        if len(self.model.flat.calls.get(placed.function, ())) > 1:
            raise Inexpressible(
                f"the function {placed.function!r} is called several times, and all its calls would change",
                where=f"node {placed.name!r}",
                hint="save the model with layers that are not shared",
            )

    def _given(
        self, beside: Any, tensors: Mapping[str, Any], constants: Mapping[str, Array], moved: set[str], name: str
    ) -> Given | None:
        if not name:
            return None
        if name in tensors:
            return Given(tensors[name])
        held = self.found.held.get(name)
        if name in constants and (held is None or held.setting or name in moved):
            return Given(None, constants[name])
        layout = "" if held is None else held.layout
        tensor = name if held is None else held.tensor
        return Given(beside.get_tensor_by_name(tensor if ":" in tensor else f"{tensor}:0"), constants.get(name), layout)

    def _put(self, operations: Sequence[Any], where: Placed, node: Node, answers: Sequence[Any]) -> None:
        """Copy what TensorFlow has made into the body where it belongs."""
        body = self.bodies[where.function]
        taken = {each.name.removeprefix(_COMING) for each in body}
        for operation in operations:
            old = self.places.get(node.outputs[0]) if operation is answers[0].op else None
            # What is replaced keeps its name: others may wait for it.
            same = old is not None and old.call == where.call
            name = old.node.name if old is not None and same else _fresh(operation.name, taken)
            taken.add(name)
            self.created[operation.name] = where.function, name
            copied = body.add()
            copied.CopyFrom(operation.node_def)
            copied.name = _COMING + name
            del copied.input[:]
            copied.input.extend(self._said(tensor, where) for tensor in operation.inputs)
        for output, answer in zip(node.outputs, answers, strict=True):
            self.remade[output] = self._said(answer, where)

    def _said(self, tensor: Any, where: Placed) -> str:
        """What a tensor is called beside a node."""
        function, name = self.created.get(tensor.op.name, (None, ""))
        if function is not None:
            said = _reference(tensor, name, function) if function == where.function else None
        else:
            said = self.model.flat.said.get((where.call, tensor.name.removesuffix(":0")))
        if said is None:
            raise Inexpressible(
                f"{tensor.name!r} is not known in the function {where.function!r}", where=f"node {where.name!r}"
            )
        return said

    def _take_out(self, broken: Sequence[Placed], function: str) -> None:
        """Drop what was replaced, and let its readers read what has come."""
        body = self.bodies[function]
        gone = {placed.node.name for placed in broken}
        for place in reversed(range(len(body))):
            if body[place].name in gone:
                del body[place]
            else:
                body[place].name = body[place].name.removeprefix(_COMING)
        outputs = {output for placed in broken for output in self._outputs(placed)}
        calls = {placed.call for placed in broken}
        others = {
            said: self.remade[tensor]
            for (call, tensor), said in self.model.flat.said.items()
            if call in calls and tensor in outputs and tensor in self.remade and said.partition(":")[0] in gone
        }
        present = {node.name for node in body}
        for node in body:
            node.attr.pop(SHAPES, None)
            inputs = [others.get(each, each) for each in node.input]
            del node.input[:]
            node.input.extend(each for each in inputs if not each.startswith("^") or each[1:] in present)
        if function:
            returned = self.functions[function].ret
            for key in list(returned):
                returned[key] = others.get(returned[key], returned[key])


_COMING = "comes: "
"""Before the names of new nodes, as long as those of old ones are there."""


def _merged(wanted: Sequence[Node], spelled: Sequence[Node]) -> list[Node]:
    """The standard operators that TensorFlow has, among those said in TFLite's, in the order of the graph."""
    found: list[Node] = []
    left = list(spelled)
    for node in wanted:
        if node.op in STANDARD:
            found.append(node)
            continue
        while left:
            found.append(left.pop(0))
            if found[-1].outputs[0] == node.outputs[0]:
                break
    assert not left, "what is said in TFLite's words ends as what was asked for does"
    return found


def _fresh(name: str, taken: set[str]) -> str:
    count, found = 1, name
    while found in taken:
        found, count = f"{name}_{count}", count + 1
    return found


def _reference(tensor: Any, name: str, function: str) -> str:
    """How a tensor is called in the body of a function, or in the graph."""
    place = tensor.value_index
    if not function:
        return f"{name}:{place}" if place else name
    counts = []
    for output in tensor.op.op_def.output_arg:
        count = tensor.op.get_attr(output.number_attr) if output.number_attr else 1
        counts.append((output.name, int(count)))
    for output, count in counts:
        if place < count:
            return f"{name}:{output}:{place}"
        place -= count
    raise AssertionError(tensor)
