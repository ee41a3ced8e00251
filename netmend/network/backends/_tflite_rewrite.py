"""A TFLite file with edits of its graph: options, constants, operators and tensors are changed in the tables, and all
else that the file holds (signatures, metadata, names, other subgraphs) is kept.

Shapes and types of tensors that an edit makes, or makes other, are found by evaluating the edited graph once.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible, UnsupportedModel, UsageError
from netmend.network.backends._base import package
from netmend.network.backends._tflite_file import IDENTIFIER, TfliteFile, shape_of
from netmend.network.backends._tflite_graph import OPSET
from netmend.network.backends._tflite_schema import (
    FIRST_VERSION,
    STATES,
    TYPES,
    attributes_of,
    numbers_of,
    options_name,
    schema,
    set_option,
)
from netmend.network.backends._tflite_standard import in_tflite
from netmend.network.edits import Edit, edited
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph, Node
from netmend.network.quantisation import Scheme

ALIGNED = 16
"""Bytes at multiples of which stored numbers begin (schema.fbs, `force_align` of Buffer.data)."""


def rewritten(file: TfliteFile, graph: Graph, edits: Sequence[Edit]) -> bytes:
    """The file with edits of its graph.

    Raises:
        Inexpressible: TFLite has no such operator, option or type.
        KeyError, BrokenFile: as `edited`.
    """
    model = schema().ModelT.InitFromPackedBuf(file.data)
    writer = _Writer(model, list(file.names), graph)
    return writer.written(edited(graph, edits)) + _appended(file.data)


def written(graph: Graph) -> bytes:
    """A graph of TFLite's operators as a file of its own."""
    tables = schema()
    body = tables.SubGraphT(tensors=[], inputs=[], outputs=[], operators=[], name=b"main")
    model = tables.ModelT(version=3, operatorCodes=[], subgraphs=[body], buffers=[tables.BufferT()])
    writer = _Writer(model, [], Graph((), {}, graph.inputs, graph.outputs, OPSET))
    for signature in graph.inputs:
        scheme = graph.quantisation.get(signature.name)
        shape = [size or 1 for size in signature.shape]
        body.inputs.append(writer.tensor(signature.name, shape, signature.dtype, scheme))
        if None in signature.shape:
            body.tensors[-1].shapeSignature = [-1 if size is None else size for size in signature.shape]
    body.outputs = [each.name for each in graph.outputs]
    return writer.written(graph)


