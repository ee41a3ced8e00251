"""What a SavedModel holds: the nodes behind one signature, without functions in between, and the stored numbers.

A signature is a list of nodes of the graph; most of its work is in functions that call one another, and in each the
same tensor has another name. Variables are handed through as handles; the numbers behind them are in a checkpoint.
Format: tensorflow.org/guide/saved_model, and `saved_model.proto`, `function.proto` and `graph.proto` of TensorFlow.
Nothing of the file is run to read it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._base import bytes_of, package
from netmend.network.backends._litert import quietly
from netmend.network.graph import Array

MODEL, VARIABLES = "saved_model.pb", "variables/variables"
SERVING, TAG = "serving_default", "serve"

_PASSES = {
    "Identity",
    "IdentityN",
    "PlaceholderWithDefault",
    "StopGradient",
    "PreventGradient",
    "Snapshot",
    "CheckNumerics",
    "EnsureShape",
}
_CALLS = {"StatefulPartitionedCall", "PartitionedCall"}
_VARIABLES = {"VarHandleOp", "VariableV2"}
_HANDLE = " (handle)"
"""After the name of a variable where it is not its value that is handed on."""
DEEPEST = 200
"""Calls within calls; a file that calls itself has more."""

# Outputs with names of their own, in order; all others have one list of outputs.
_OUTPUTS = {
    "TopKV2": ("values", "indices"),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), ("y", "batch_mean", "batch_variance")),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A node that computes something.

    Attributes:
        node: as the file has it. name: of its first output among all tensors of the signature.
        function: whose body it is in; "" for the graph itself. call: by which calls that is reached.
        inputs: tensors of the signature.
    """

    node: Any
    name: str
    function: str
    call: str
    inputs: tuple[str, ...]

    def output(self, place: int) -> str:
        """The name of an output."""
        return self.name if not place else f"{self.name}:{place}"


@dataclass(slots=True)
class Flat:
    """Nodes without functions in between.

    Attributes:
        nodes: in the order in which they are computed. constants: nodes that hold numbers, by tensor.
        variables: by the tensors of their values.
        said: what a tensor is called within the body of a call.
        calls: by which calls each function is reached. outputs: in the order that was asked for.
    """

    nodes: list[Placed] = field(default_factory=list)
    constants: dict[str, Placed] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    placeholders: dict[str, Any] = field(default_factory=dict)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    _names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def named(self, name: str, call: str) -> str:
        """A name of its own for the output of a node."""
        whole, count = name, 1
        while self._names.setdefault(whole, (call, name)) != (call, name):
            whole, count = f"{call or 'graph'}/{name}" + (f"_{count}" if count > 1 else ""), count + 1
        return whole


