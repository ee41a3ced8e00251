"""ONNX files: read as they are, run by ONNX Runtime, written back with only the changed numbers' bytes changed.

Weights may be stored inside (as raw bytes or as packed floats) or in files of their own beside the network.

References: the ONNX specification, "External data" (onnx.ai/onnx/repo-docs/ExternalData.html).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, Inexpressible, UnsupportedModel, UsageError
from netmend.network.agreement import check
from netmend.network.backends._base import (
    Architecture,
    Backend,
    Inputs,
    Network,
    bytes_of,
    checked,
    coarsest,
    named,
    package,
    refuse_to_overwrite,
)
from netmend.network.backends._onnx_branches import without_branches
from netmend.network.backends._onnx_grids import check_on_grids, on_grids
from netmend.network.backends._onnx_integers import in_reals
from netmend.network.backends._onnx_integers_back import rewritten
from netmend.network.backends._onnx_unread import with_first_outputs
from netmend.network.backends._protobuf import StoredTensor, stored_tensors
from netmend.network.backends._rows import as_rows, batch_axes, in_parts, joined, meant_of
from netmend.network.batch import with_free_batch
from netmend.network.edits import Edit, edited
from netmend.network.executions import ran
from netmend.network.graph import Array, Graph, Node, Signature, in_order

OLDEST = 7
"""Before version 7 of the operators, arithmetic broadcast by other rules (ONNX, "Broadcasting in ONNX")."""

_STANDARD = ("", "ai.onnx")
_LITTLE = {np.dtype(np.float32): "<f4", np.dtype(np.float64): "<f8", np.dtype(np.float16): "<f2"}


@dataclass(eq=False)
class OnnxNetwork:
    """A network from an ONNX file; members as `Network` says."""

    path: Path
    data: bytes
    graph: Graph
    stored: Mapping[str, StoredTensor]
    format: str = "onnx"
    _session: tuple[str, Any] = field(default=("", None), repr=False)

    @property
    def runtime(self) -> str:
        """See `Network`."""
        return (
            f"onnxruntime {package('onnxruntime', 'running ONNX files').__version__}, CPU, 1 thread, {self.precision}"
        )

    @cached_property
    def precision(self) -> str:
        """See `Network`: operators of ONNX compute in the type of their inputs."""
        return coarsest(each.dtype for each in (*self.graph.inputs, *self.graph.outputs))

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """See `Network`: floating-point tensors of which we know where each number lies."""
        return {
            name: name
            for name, place in self.stored.items()
            if (value := self.graph.constants.get(name)) is not None
            and _is_float(value)
            and (place.external or sum(length for _, length in place.runs) == value.nbytes)
        }

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """See `Network`."""
        feeds = named(self.graph, inputs)
        return self._asked(self._session_for(changed or {}), [self.graph.outputs[0].name], feeds)[0]

    def outputs(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Rewritable`."""
        names = [each.name for each in self.graph.outputs]
        return dict(zip(names, self._asked(self._session_for({}), names, named(self.graph, inputs)), strict=True))

    def inner(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Network`: from a copy of the network in which every tensor is an output."""
        feeds = named(self.graph, inputs)
        model = _model(self.path, self.data)
        known = {each.name for each in model.graph.output}
        names = [name for node in model.graph.node for name in node.output if name]
        model.graph.output.extend(type(model.graph.output[0])(name=name) for name in names if name not in known)
        session = _session(model.SerializeToString())
        if self.graph.rows in (None, len(next(iter(feeds.values())))):
            return dict(zip(names, self._asked(session, names, feeds), strict=True))
        axes, at_once = batch_axes(self.graph), self.graph.rows
        parts = []
        for part, meant in in_parts(feeds, at_once):
            made = zip(names, self._ran(session, names, part), strict=True)
            parts.append({name: meant_of(value, axes.get(name), meant, at_once) for name, value in made})
        return {name: joined([part[name] for part in parts], axes.get(name)) for name in names}

    def _asked(self, session: Any, names: list[str], feeds: Mapping[str, Array]) -> list[Array]:
        """Outputs for any number of rows, in parts if the network takes no more."""
        answers = [
            [meant_of(each, 0, meant, self.graph.rows) for each in self._ran(session, names, part)]
            for part, meant in in_parts(feeds, self.graph.rows)
        ]
        return [np.concatenate(parts) for parts in zip(*answers, strict=True)] if len(answers) > 1 else answers[0]

    def _ran(self, session: Any, names: list[str], part: Mapping[str, Array]) -> list[Array]:
        declared = {each.name: len(each.shape) for each in session.get_inputs()}
        vector = all(declared[name] == value.ndim - 1 for name, value in part.items())
        given = {name: value[0] if vector else value for name, value in part.items()}
        shapes = {each.name: each.shape for each in self.graph.outputs if self.graph.rows == 1}
        found = [each[None] if vector else each for each in map(np.asarray, _asked(session, names, given))]
        return [as_rows(each, shapes.get(name, ())) for name, each in zip(names, found, strict=True)]

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """See `Network`; files of external data are written beside the destination under their own names."""
        refuse_to_overwrite(self.path, destination)
        values = checked(self.graph, self.parameters, changed)
        beside = {place.external["location"] for place in self.stored.values() if place.external}
        for name in sorted(beside):
            target = destination.parent / name
            refuse_to_overwrite(self.path.parent / name, target)
            target.write_bytes(self._external(name, values))
        destination.write_bytes(self._patched(values))

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """See `Rewritable`; local functions are put in place of their calls."""
        refuse_to_overwrite(self.path, destination)
        external = {name: place for name, place in self.stored.items() if place.external}
        beside = {place.external["location"] for place in external.values()}
        for name in beside:
            refuse_to_overwrite(self.path.parent / name, destination.parent / name)
        rewriting = rewritten(_inlined(_model(self.path, self.data)), self.graph, edited(self.graph, edits), external)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / destination.name
            copy.write_bytes(rewriting.model.SerializeToString())
            for name in sorted(beside):
                (copy.parent / name).write_bytes(self._external(name, rewriting.beside))
            try:
                _session(str(copy))
            except UnsupportedModel as error:
                raise Inexpressible(
                    f"the edited network is none to ONNX Runtime: {error.what}",
                    hint="edits that keep types and shapes consistent",
                ) from error
            for name in sorted(beside):
                shutil.copyfile(copy.parent / name, destination.parent / name)
            shutil.copyfile(copy, destination)

    def digest(self) -> str:
        """SHA-256 of the file and of its external data, in the order of their names."""
        whole = hashlib.sha256(self.data)
        for name in sorted({place.external["location"] for place in self.stored.values() if place.external}):
            whole.update(bytes_of(self.path.parent / name))
        return whole.hexdigest()

    def check(self, inputs: Inputs) -> None:
        """See `Network`; node by node where there are grids."""
        (check_on_grids if on_grids(self.graph) else check)(self, named(self.graph, inputs))

    def _patched(self, values: Mapping[str, Array]) -> bytes:
        data = bytearray(self.data)
        for name, value in values.items():
            if not self.stored[name].external:
                _overwrite(data, self.stored[name].runs, _bytes(value))
        return bytes(data)

    def _external(self, file: str, values: Mapping[str, Array]) -> bytes:
        data = bytearray(bytes_of(self.path.parent / file))
        for name, value in values.items():
            place = self.stored[name].external
            if place and place["location"] == file:
                _overwrite(data, [(int(place.get("offset", 0)), value.nbytes)], _bytes(value))
        return bytes(data)

    def _session_for(self, changed: Mapping[str, Array]) -> Any:
        """A session on the bytes that would be written; the last one is kept, because it is asked again and again."""
        values = checked(self.graph, self.parameters, changed)
        key = hashlib.sha256(b"".join(name.encode() + _bytes(values[name]) for name in sorted(values))).hexdigest()
        if self._session[0] != key:
            if any(place.external for place in self.stored.values()):
                with tempfile.TemporaryDirectory() as folder:
                    copy = Path(folder) / self.path.name
                    self.write(copy, values)
                    self._session = key, _session(str(copy))
            else:
                self._session = key, _session(self._patched(values))
        return self._session[1]


def _load(path: Path, architecture: Architecture | None, example: Inputs | None) -> Network:
    if architecture is not None:
        raise UsageError(f"{path.name} holds its own architecture", hint="leave the architecture out")
    return from_bytes(path, bytes_of(path))


def from_bytes(path: Path, data: bytes) -> OnnxNetwork:
    """The network that the bytes of an ONNX file hold; `path` says where its external data lies.

    Raises:
        BrokenFile, UnsupportedModel: as `netmend.network.load.load` says.
    """
    stored = stored_tensors(data)
    graph = graph_of(_model(path, data), stored, path.parent)
    return OnnxNetwork(path, data, with_free_batch(graph), stored)


def graph_of(model: Any, stored: Mapping[str, StoredTensor], folder: Path) -> Graph:
    """The graph of a parsed ONNX model, with local functions put in place.

    Raises:
        BrokenFile, UnsupportedModel: as `netmend.network.load.load` says.
    """
    inlined, _ = in_reals(_inlined(model))
    opset = max((each.version for each in inlined.opset_import if each.domain in _STANDARD), default=0)
    if opset < OLDEST:
        raise UnsupportedModel(
            f"the network uses version {opset} of the ONNX operators; {OLDEST} is the oldest that is understood",
            hint="onnx.version_converter.convert_version makes a newer one",
        )
    body = inlined.graph
    constants = {each.name: _numbers(each, stored.get(each.name), folder) for each in body.initializer}
    if body.sparse_initializer:
        raise UnsupportedModel("the network stores sparse tensors", hint="export it with dense ones")
    nodes = []
    for each in body.node:
        node = _node(each)
        if node.op == "Constant":
            constants[node.outputs[0]] = _constant(each, node, stored.get(node.outputs[0]), folder)
        else:
            nodes.append(node)
    inputs = tuple(_signature(each) for each in body.input if each.name not in constants)
    outputs = tuple(_signature(each) for each in body.output)
    ordered = in_order(nodes, [*constants, *(each.name for each in inputs)])
    made = {name for node in ordered for name in node.outputs} | constants.keys() | {each.name for each in inputs}
    if not outputs or any(each.name not in made for each in outputs):
        raise BrokenFile("the network has an output that nothing computes", hint="export it again")
    return Graph(ordered, constants, inputs, outputs, opset)


def _inlined(model: Any) -> Any:
    """The model with local functions, branches and loops put in place of what calls them."""
    inliner = package("onnx.inliner", "reading ONNX files")
    return with_first_outputs(without_branches(inliner.inline_local_functions(model) if model.functions else model))


def _model(path: Path, data: bytes) -> Any:
    onnx = package("onnx", "reading ONNX files")
    try:
        model = onnx.ModelProto.FromString(data)
    except Exception as error:  # the parser's own exception class differs between its versions
        raise BrokenFile(
            f"{path.name} is not a whole ONNX file: {str(error).splitlines()[0]}", hint="copy or export it again"
        ) from error
    if not model.graph.node:
        raise BrokenFile(f"{path.name} holds no network", hint="is it really an ONNX file?")
    return model


def _node(proto: Any) -> Node:
    onnx = package("onnx", "reading ONNX files")
    attributes = {}
    for each in proto.attribute:
        value = onnx.helper.get_attribute_value(each)
        if each.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
            raise UnsupportedModel(
                f"the operator {proto.op_type} holds a network of its own",
                where=f"node {proto.name or proto.output[0]!r}",
                hint="export the network for inference, without it; known are If, and Loop of stored length",
            )
        if each.type == onnx.AttributeProto.STRINGS:
            value = [one.decode("utf-8", "replace") for one in value]
        elif isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, onnx.TensorProto):
            value = _numbers(value, None, Path())
        attributes[each.name] = list(value) if each.type in _LISTS else value
    op = proto.op_type if proto.domain in _STANDARD else f"{proto.domain}:{proto.op_type}"
    outputs = tuple(proto.output)
    if not outputs:
        raise BrokenFile(f"the node {proto.name!r} computes nothing", hint="export the network again")
    return Node(proto.name or outputs[0], op, tuple(proto.input), outputs, attributes)


# AttributeProto.AttributeType of the ONNX specification: FLOATS, INTS, STRINGS.
_LISTS = (6, 7, 8)


def _constant(proto: Any, node: Node, place: StoredTensor | None, folder: Path) -> Array:
    for name, value in node.attributes.items():
        if name == "value":
            return _numbers(next(each.t for each in proto.attribute if each.name == "value"), place, folder)
        if name in ("value_float", "value_floats"):
            return np.asarray(value, np.float32)
        if name in ("value_int", "value_ints"):
            return np.asarray(value, np.int64)
    raise UnsupportedModel("a constant holds neither numbers nor a tensor", where=f"node {node.name!r}")


def _numbers(proto: Any, place: StoredTensor | None, folder: Path) -> Array:
    onnx = package("onnx", "reading ONNX files")
    try:
        if min(proto.dims, default=0) < 0:
            raise ValueError("it has a negative size")
        if proto.data_location == onnx.TensorProto.EXTERNAL:
            return _beside(proto, place, folder)
        value: Array = onnx.numpy_helper.to_array(proto)
    except (ValueError, TypeError, KeyError, AttributeError, MemoryError) as error:
        raise BrokenFile(
            f"the stored tensor {proto.name!r} is damaged: {str(error).splitlines()[0]}", hint="export it again"
        ) from error
    return value


def _beside(proto: Any, place: StoredTensor | None, folder: Path) -> Array:
    """The numbers of a tensor that are in a file beside the network, and nowhere else."""
    entries = place.external if place is not None else {}
    name = entries.get("location", "")
    if not name or Path(name).name != name or (folder / name).is_symlink():
        raise BrokenFile(
            f"the tensor {proto.name!r} is said to be in {name!r}, which is not a file beside the network",
            hint="only use such a file if you know who made it",
        )
    dtype = np.dtype(package("onnx", "reading ONNX files").helper.tensor_dtype_to_np_dtype(proto.data_type))
    start, count = int(entries.get("offset", 0)), int(np.prod([int(size) for size in proto.dims], dtype=object))
    data = bytes_of(folder / name)
    if start < 0 or start + count * dtype.itemsize > len(data):
        raise BrokenFile(f"{name} is too short to hold {proto.name!r}", hint="copy both files again")
    return np.frombuffer(data, dtype.newbyteorder("<"), count, start).astype(dtype).reshape(tuple(proto.dims))


def _signature(proto: Any) -> Signature:
    onnx = package("onnx", "reading ONNX files")
    kind = proto.type.tensor_type
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).name
    except KeyError as error:
        raise UnsupportedModel(f"{proto.name!r} is not a tensor of numbers") from error
    shape = tuple(each.dim_value if each.HasField("dim_value") else None for each in kind.shape.dim)
    return Signature(proto.name, shape, dtype)


def _is_float(value: Array) -> bool:
    return value.dtype.kind == "f" or value.dtype.name == "bfloat16"


def _bytes(value: Array) -> bytes:
    return np.ascontiguousarray(value).astype(_LITTLE.get(value.dtype, value.dtype)).tobytes()


def _overwrite(data: bytearray, runs: list[tuple[int, int]], numbers: bytes) -> None:
    at = 0
    for start, length in runs:
        data[start : start + length] = numbers[at : at + length]
        at += length


def _session(model: str | bytes) -> Any:
    runtime = package("onnxruntime", "running ONNX files")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own exception classes have no common base
        raise UnsupportedModel(
            f"ONNX Runtime does not accept the network: {str(error).splitlines()[0]}",
            hint="check it with onnx.checker.check_model",
        ) from error


def _asked(session: Any, outputs: list[str], given: dict[str, Array]) -> list[Any]:
    ran(next((len(each) for each in given.values() if each.ndim), 1))
    try:
        return list(session.run(outputs, given))
    except Exception as error:  # the runtime's own exception classes have no common base
        raise UsageError(
            f"ONNX Runtime cannot run the network on these inputs: {str(error).splitlines()[0]}",
            hint="check their shape and range",
        ) from error


BACKEND = Backend("onnx", (".onnx",), _load)