class _Writer:
    """The tables of a file while edits are put into them."""

    def __init__(self, model: Any, names: list[str], graph: Graph) -> None:
        self.model, self.body, self.graph = model, model.subgraphs[0], graph
        self.index = {name: place for place, name in enumerate(names)}
        self.called = _called(model)
        self.operators = {names[each.outputs[0]]: each for each in self.body.operators}

    def written(self, edits: Graph) -> bytes:
        """The file whose network is the edited graph."""
        new = in_tflite(edits)
        old = {node.outputs[0]: node for node in self.graph.nodes}
        self.body.operators = [self._operator(node, old.get(node.outputs[0])) for node in new.nodes]
        self._constants(new)
        self._tensors(new)
        for node, operator in zip(new.nodes, self.body.operators, strict=True):
            operator.inputs = [self.index[each] if each else -1 for each in node.inputs]
            operator.outputs = [self.index[each] for each in node.outputs]
        self.body.outputs = [self.index[each] if isinstance(each, str) else int(each) for each in self.body.outputs]
        self._drop_unused(new)
        self._drop_kinds()
        return packed(self.model)

    def tensor(self, name: str, shape: Sequence[int], dtype: str, scheme: Scheme | None, buffer: int = 0) -> int:
        """Add a tensor; its number."""
        tables = schema()
        kind = _type_number(dtype)
        grid = None if scheme is None else _grid(scheme)
        place = len(self.body.tensors)
        self.body.tensors.append(
            tables.TensorT([int(size) for size in shape], kind, buffer, name.encode(), grid, hasRank=True)
        )
        self.index[name] = place
        return place

    def _constants(self, new: Graph) -> None:
        states = {node.inputs[place] for node in new.nodes for place in STATES.get(node.op, ())}
        for name, value in new.constants.items():
            before = self.graph.constants.get(name)
            if before is value:
                continue
            if name not in self.index:
                buffer = 0 if name in states else self._buffer(value)
                place = self.tensor(name, value.shape, value.dtype.name, new.quantisation.get(name), buffer)
                self.body.tensors[place].isVariable = name in states
                continue
            tensor = self.body.tensors[self.index[name]]
            small = tensor.type == numbers_of("TensorType")["INT4"]
            if tensor.isVariable:
                raise Inexpressible(
                    f"the state {name!r} begins with zeros in TFLite", hint="make the layer read a constant instead"
                )
            if not small:
                tensor.type = _type_number(value.dtype.name)
            tensor.shape, tensor.buffer = [int(size) for size in value.shape], self._buffer(value, small)
            tensor.shapeSignature = None

    def _buffer(self, value: Array, small: bool = False) -> int:
        numbers = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        if small:
            halves = np.append(numbers & 15, np.zeros(len(numbers) % 2, np.uint8))
            numbers = halves[::2] | (halves[1::2] << 4)
        self.model.buffers.append(schema().BufferT(numbers))
        return len(self.model.buffers) - 1

    def _tensors(self, new: Graph) -> None:
        """Shapes, types and grids of what the nodes make."""
        for name, (shape, dtype) in _shapes(new, self.body, self.index).items():
            scheme = new.quantisation.get(name) if dtype.startswith("float") else None
            if name not in self.index:
                self.tensor(name, shape, dtype if scheme is None else scheme.dtype, scheme)
            elif shape != shape_of(self.body.tensors[self.index[name]]):
                tensor = self.body.tensors[self.index[name]]
                free = tensor.shapeSignature is not None and len(tensor.shapeSignature) and tensor.shapeSignature[0] < 0
                tensor.shapeSignature = [-1, *shape[1:]] if free and shape else None
                tensor.shape = list(shape)
        for name, scheme in new.quantisation.items():
            if name in self.index and self.graph.quantisation.get(name) not in (None, scheme):
                tensor = self.body.tensors[self.index[name]]
                tensor.quantization, tensor.type = _grid(scheme), _type_number(scheme.dtype)

    def _operator(self, node: Node, before: Node | None) -> Any:
        """An operator with the options of a node; its tensors are not known yet."""
        tables = schema()
        name = node.op.removeprefix("tflite:")
        if before is not None and before.op == node.op:
            operator, known = self.operators[node.outputs[0]], before.attributes
            if operator.builtinOptions is None and operator.builtinOptions2 is None and node.attributes:
                # Some converters leave out options of which none is needed.
                operator.builtinOptionsType, operator.builtinOptions = _options(name)
                known = attributes_of(operator.builtinOptions)
        elif name not in numbers_of("BuiltinOperator"):
            raise Inexpressible(f"TFLite has no operator {name}", where=f"node {node.name!r}")
        else:
            number, made = _options(name)
            operator = tables.OperatorT(self._code(name), builtinOptionsType=number, builtinOptions=made)
            known = attributes_of(made)
        options = operator.builtinOptions if operator.builtinOptions is not None else operator.builtinOptions2
        for key in node.attributes.keys() | known.keys():
            value = node.attributes.get(key)
            if value == known.get(key):
                continue
            try:
                set_option(options, key, value)
            except KeyError as error:
                raise Inexpressible(
                    f"TFLite's {name} has no option {key} = {value!r}",
                    where=f"node {node.name!r}",
                    hint=f"its options are {', '.join(attributes_of(options)) or 'none'}",
                ) from error
        return operator

    def _code(self, name: str) -> int:
        """The number of an operator code, in the version that the file uses already, or the first."""
        number = numbers_of("BuiltinOperator")[name]
        for place, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == number:
                return place
        # Readers from before 2020 know codes below 127 by the old field (schema.fbs, OperatorCode).
        self.model.operatorCodes.append(
            schema().OperatorCodeT(min(number, 127), None, FIRST_VERSION.get(name, 1), number)
        )
        return len(self.model.operatorCodes) - 1

    def _drop_unused(self, new: Graph) -> None:
        """Numbers that nothing reads any longer are let go; their tensors stay, because others are known by number."""
        read = {name for node in new.nodes for name in node.inputs} | {each.name for each in new.outputs}
        for name in self.graph.constants:
            if name not in read and any(name in node.inputs for node in self.graph.nodes):
                self.body.tensors[self.index[name]].buffer = 0
        used = {tensor.buffer for graph in self.model.subgraphs for tensor in graph.tensors or ()}
        used |= {each.buffer for each in self.model.metadata or ()}
        for place, buffer in enumerate(self.model.buffers):
            if place not in used:
                buffer.data = None

    def _drop_kinds(self) -> None:
        """Kinds of operators that none is of any longer go: LiteRT refuses a file that lists one it does not know.

        So does what only an operator that is gone has called: the comparison of a sort, say.
        """
        for place in self.called - _called(self.model):
            self.model.subgraphs[place].operators = []
        operators = [operator for graph in self.model.subgraphs for operator in graph.operators or ()]
        used = sorted({operator.opcodeIndex for operator in operators})
        self.model.operatorCodes = [self.model.operatorCodes[place] for place in used]
        for operator in operators:
            operator.opcodeIndex = used.index(operator.opcodeIndex)


