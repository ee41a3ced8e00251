"""ONNX operators on integers, spelled as what they stand for: numbers taken off their grids, an operator on real
numbers, and its answer put on a grid.

So a network in integers is read like one with pairs of QuantizeLinear and DequantizeLinear, which compute the same.
ONNX Runtime itself goes from the one spelling to the other. What edits leave is written back as it stood
(`_onnx_integers_back`).

References: QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger and DynamicQuantizeLinear of the ONNX specification;
ONNX Runtime, "Contrib Operators" (QGemm, QLinearAdd, DynamicQuantizeLSTM, MatMulNBits and others).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from netmend.network.backends._base import package
from netmend.network.backends._onnx_fused import FUSED, masks
from netmend.network.backends._onnx_packed import Packed, packed_of
from netmend.network.backends._onnx_spelling import Group, Spell, Spelling

_CONTRIB = "com.microsoft"

NONE: Mapping[str, int] = MappingProxyType({})

PASSED_ON = ("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Slice")
"""Operators that do the same to integers as to the numbers that these stand for."""


def in_reals(model: Any) -> tuple[Any, tuple[Group, ...]]:
    """A copy of a model that computes in real numbers on grids, and what was spelled anew; itself where nothing was."""
    groups = tuple(_groups(model))
    if not groups:
        return model, ()
    copy = type(model)()
    copy.CopyFrom(model)
    place = {group.old[-1].output[0]: group for group in groups}
    gone = {proto.output[0] for group in groups for proto in group.old}
    # What an edit has left spelled may be what others are spelled with.
    nodes, made = [], {name for proto in model.graph.node for name in proto.output} - gone
    for proto in model.graph.node:
        group = place.get(proto.output[0])
        if group is None:
            nodes += [] if proto.output[0] in gone else [proto]
            continue
        results = set(group.old[-1].output)
        nodes += [each for each in group.new if each.output[0] not in made or each.output[0] in results]
        made.update(each.output[0] for each in group.new)
        if group.packed is not None:
            copy.graph.initializer.extend(group.packed.tensors)
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return copy, groups


def _groups(model: Any) -> Iterator[Group]:
    body, ranks = model.graph, masks(model)
    view = _View(
        makers={name: node for node in body.node for name in node.output if name},
        readers={},
        stored={each.name: each for each in body.initializer},
        outputs={each.name for each in body.output},
    )
    for node in body.node:
        for name in node.input:
            view.readers.setdefault(name, []).append(node)
    grids: dict[str, tuple[str, str]] = {}
    for node in body.node:
        given = [*node.input, *[""] * 16]
        if node.op_type in ("ConvInteger", "MatMulInteger") and not node.domain:
            found = _dynamic(view, node)
        elif node.op_type == "MatMulNBits" and node.domain == _CONTRIB:
            found = _in_blocks(view, node)
        else:
            found = spelled((node,), ranks=ranks)
        if node.op_type == "QuantizeLinear":
            grids[node.output[0]] = given[1], given[2]
        if node.op_type in RESULT:
            place = RESULT[node.op_type]
            grids[node.output[0]] = given[place], given[place + 1]
        if node.op_type in PASSED_ON and given[0] in grids and len(node.output) == 1:
            grids[node.output[0]] = grids[given[0]]
            found = passed_on(node, *grids[given[0]])
        if found is not None:
            yield found


@dataclass(frozen=True, slots=True)
class _View:
    makers: Mapping[str, Any]
    readers: dict[str, list[Any]]
    stored: Mapping[str, Any]
    outputs: set[str]

    def reader(self, tensor: str, op: str) -> Any | None:
        """The only node that reads a tensor, if it is such an operator."""
        readers = self.readers.get(tensor, [])
        alone = len(readers) == 1 and tensor not in self.outputs and readers[0].op_type == op
        return readers[0] if alone else None


def spelled(old: Sequence[Any], main: int = 0, ranks: Mapping[str, int] = NONE) -> Group | None:
    """What nodes of a file are spelled as; None where they stay.

    Args:
        ranks: of tensors whose meaning hangs on their number of axes.
    """
    node = old[main]
    spell = SPELLINGS.get((node.domain, node.op_type))
    if spell is None:
        return None
    spelling = Spelling(node.name or node.output[0], ranks=ranks)
    spell(spelling, node, [*node.input, *[""] * 16])
    return Group(tuple(old), tuple(spelling.made), main, ranks=ranks) if spelling.made else None


def passed_on(node: Any, scale: str, zero: str = "") -> Group:
    """What an operator that does the same to integers as to numbers is spelled as."""
    spelling = Spelling(node.name or node.output[0])
    inner = f"{node.output[0]} before its grid"
    spelling.like(node, node.op_type, [spelling.real(node.input[0], scale, zero), *node.input[1:]], inner)
    spelling.node("QuantizeLinear", [inner, scale, zero], node.output[0])
    return Group((node,), tuple(spelling.made))


def _dynamic(view: _View, node: Any) -> Group | None:
    """A product of integers with its scales behind it, as dynamic quantisation writes it."""
    cast = view.reader(node.output[0], "Cast")
    scaled = None if cast is None else view.reader(cast.output[0], "Mul")
    if cast is None or scaled is None or cast.output[0] not in scaled.input:
        return None
    factor = scaled.input[1 - list(scaled.input).index(cast.output[0])]
    scales = view.makers.get(factor)
    if scales is None or view.reader(factor, "Mul") is None or scales.op_type != "Mul":
        return None
    computed, stored = scales.input if scales.input[1] in view.stored else reversed(scales.input)
    if stored not in view.stored or computed in view.stored:
        return None
    sizes = [each for each in view.stored[stored].dims if each != 1]
    # Along the last axis of what a convolution makes lie its pixels, and not its outputs.
    if sizes and (node.op_type == "ConvInteger" or len(sizes) > 1):
        return None
    return products((node, cast, scales, scaled, *_bias(view, node, scaled)), computed, stored)


def _bias(view: _View, node: Any, scaled: Any) -> tuple[Any, ...]:
    """The nodes that add a stored bias to each channel of what a convolution makes; none where there are none."""
    add = view.reader(scaled.output[0], "Add") if node.op_type == "ConvInteger" else None
    if add is None or len(set(add.input)) < 2:
        return ()
    turned = view.makers.get(add.input[1 - list(add.input).index(scaled.output[0])])
    if turned is None or turned.op_type != "Reshape" or view.reader(turned.output[0], "Add") is None:
        return ()
    bias, shape = (view.stored.get(name) for name in turned.input[:2])
    outputs = view.stored[node.input[1]].dims[:1] if node.input[1] in view.stored else []
    if bias is None or shape is None or list(bias.dims) != list(outputs):
        return ()
    rank = len(view.stored[node.input[1]].dims)
    sizes = package("onnx.numpy_helper", "reading ONNX files").to_array(shape).tolist()
    return (turned, add) if sizes in ([1, size, *[1] * (rank - 2)] for size in (-1, *outputs)) else ()


def products(old: Sequence[Any], computed: str, stored: str) -> Group:
    """What a product of integers, a cast, a product of scales and the product with that are spelled as.

    Args:
        old: those nodes, and those that bring a bias into shape and add it, if there is one.
    """
    node = old[0]
    given = [*node.input, "", ""]
    spelling = Spelling(node.name or node.output[0])
    axis = 0 if node.op_type == "ConvInteger" else -1
    inputs = [spelling.real(given[0], computed, given[2]), spelling.real(given[1], stored, given[3], axis)]
    inputs += [old[4].input[0]] if len(old) > 4 else []
    spelling.like(node, node.op_type.removesuffix("Integer"), inputs, old[-1].output[0])
    return Group(tuple(old), tuple(spelling.made))


def _in_blocks(view: _View, node: Any) -> Group | None:
    """A product with weights of which several are in a byte, each block with its own scale."""
    packed = packed_of(node, view.stored)
    return None if packed is None else blocks(node, packed)


def blocks(node: Any, packed: Packed) -> Group:
    """What a product with packed weights is spelled as."""
    spelling = Spelling(node.name or node.output[0])
    names = [each.name for each in packed.tensors]
    weight = f"{names[0]} by {names[1]}"
    spelling.node("DequantizeLinear", names, weight, axis=0, block_size=packed.block)
    bias = node.input[5] if len(node.input) > 5 else ""
    inner = f"{node.output[0]} without bias" if bias else node.output[0]
    spelling.node("MatMul", [node.input[0], weight], inner)
    if bias:
        spelling.node("Add", [inner, bias], node.output[0])
    return Group((node,), tuple(spelling.made), packed=packed)


def _inner(node: Any) -> str:
    return f"{node.output[0]} before its grid"


def _conv(to: Spelling, node: Any, given: Sequence[str]) -> None:
    inputs = (
        to.taken(given, 0),
        to.taken(given, 3, 0),
        to.bias(given[8], (given[1], given[4])),
    )
    to.node("QuantizeLinear", [to.like(node, "Conv", inputs, _inner(node)), *given[6:8]], node.output[0])


def _matmul(to: Spelling, node: Any, given: Sequence[str]) -> None:
    inputs = to.taken(given, 0), to.taken(given, 3, -1)
    to.node("QuantizeLinear", [to.like(node, "MatMul", inputs, _inner(node)), *given[6:8]], node.output[0])


def _gemm(to: Spelling, node: Any, given: Sequence[str]) -> None:
    attributes = {each.name: each for each in node.attribute}
    if "alpha" in attributes and attributes["alpha"].f != 1:
        return
    axis = 0 if "transB" in attributes and attributes["transB"].i else 1
    inputs = (
        to.taken(given, 0),
        to.taken(given, 3, axis),
        to.bias(given[6], (given[1], given[4])),
    )
    inner = to.like(node, "Gemm", inputs, _inner(node) if given[7] else node.output[0])
    if given[7]:
        to.node("QuantizeLinear", [inner, *given[7:9]], node.output[0])


def _two(op: str) -> Spell:
    def spell(to: Spelling, node: Any, given: Sequence[str]) -> None:
        inner = to.node(op, [to.taken(given, 0), to.taken(given, 3)], _inner(node))
        to.node("QuantizeLinear", [inner, *given[6:8]], node.output[0])

    return spell


def _one(op: str, *without: str) -> Spell:
    def spell(to: Spelling, node: Any, given: Sequence[str]) -> None:
        if any(each.name == "channels_last" and each.i for each in node.attribute):
            return
        inner = to.like(node, op, [to.taken(given, 0)], _inner(node), "channels_last", *without)
        to.node("QuantizeLinear", [inner, *given[3:5]], node.output[0])

    return spell


def _concat(to: Spelling, node: Any, given: Sequence[str]) -> None:
    parts = [to.taken(given, at) for at in range(2, len(node.input), 3)]
    to.node("QuantizeLinear", [to.like(node, "Concat", parts, _inner(node)), *given[:2]], node.output[0])


def _where(to: Spelling, node: Any, given: Sequence[str]) -> None:
    inner = to.node("Where", [given[0], to.taken(given, 1), to.taken(given, 4)], _inner(node))
    to.node("QuantizeLinear", [inner, *given[7:9]], node.output[0])


def _standard(to: Spelling, node: Any, given: Sequence[str]) -> None:
    to.like(node, node.op_type, given[:3], node.output[0])


def _dynamic_matmul(to: Spelling, node: Any, given: Sequence[str]) -> None:
    codes = [f"{node.output[0]} {what}" for what in ("codes", "scale", "zero point")]
    to.node("DynamicQuantizeLinear", [given[0]], codes[0])
    to.made[-1].output.extend(codes[1:])
    _with_bias(to, node, [to.taken(codes, 0), to.taken(given, 1, -1)], given[4])


def _scaled_matmul(to: Spelling, node: Any, given: Sequence[str]) -> None:
    left, right = to.real(given[0], given[2], given[4]), to.real(given[1], given[3], given[5], -1)
    _with_bias(to, node, [left, right], given[6])


def _with_bias(to: Spelling, node: Any, factors: Sequence[str], bias: str) -> None:
    inner = to.node("MatMul", factors, f"{node.output[0]} without bias" if bias else node.output[0])
    if bias:
        to.node("Add", [inner, bias], node.output[0])


def _lstm(to: Spelling, node: Any, given: Sequence[str]) -> None:
    codes = [f"{node.output[0]} {what}" for what in ("codes", "scale", "zero point")]
    to.node("DynamicQuantizeLinear", [given[0]], codes[0])
    to.made[-1].output.extend(codes[1:])
    weights = []
    both = any(each.s == b"bidirectional" for each in node.attribute)
    for tensor, scale, zero in ((given[1], *given[8:10]), (given[2], *given[10:12])):
        real = to.real(tensor, scale, zero, 0 if both else 2)
        weights.append(to.node("Transpose", [real], f"{real} turned", perm=[0, 2, 1]))
    to.like(node, "LSTM", [to.taken(codes, 0), *weights, *given[3:8]], node.output[0])
    to.made[-1].output.extend(node.output[1:])
    helper = package("onnx.helper", "reading ONNX files")
    to.made[-1].attribute.append(helper.make_attribute("state_on_grid", 1))


SPELLINGS: Mapping[tuple[str, str], Spell] = {
    ("", "QLinearConv"): _conv,
    ("", "QLinearMatMul"): _matmul,
    (_CONTRIB, "QGemm"): _gemm,
    (_CONTRIB, "QLinearAdd"): _two("Add"),
    (_CONTRIB, "QLinearMul"): _two("Mul"),
    (_CONTRIB, "QLinearSigmoid"): _one("Sigmoid"),
    (_CONTRIB, "QLinearLeakyRelu"): _one("LeakyRelu"),
    (_CONTRIB, "QLinearSoftmax"): _one("Softmax", "opset"),
    (_CONTRIB, "QLinearAveragePool"): _one("AveragePool"),
    (_CONTRIB, "QLinearGlobalAveragePool"): _one("GlobalAveragePool"),
    (_CONTRIB, "QLinearReduceMean"): _one("ReduceMean"),
    (_CONTRIB, "QLinearConcat"): _concat,
    (_CONTRIB, "QLinearWhere"): _where,
    (_CONTRIB, "QuantizeLinear"): _standard,
    (_CONTRIB, "DequantizeLinear"): _standard,
    (_CONTRIB, "MatMulIntegerToFloat"): _scaled_matmul,
    (_CONTRIB, "DynamicQuantizeMatMul"): _dynamic_matmul,
    (_CONTRIB, "DynamicQuantizeLSTM"): _lstm,
    **FUSED,
}
"""By domain and operator."""

RESULT: Mapping[str, int] = {
    "QLinearConv": 6, "QLinearMatMul": 6, "QGemm": 7, "QLinearAdd": 6, "QLinearMul": 6, "QLinearSigmoid": 3,
    "QLinearLeakyRelu": 3, "QLinearSoftmax": 3, "QLinearAveragePool": 3, "QLinearGlobalAveragePool": 3,
    "QLinearReduceMean": 3, "QLinearConcat": 0, "QLinearWhere": 7,
}  # fmt: skip
"""Where operators read the scale of what they make; its zero point comes after it."""
