"""The network of a TFLite file as a graph: one node for each operator, with the names that the file gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._tflite_file import TfliteFile, shape_of
from netmend.network.backends._tflite_schema import TYPES, attributes_of, names_of, operator_name
from netmend.network.graph import Array, Graph, Node, Signature, in_order
from netmend.network.ops._base import LARGEST

OPSET = 20
"""Version of the standard operators, for such as are put between those of TFLite; those of TFLite have none."""


# Inputs that may be left out; of other operators none.
_ABSENT: Mapping[str, frozenset[int]] = {
    **dict.fromkeys(
        ("tflite:CONV_2D", "tflite:DEPTHWISE_CONV_2D", "tflite:CONV_3D", "tflite:FULLY_CONNECTED"), frozenset({2})
    ),
    **dict.fromkeys(("tflite:TRANSPOSE_CONV", "tflite:CONV_3D_TRANSPOSE"), frozenset({3})),
    "tflite:SVDF": frozenset({3}),
    **dict.fromkeys(
        (
            "tflite:LSTM",
            "tflite:UNIDIRECTIONAL_SEQUENCE_LSTM",
            "tflite:BIDIRECTIONAL_SEQUENCE_LSTM",
            "tflite:BIDIRECTIONAL_SEQUENCE_RNN",
        ),
        frozenset(range(48)),
    ),
}


# What computes in 8 or 16 bits only with a grid to compute on.
_ON_GRIDS = {
    f"tflite:{name}"
    for name in (
        "ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "DIV",
        "FULLY_CONNECTED", "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LOGISTIC", "LOG_SOFTMAX", "MAX_POOL_2D",
        "MEAN", "MUL", "PRELU", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "RESIZE_BILINEAR", "RSQRT", "SOFTMAX",
        "SQUARED_DIFFERENCE", "SUB", "SUM", "TANH", "TRANSPOSE_CONV", "UNIDIRECTIONAL_SEQUENCE_LSTM",
    )
}  # fmt: skip
# Inputs that say how large an output is, or how much larger than what is read.
_SIZES: Mapping[str, int] = {
    **dict.fromkeys(("tflite:PAD", "tflite:PADV2", "tflite:MIRROR_PAD", "tflite:TILE", "tflite:BROADCAST_TO"), 1),
    **dict.fromkeys(("tflite:RESIZE_BILINEAR", "tflite:RESIZE_NEAREST_NEIGHBOR"), 1),
    **dict.fromkeys(("tflite:FILL", "tflite:TRANSPOSE_CONV"), 0),
    "tflite:SPACE_TO_BATCH_ND": 2,
}
_SUMS = ("tflite:ADD", "tflite:SUB")
_SMALL = ("INT8", "UINT8", "INT16", "INT4")

STEEPEST = 2.0**18
"""How many steps of an output's grid one step of an input's may be at most: LiteRT adds integers shifted by 20 bits and
ends the process where that is not enough (reference/add.h and quantization_util.cc)."""


def _refuse_what_crashes(file: TfliteFile, operator: Any, op: str, inputs: tuple[str, ...]) -> None:
    """What LiteRT takes for granted and, where it is not so, ends the process: inputs, and grids of integers.

    Raises:
        BrokenFile: an operator lacks one.
    """
    where, hint = f"node {file.names[operator.outputs[0]]!r}", "convert it again"
    absent = {place for place, each in enumerate(inputs) if not each}
    if absent - _ABSENT.get(op, frozenset()):
        raise BrokenFile(f"{op} lacks an input that it needs", where=where, hint=hint)
    if op in _SIZES and len(inputs) > _SIZES[op]:
        asked = np.abs(file.constants.get(inputs[_SIZES[op]], np.zeros(0)).astype(np.float64))
        sizes = asked.sum(1) + 1 if asked.ndim == 2 else np.maximum(asked, 1)
        if sizes.prod() > LARGEST:
            raise BrokenFile(f"{op} asks for {sizes.prod():.0f} entries", where=where, hint=hint)
    if op not in _ON_GRIDS:
        return
    held = [int(index) for index in (*_listed(operator.inputs), *operator.outputs) if index >= 0]
    small = [index for index in held if names_of("TensorType").get(file.body.tensors[index].type) in _SMALL]
    if any(file.names[index] not in file.schemes for index in small):
        raise BrokenFile(f"{op} reads or makes integers without a scale", where=where, hint=hint)
    data, made = (int(side[place]) for side, place in ((held, 2 if op == "tflite:TRANSPOSE_CONV" else 0), (held, -1)))
    if op != "tflite:DEQUANTIZE" and (data in small) != (made in small):
        raise BrokenFile(f"{op} makes real numbers from integers, or the other way round", where=where, hint=hint)
    scales = [float(file.schemes[file.names[index]].scale.max()) for index in small]
    if op in _SUMS and scales and max(scales) > STEEPEST * scales[-1]:
        raise BrokenFile(f"{op} goes from one grid to another that is far finer", where=where, hint=hint)


def graph_of(file: TfliteFile) -> Graph:
    """The graph; a batch of one that is wired in becomes one of any length (operators in `ops/tflite_*` follow it).

    Raises:
        BrokenFile: a tensor is made twice, or never. UnsupportedModel: an operator or a type is not known.
    """
    body, names = file.body, file.names
    nodes: list[Node] = []
    for place, operator in enumerate(body.operators):
        if operator.outputs is None or not len(operator.outputs):
            raise UnsupportedModel(f"operator {place} makes nothing", hint="convert the network for inference")
        outputs = tuple(names[index] for index in operator.outputs)
        inputs = tuple(names[index] if index >= 0 else "" for index in _listed(operator.inputs))
        op = operator_name(file.model.operatorCodes[operator.opcodeIndex])
        _refuse_what_crashes(file, operator, op, inputs)
        options = operator.builtinOptions if operator.builtinOptions is not None else operator.builtinOptions2
        nodes.append(Node(_called(outputs[0], nodes), op, inputs, outputs, attributes_of(options)))
    takes = tuple(_signature(names[index], body.tensors[index]) for index in body.inputs)
    gives = tuple(_signature(names[index], body.tensors[index]) for index in body.outputs)
    known = [*file.constants, *(each.name for each in takes)]
    ordered = in_order(nodes, known)
    made = {name for node in ordered for name in node.outputs} | set(known)
    if not gives or any(each.name not in made for each in gives):
        raise BrokenFile("the network has an output that nothing computes", hint="convert it again")
    return Graph(ordered, {**file.constants, **_to_the_end(file)}, takes, gives, OPSET, file.schemes)


# How operators that cut pieces out say "to the end" of an axis, in their third input.
_TO_THE_END: Mapping[str, int] = {"tflite:SLICE": -1, "tflite:STRIDED_SLICE": 2**31 - 1}


def _to_the_end(file: TfliteFile) -> dict[str, Array]:
    """Sizes and ends of pieces, by name, that say of axes of one entry which are taken whole that they are.

    A file for one row takes one row; the graph is for any number of them. What other operators read too, or pieces of
    which not all take such an axis whole, stays as it is.
    """
    readers: dict[str, list[Any]] = {}
    for operator in file.body.operators:
        for name in {file.names[index] for index in _listed(operator.inputs) if index >= 0} & file.constants.keys():
            readers.setdefault(name, []).append(operator)
    found = {}
    for name, operators in readers.items():
        kinds = {operator_name(file.model.operatorCodes[each.opcodeIndex]) for each in operators}
        if len(kinds) == 1 and kinds <= _TO_THE_END.keys():
            axes = sorted(set.intersection(*(_taken_whole(file, each, name) for each in operators)))
            if axes:
                found[name] = file.constants[name].copy()
                found[name][axes] = _TO_THE_END[kinds.pop()]
    return found


def _taken_whole(file: TfliteFile, operator: Any, name: str) -> set[int]:
    """Axes of one entry that a piece holds whole; none where the constant is not what says how far the piece goes."""
    inputs = [file.names[index] if index >= 0 else "" for index in operator.inputs]
    if inputs.index(name) != 2 or inputs[1] not in file.constants:
        return set()
    options = attributes_of(operator.builtinOptions)
    if any(options.get(each) for each in ("new_axis_mask", "ellipsis_mask", "offset")):
        return set()
    begins, far = file.constants[inputs[1]].reshape(-1), file.constants[name].reshape(-1)
    steps = file.constants.get(inputs[3]) if len(inputs) > 3 else np.ones(len(begins))
    lengths = shape_of(file.body.tensors[operator.inputs[0]])
    if steps is None or not len(begins) == len(far) == len(steps) <= len(lengths):
        return set()
    gone = int(options.get("shrink_axis_mask", 0))
    pieces = zip(lengths, begins, far, steps, strict=False)
    return {
        axis for axis, piece in enumerate(pieces) if tuple(map(int, piece)) == (1, 0, 1, 1) and not gone & 1 << axis
    }


def _called(output: str, before: list[Node]) -> str:
    """The name of a node: its output's; where a converter has strung many names together, the first of them."""
    first = output.partition(";")[0]
    return output if any(node.name == first for node in before) else first


def _listed(indices: Any) -> Any:
    return () if indices is None else indices


def _signature(name: str, tensor: Any) -> Signature:
    kind = names_of("TensorType").get(tensor.type, str(tensor.type))
    if kind not in TYPES:
        raise UnsupportedModel(f"{name!r} holds {kind}, not numbers")
    declared = tensor.shapeSignature if tensor.shapeSignature is not None and len(tensor.shapeSignature) else None
    sizes = [int(size) for size in (shape_of(tensor) if declared is None else declared)]
    shape = tuple(None if size < 0 or (axis == 0 and size == 1) else size for axis, size in enumerate(sizes))
    return Signature(name, shape, TYPES[kind])