def _options(name: str) -> tuple[int, Any]:
    """The number of an operator's options, and these with their defaults; None where it has none."""
    options = options_name(name)
    number = numbers_of("BuiltinOptions")[options]
    return number, getattr(schema(), f"{options}T")() if number else None


def _called(model: Any) -> set[int]:
    """The subgraphs that only operators call: those of the network, of other entries, and of what these call."""
    entries = {0, *(each.subgraphIndex for each in model.signatureDefs or ())}
    found, waiting = set[int](), [place for place in entries if place < len(model.subgraphs)]
    while waiting:
        for operator in model.subgraphs[waiting.pop()].operators or ():
            options = operator.builtinOptions if operator.builtinOptions is not None else operator.builtinOptions2
            named = {int(value) for name, value in attributes_of(options).items() if name.endswith("subgraph_index")}
            new = {place for place in named - found - entries if 0 <= place < len(model.subgraphs)}
            found |= new
            waiting += new
    return found


def _shapes(graph: Graph, body: Any, index: Mapping[str, int]) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and type of every tensor that nodes make, for the inputs that the file begins with."""
    feeds = {
        each.name: as_tensor(np.zeros([int(n) for n in body.tensors[index[each.name]].shape], each.dtype))
        for each in graph.inputs
    }
    try:
        found = forward(graph, feeds, keep=[name for node in graph.nodes for name in node.outputs])
    except UsageError as error:
        raise Inexpressible(f"the edited network cannot be computed: {error.what}", where=error.where) from error
    kinds = {"float64": "float32"}
    return {
        name: (tuple(value.shape), kinds.get(str(value.dtype)[6:], str(value.dtype)[6:]))
        for name, value in found.items()
        if name not in feeds
    }


def _grid(scheme: Scheme) -> Any:
    return schema().QuantizationParametersT(
        scale=scheme.scale.astype(np.float32),
        zeroPoint=scheme.zero_point.astype(np.int64),
        quantizedDimension=scheme.axis,
    )


def _type_number(dtype: str) -> int:
    name = next((kind for kind, known in TYPES.items() if known == dtype), None)
    if name is None:
        raise Inexpressible(f"TFLite has no numbers of the type {dtype}", hint="give float32, int32 or int64")
    return numbers_of("TensorType")[name]


def packed(model: Any) -> bytes:
    """The tables as a file, stored numbers where their type may be read directly."""
    builder = package("flatbuffers", "TFLite files").Builder(1024)
    model.buffers = [_aligned(buffer) for buffer in model.buffers]
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _aligned(buffer: Any) -> Any:
    """A buffer that is packed at a multiple of `ALIGNED` bytes, which the generated class does not see to."""
    tables = schema()

    class Aligned:
        def Pack(self, builder: Any) -> Any:  # noqa: N802  the generated code calls it so
            numbers = None if buffer.data is None else bytes(buffer.data)
            if numbers is not None:
                builder.StartVector(1, len(numbers), ALIGNED)
                builder.head -= len(numbers)
                builder.Bytes[builder.head : builder.head + len(numbers)] = numbers
                place = builder.EndVector()
            tables.BufferStart(builder)
            if numbers is not None:
                tables.BufferAddData(builder, place)
            return tables.BufferEnd(builder)

    return Aligned()


def _appended(data: bytes) -> bytes:
    """Files of metadata (labels, vocabularies) that are packed after the tables, as an archive of their own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(info, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, UnsupportedModel, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return b""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return held.getvalue()