@dataclass(frozen=True)
class SavedModel:
    """A folder that TensorFlow has saved; its bytes are kept as they were read."""

    path: Path
    files: Mapping[str, bytes]
    proto: Any

    @cached_property
    def meta(self) -> Any:
        """The graph that is there for inference.

        Raises:
            UnsupportedModel: there is none.
        """
        for each in self.proto.meta_graphs:
            if TAG in each.meta_info_def.tags:
                return each
        raise UnsupportedModel(f"{self.path} holds no graph for inference", hint="save it with the tag 'serve'")

    @cached_property
    def key(self) -> str:
        """The signature that is read.

        Raises:
            UnsupportedModel: there is none, or several and none of the usual name.
        """
        known = [name for name, each in self.meta.signature_def.items() if each.inputs and each.outputs]
        if SERVING in known or len(known) == 1:
            return SERVING if SERVING in known else known[0]
        raise UnsupportedModel(
            f"{self.path} has {len(known)} signatures" + (f": {', '.join(sorted(known))}" if known else ""),
            hint=f"save it with one that is called {SERVING}, as model.export(...) and tf.saved_model.save(..., "
            "signatures=...) do",
        )

    @cached_property
    def functions(self) -> Mapping[str, Any]:
        """Functions by name."""
        return {each.signature.name: each for each in self.meta.graph_def.library.function}

    @cached_property
    def flat(self) -> Flat:
        """What computes the outputs of the signature."""
        found = Flat()
        wanted = [each.name for each in self.meta.signature_def[self.key].outputs.values()]
        found.outputs = self._inlined(found, wanted)
        return found

    @cached_property
    def stored(self) -> Mapping[str, str]:
        """The name in the checkpoint of each variable, by the name of its handle.

        Raises:
            UnsupportedModel: something else is done to restore them.
        """
        restore = self.meta.saver_def.restore_op_name
        if not restore:
            return {}
        found = Flat()
        self._inlined(found, [restore])
        names: dict[str, str] = {}
        for each in found.nodes:
            if each.node.op == "RestoreV2":
                keys = array_of(found.constants[each.inputs[1]].node)
                names |= {each.output(place): key.decode() for place, key in enumerate(keys.reshape(-1).tolist())}
        held = {}
        for each in found.nodes:
            if each.node.op in ("AssignVariableOp", "Assign") and each.inputs[1] in names:
                held[each.inputs[0].removesuffix(_HANDLE)] = names[each.inputs[1]]
            elif each.node.op != "RestoreV2":
                raise UnsupportedModel(
                    f"{self.path} restores its variables by {each.node.op}", hint="save it again, from TensorFlow 2"
                )
        return held

    def vet_restoring(self) -> None:
        """Look at what restores the variables, also where the signature reads none.

        Raises:
            UnsupportedModel: it does more than read a checkpoint.
        """
        _ = self.stored

    @cached_property
    def numbers(self) -> Mapping[str, Array]:
        """Everything that the checkpoint holds, by its names there."""
        tf = tensorflow()
        if f"{VARIABLES}.index" not in self.files:
            return {}
        try:
            reader = tf.train.load_checkpoint(str(self.path / VARIABLES))
            return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
        except Exception as error:  # TensorFlow lets through whatever fails inside it
            raise BrokenFile(
                f"the variables of {self.path} cannot be read: {str(error).splitlines()[0]}", hint="save it again"
            ) from error

    @cached_property
    def _takes(self) -> Mapping[str, str]:
        """What the signature calls the inputs, by the names of their nodes."""
        return {each.name.partition(":")[0]: name for name, each in self.meta.signature_def[self.key].inputs.items()}

    def start(self) -> Sequence[str]:
        """Operators that run when the file is loaded, beside those that restore variables."""
        wanted = [each.name for key in ("saved_model_main_op", "legacy_init_op") for each in self._collected(key)]
        signature = self.meta.signature_def.get("__saved_model_init_op")
        wanted += [each.name for each in signature.outputs.values()] if signature is not None else []
        found = Flat()
        self._inlined(found, wanted)
        return [each.node.op for each in found.nodes]

    def _collected(self, key: str) -> Iterable[Any]:
        held = self.meta.collection_def.get(key)
        by_name = {each.name: each for each in self.meta.graph_def.node}
        names = [] if held is None else [name.partition(":")[0] for name in held.node_list.value]
        return [by_name[name] for name in names if name in by_name]

    def _inlined(self, found: Flat, wanted: Sequence[str]) -> list[str]:
        try:
            return self._body(found, self.meta.graph_def.node, {}, wanted, "", "")
        except (CycleError, KeyError, RecursionError, IndexError, ValueError) as error:
            raise BrokenFile(f"{self.path} is damaged: nothing makes {error}", hint="save it again") from error

    def _body(
        self,
        found: Flat,
        nodes: Iterable[Any],
        given: Mapping[str, str],
        wanted: Sequence[str],
        function: str,
        call: str,
    ) -> list[str]:
        """The tensors that some references within a body stand for; what computes them is added to `found`."""
        by_name = {each.name: each for each in nodes}
        order = TopologicalSorter[str]()
        waiting = [_referred(each)[0] for each in wanted]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name in given:
                continue
            seen.add(name)
            before = [_referred(each)[0] for each in by_name[name].input]
            order.add(name, *(each for each in before if each not in given))
            waiting += before
        values: dict[tuple[str, int], str] = {(name, 0): tensor for name, tensor in given.items()}
        for name, tensor in given.items():
            found.said.setdefault((call, tensor), name)

        def value(reference: str) -> str:
            name, output, place = _referred(reference)
            outputs = _OUTPUTS.get(by_name[name].op, ()) if name in by_name else ()
            key = name, place + (outputs.index(output) if output in outputs else 0)
            if key not in values and name in by_name:
                raise unknown(by_name[name])
            tensor = values[key]
            found.said.setdefault((call, tensor), reference)
            return tensor

        for name in _as_written(order, by_name):
            node = by_name[name]
            inputs = [value(each) for each in node.input if not each.startswith("^")]
            called = self._takes.get(name, name) if not function else name
            placed = Placed(node, found.named(called, call), function, call, tuple(inputs))
            values |= {(name, place): tensor for place, tensor in enumerate(self._made(found, placed))}
        return [value(each) for each in wanted if (_referred(each)[0], 0) in values]

    def _made(self, found: Flat, placed: Placed) -> list[str]:
        """The tensors that a node makes; what computes them is added to `found`."""
        node = placed.node
        if node.op in _CALLS:
            return self._called(found, placed)
        if node.op in _PASSES:
            return list(placed.inputs)
        if node.op == "ReadVariableOp":
            return [placed.inputs[0].removesuffix(_HANDLE)]
        if node.op in ("NoOp", "Assert"):
            return []
        if node.op in _VARIABLES:
            found.variables[placed.name] = node
            return [placed.name + (_HANDLE if node.op == "VarHandleOp" else "")]
        if node.op == "Placeholder":
            found.placeholders[placed.name] = node
        elif node.op == "Const":
            found.constants[placed.name] = placed
        else:
            found.nodes.append(placed)
            return [placed.output(place) for place in range(count_of(node))]
        return [placed.name]

    def _called(self, found: Flat, placed: Placed) -> list[str]:
        name = placed.node.attr["f"].func.name
        inside = f"{placed.call}/{placed.node.name}" if placed.call else placed.node.name
        if name not in self.functions or inside.count("/") > DEEPEST:
            raise KeyError(name)
        function = self.functions[name]
        found.calls.setdefault(name, set()).add(inside)
        given = dict(zip((each.name for each in function.signature.input_arg), placed.inputs, strict=True))
        returned = [function.ret[each.name] for each in function.signature.output_arg]
        controls = [f"^{each}" for each in function.control_ret.values()]
        return self._body(found, function.node_def, given, [*returned, *controls], name, inside)[: len(returned)]


