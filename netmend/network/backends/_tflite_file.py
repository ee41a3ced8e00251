"""TFLite files taken apart: their tables, their numbers and where these lie, without trusting a single offset.

A FlatBuffer is read by Python's bounds-checked struct and NumPy alone, and only after its tables were counted: a few
bytes can name the same table a million times. What a runtime takes for granted (indices, sizes) is checked here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._base import package
from netmend.network.backends._tflite_schema import TYPES, names_of, schema
from netmend.network.graph import Array
from netmend.network.quantisation import Scheme

IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every TFLite file (schema.fbs, `file_identifier`)."""

LARGEST = 2**31 - 1
"""Most entries of a tensor: LiteRT counts them in 32 bits."""

_DAMAGED = (struct.error, IndexError, ValueError, TypeError, OverflowError, RecursionError, AttributeError, MemoryError)


@dataclass(frozen=True, slots=True, eq=False)
class TfliteFile:
    """A file taken apart.

    Attributes:
        data: the file. model: its tables, as LiteRT's classes.
        names: of the tensors of the first subgraph, each a name of its own.
        constants: numbers that are stored, by name. schemes: how integers stand for real numbers.
        places: where the bytes of each constant begin in the file; none for empty ones and shared ones.
    """

    data: bytes
    model: Any
    names: tuple[str, ...]
    constants: Mapping[str, Array]
    schemes: Mapping[str, Scheme]
    places: Mapping[str, int]

    @property
    def body(self) -> Any:
        """The subgraph that is the network."""
        return self.model.subgraphs[0]


def read(data: bytes, name: str) -> TfliteFile:
    """Take a file apart.

    Args:
        name: of the file, for messages.

    Raises:
        BrokenFile: it is truncated, damaged or hostile. UnsupportedModel: it stores numbers in a way not known here.
    """
    if data[4:8] != IDENTIFIER:
        raise BrokenFile(f"{name} is not a TFLite file", hint="is it really a TFLite network?")
    try:
        _count(data)
        model = schema().ModelT.InitFromPackedBuf(data)
        return _checked(data, model)
    except _DAMAGED as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BrokenFile(f"{name} is damaged: {text}", hint="copy or convert it again") from error


def _count(data: bytes) -> None:
    """Refuse a file that unpacks to more tables and numbers than it has bytes, which none does that shares nothing."""
    model = schema().Model.GetRootAs(data)
    left = len(data)

    def spend(count: int) -> int:
        nonlocal left
        left -= count
        if left < 0:
            raise ValueError("it names the same parts again and again")
        return count

    for place in range(spend(model.BuffersLength())):
        spend(model.Buffers(place).DataLength())
    for place in range(spend(model.SubgraphsLength())):
        graph = model.Subgraphs(place)
        for index in range(spend(graph.TensorsLength())):
            tensor = graph.Tensors(index)
            spend(tensor.ShapeLength() + tensor.ShapeSignatureLength())
            grid = tensor.Quantization()
            if grid is not None:
                spend(grid.ScaleLength() + grid.ZeroPointLength() + grid.MinLength() + grid.MaxLength())
        for index in range(spend(graph.OperatorsLength())):
            operator = graph.Operators(index)
            spend(operator.InputsLength() + operator.OutputsLength() + operator.CustomOptionsLength())
    for place in range(spend(model.SignatureDefsLength())):
        signature = model.SignatureDefs(place)
        spend(signature.InputsLength() + signature.OutputsLength())
    spend(model.OperatorCodesLength() + model.MetadataLength())


def _checked(data: bytes, model: Any) -> TfliteFile:
    if not model.subgraphs or not model.buffers or not model.operatorCodes:
        raise ValueError("it holds no network")
    if any(each.offset > 1 or each.size > 1 for each in model.buffers) or model.externalBuffers:
        raise UnsupportedModel("the network keeps numbers outside of its tables", hint="convert it again, below 2 GB")
    body = model.subgraphs[0]
    if not body.tensors or body.operators is None or body.inputs is None or body.outputs is None:
        raise ValueError("its network has no tensors, operators, inputs or outputs")
    count = len(body.tensors)
    for operator in body.operators:
        if not 0 <= operator.opcodeIndex < len(model.operatorCodes):
            raise ValueError("an operator is of a kind that the file does not list")
        _indices(_listed(operator.inputs), -1, count)
        _indices(_listed(operator.outputs), 0, count)
        _indices(_listed(operator.intermediates), -1, count)
    _indices(body.inputs, 0, count)
    _indices(body.outputs, 0, count)
    names = _unique(tensor.name for tensor in body.tensors)
    made = {int(index) for operator in body.operators for index in _listed(operator.outputs)}
    outside = made | {int(index) for index in body.inputs}
    base = np.frombuffer(data, np.uint8)
    owners = np.bincount([tensor.buffer for graph in model.subgraphs for tensor in graph.tensors or ()])
    constants, schemes, places = {}, {}, {}
    for index, (name, tensor) in enumerate(zip(names, body.tensors, strict=True)):
        if not 0 <= tensor.buffer < len(model.buffers):
            raise ValueError(f"the tensor {name!r} lies in a buffer that is not there")
        shape = shape_of(tensor)
        scheme = _scheme(tensor, shape)
        if scheme is not None:
            schemes[name] = scheme
        stored = model.buffers[tensor.buffer].data
        if index not in outside and (stored is not None or tensor.isVariable or prod(shape) == 0):
            constants[name] = _numbers(name, tensor, shape, stored)
            if stored is not None and len(stored) and owners[tensor.buffer] == 1 and not tensor.isVariable:
                places[name] = _start(base, stored)
    return TfliteFile(data, model, names, constants, schemes, places)


