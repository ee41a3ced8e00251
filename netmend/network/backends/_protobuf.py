"""Where in an ONNX file the numbers of each stored tensor lie, so that they can be overwritten in place.

References: Protocol Buffers, "Encoding" (protobuf.dev/programming-guides/encoding); field numbers from `onnx.proto`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netmend.core.errors import BrokenFile

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER = 1, 5
_NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE = 2, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_TENSOR = 1, 5
_TENSOR_FLOATS, _TENSOR_NAME, _TENSOR_RAW, _TENSOR_DOUBLES, _TENSOR_EXTERNAL = 4, 8, 9, 10, 13
_ENTRY_KEY, _ENTRY_VALUE = 1, 2


@dataclass(slots=True)
class StoredTensor:
    """Where a tensor's numbers are.

    Attributes:
        runs: (offset, length) in the file, in order; together the little-endian bytes of the tensor.
        external: file, offset and length of numbers that are in a file of their own; empty otherwise.
    """

    name: str
    runs: list[tuple[int, int]] = field(default_factory=list)
    external: dict[str, str] = field(default_factory=dict)


def stored_tensors(data: bytes) -> dict[str, StoredTensor]:
    """The initialisers and Constant nodes of the main graph of an ONNX file, by tensor name.

    Raises:
        BrokenFile: the bytes are not such a file, or two tensors have one name.
    """
    found: dict[str, StoredTensor] = {}
    for number, kind, start, end in _fields(data, 0, len(data)):
        if (number, kind) != (_MODEL_GRAPH, _BYTES):
            continue
        for part, part_kind, first, last in _fields(data, start, end):
            tensor = None
            if (part, part_kind) == (_GRAPH_INITIALIZER, _BYTES):
                tensor = _tensor(data, first, last)
            elif (part, part_kind) == (_GRAPH_NODE, _BYTES):
                tensor = _constant_node(data, first, last)
            if tensor is not None:
                if tensor.name in found:
                    raise BrokenFile(f"the tensor {tensor.name!r} is stored twice", hint="export the network again")
                found[tensor.name] = tensor
    return found


def _constant_node(data: bytes, start: int, end: int) -> StoredTensor | None:
    operator, output, tensor = "", "", None
    for number, kind, first, last in _fields(data, start, end):
        if kind != _BYTES:
            continue
        if number == _NODE_OPERATOR:
            operator = data[first:last].decode("utf-8", "replace")
        elif number == _NODE_OUTPUT:
            output = data[first:last].decode("utf-8", "replace")
        elif number == _NODE_ATTRIBUTE:
            parts = {part: (a, b) for part, part_kind, a, b in _fields(data, first, last) if part_kind == _BYTES}
            a, b = parts.get(_ATTRIBUTE_NAME, (0, 0))
            if data[a:b] == b"value" and _ATTRIBUTE_TENSOR in parts:
                tensor = _tensor(data, *parts[_ATTRIBUTE_TENSOR])
    if operator != "Constant" or tensor is None:
        return None
    tensor.name = output
    return tensor


def _tensor(data: bytes, start: int, end: int) -> StoredTensor:
    tensor = StoredTensor("")
    for number, kind, first, last in _fields(data, start, end):
        if number == _TENSOR_NAME and kind == _BYTES:
            tensor.name = data[first:last].decode("utf-8", "replace")
        elif number == _TENSOR_RAW and kind == _BYTES:
            tensor.runs = [(first, last - first)]
        elif number in (_TENSOR_FLOATS, _TENSOR_DOUBLES) and kind in (_BYTES, _FIXED32, _FIXED64):
            tensor.runs.append((first, last - first))
        elif number == _TENSOR_EXTERNAL and kind == _BYTES:
            entry = {part: data[a:b].decode("utf-8", "replace") for part, _, a, b in _fields(data, first, last)}
            tensor.external[entry.get(_ENTRY_KEY, "")] = entry.get(_ENTRY_VALUE, "")
    return tensor


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Field number, wire type, and where the payload begins and ends, for each field of a message."""
    while at < end:
        key, at = _varint(data, at, end)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            start = at
            _, at = _varint(data, at, end)
        elif kind in (_FIXED32, _FIXED64):
            start, at = at, at + (4 if kind == _FIXED32 else 8)
        elif kind == _BYTES:
            length, start = _varint(data, at, end)
            at = start + length
        else:
            raise BrokenFile(f"byte {at} is not part of an ONNX file", hint="copy or export the file again")
        if at > end:
            raise BrokenFile("the file ends in the middle of a tensor or node", hint="copy or export it again")
        yield number, kind, start, at


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
    raise BrokenFile("the file ends in the middle of a number", hint="copy or export it again")