def read(path: Path) -> SavedModel:
    """A folder with `saved_model.pb`.

    Raises:
        BrokenFile: it is damaged. EnvironmentFault: TensorFlow is missing.
    """
    tensorflow()
    protos = package("tensorflow.core.protobuf.saved_model_pb2", "SavedModels")
    messages = package("google.protobuf.message", "SavedModels")
    files = {each.relative_to(path).as_posix(): bytes_of(each) for each in _files(path)}
    try:
        proto = protos.SavedModel.FromString(files[MODEL])
    except messages.DecodeError as error:
        raise BrokenFile(f"{path / MODEL} is damaged: {error}", hint="save it again") from error
    return SavedModel(path, files, proto)


def tensorflow() -> Any:
    """TensorFlow, without its remarks on the machine when it is imported.

    Raises:
        EnvironmentFault: it is missing.
    """
    if sys.modules.get("tensorflow") is not None:
        return sys.modules["tensorflow"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with quietly():
        return package("tensorflow", "SavedModels")


def unknown(node: Any) -> UnsupportedModel:
    """The error for an operator that is not read."""
    return UnsupportedModel(
        f"the operator {node.op} of TensorFlow is not known",
        where=f"node {node.name!r}",
        hint="write the model as TFLite or ONNX and give that file: "
        "tf.lite.TFLiteConverter.from_saved_model(FOLDER).convert(), or python -m tf2onnx.convert",
    )


def array_of(node: Any) -> Array:
    """The numbers of a Const."""
    array: Array = tensorflow().make_ndarray(node.attr["value"].tensor)
    return array


def count_of(node: Any) -> int:
    """How many outputs a node has."""
    if node.op in _OUTPUTS:
        return len(_OUTPUTS[node.op])
    if node.op == "RestoreV2":
        return len(node.attr["dtypes"].list.type)
    name = {"Split": "num_split", "SplitV": "num_split", "Unpack": "num"}.get(node.op)
    return int(node.attr[name].i) if name else 1


def _files(path: Path) -> Iterable[Path]:
    """Its files, but none that a link leads out to.

    Raises:
        BrokenFile: one lies elsewhere.
    """
    inside = path.resolve()
    for each in sorted(path.rglob("*")):
        if each.is_file() and (each.stat().st_size or each.name == MODEL):
            if not each.resolve().is_relative_to(inside):
                raise BrokenFile(f"{each} leads out of its folder", hint="copy the file itself")
            yield each


def _as_written(order: TopologicalSorter[str], nodes: Mapping[str, Any]) -> Iterable[str]:
    """In the order of the file as far as what is needed comes first."""
    places = {name: place for place, name in enumerate(nodes)}
    order.prepare()
    ready: list[tuple[int, str]] = []
    while order.is_active():
        for name in order.get_ready():
            heappush(ready, (places[name], name))
        name = heappop(ready)[1]
        yield name
        order.done(name)


def _referred(reference: str) -> tuple[str, str, int]:
    """Node, output and place that an input names: `node`, `node:place`, `node:output:place` or `^node`."""
    name, _, rest = reference.removeprefix("^").partition(":")
    output, _, place = rest.rpartition(":")
    return name, output, int(place) if place.isdigit() else 0