def _listed(indices: Any) -> Any:
    return () if indices is None else indices


def _indices(given: Iterable[int], lowest: int, count: int) -> None:
    if any(not lowest <= index < count for index in given):
        raise ValueError("an operator reads or makes a tensor that is not there")


def _unique(stored: Iterable[bytes | None]) -> tuple[str, ...]:
    """Names as they are stored, with the number of the tensor where one is missing or repeated."""
    names = [(each or b"").decode("utf-8", "replace") for each in stored]
    seen: set[str] = set(names) if len(set(names)) < len(names) else set()
    taken: set[str] = set()
    result = []
    for index, name in enumerate(names):
        unique = name
        if not name or name in taken:
            unique = f"{name or 'tensor'}#{index}"
            while unique in seen or unique in taken:
                unique += "'"
        taken.add(unique)
        result.append(unique)
    return tuple(result)


def shape_of(tensor: Any) -> tuple[int, ...]:
    """The shape that the runtime begins with."""
    shape = tuple(int(size) for size in _listed(tensor.shape))
    declared = tuple(int(size) for size in _listed(tensor.shapeSignature)) or shape
    agree = len(declared) == len(shape) and all(
        size in (-1, length) for size, length in zip(declared, shape, strict=True)
    )
    if min(shape, default=0) < 0 or prod(shape) > LARGEST or not agree:
        raise ValueError(f"a tensor has the shape {shape}, declared as {declared}")
    return shape


def _scheme(tensor: Any, shape: tuple[int, ...]) -> Scheme | None:
    grid = tensor.quantization
    kind = names_of("TensorType").get(tensor.type, "")
    if grid is None or grid.scale is None or not len(grid.scale) or "INT" not in kind or kind not in TYPES:
        return None
    if grid.detailsType:
        raise UnsupportedModel(
            "the network is quantised in a way of its own", hint="convert it with integers of TFLite"
        )
    scale = np.array(grid.scale, np.float32)
    zero = np.zeros(len(scale), np.int64) if grid.zeroPoint is None else np.array(grid.zeroPoint, np.int64)
    axis = int(grid.quantizedDimension)
    if zero.size == 1:
        zero = np.repeat(zero, len(scale))
    limits = np.iinfo(TYPES[kind])
    fits = len(scale) == 1 or (0 <= axis < len(shape) and shape[axis] == len(scale))
    fits = fits and bool(((zero >= limits.min) & (zero <= limits.max)).all())
    if not (np.isfinite(scale).all() and (scale > 0).all() and len(zero) == len(scale) and fits):
        raise ValueError("a tensor is quantised with scales that do not fit it")
    return Scheme(scale, zero, TYPES[kind], axis)


def _numbers(name: str, tensor: Any, shape: tuple[int, ...], stored: Array | None) -> Array:
    kind = names_of("TensorType").get(tensor.type, str(tensor.type))
    if kind not in TYPES or tensor.sparsity is not None:
        what = "sparse numbers" if tensor.sparsity is not None else kind
        raise UnsupportedModel(f"the tensor {name!r} stores {what}", hint="convert the network with plain numbers")
    dtype = package("ml_dtypes", "numbers in bfloat16").bfloat16 if kind == "BFLOAT16" else np.dtype(TYPES[kind])
    if stored is None or tensor.isVariable:
        return np.zeros(shape, dtype)
    if kind == "INT4":
        stored = _halves(stored, prod(shape))
    if len(stored) != prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"the tensor {name!r} of shape {shape} has {len(stored)} bytes")
    return stored.view(dtype).reshape(shape)


def _halves(stored: Array, count: int) -> Array:
    """Integers of four bits, two to a byte, the lower half first."""
    if len(stored) != (count + 1) // 2:
        return stored[:0]
    both = np.stack([stored & 15, stored >> 4], 1).reshape(-1)[:count].astype(np.int8)
    return ((both ^ 8) - 8).view(np.uint8)


def _start(base: Array, view: Array) -> int:
    one, other = base.__array_interface__["data"][0], view.__array_interface__["data"][0]
    return int(other - one)
