"""Operators into which ONNX Runtime's optimisers fuse several, spelled as those again.

They are what `onnxruntime.transformers.optimizer`, Optimum and a session's optimised model write. What edits leave is
written back as it stood (`_onnx_integers_back`).

Reference: ONNX Runtime, "Contrib Operators".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netmend.network.backends._base import package
from netmend.network.backends._onnx_spelling import Spell, Spelling

_CONTRIB = "com.microsoft"

_ATTENTION = ("Attention", "QAttention")

_HIDDEN = float(np.finfo(np.float32).min)
"""What is added to the score of a later place that an earlier one must not see."""


def masks(model: Any) -> dict[str, int]:
    """How many axes tensors have, where operators are fused whose mask means another thing with one and with two."""
    if not any(node.op_type in _ATTENTION and node.domain == _CONTRIB for node in model.graph.node):
        return {}
    shapes = package("onnx.shape_inference", "reading ONNX files")
    try:
        body = shapes.infer_shapes(model).graph
    except Exception:  # beyond two gigabytes, and for what is no network; a mask is then not understood
        return {}
    known = [each for each in (*body.input, *body.value_info) if each.type.tensor_type.HasField("shape")]
    return {each.name: len(each.type.tensor_type.shape.dim) for each in known}


def _attributes(node: Any) -> dict[str, Any]:
    helper = package("onnx.helper", "reading ONNX files")
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _activated(to: Spelling, node: Any, value: str, activation: str, parameters: Sequence[float]) -> None:
    """The activation at the end of a fused layer, which makes what the layer makes."""
    out = node.output[0]
    names = {"LeakyRelu": ("alpha",), "HardSigmoid": ("alpha", "beta"), "Elu": ("alpha",)}
    if activation == "Clip":
        ends = [to.number(float(each), f"{out} end {at}") for at, each in enumerate(parameters)]
        to.node("Clip", [value, *ends], out)
    else:
        to.node(activation, [value], out, **dict(zip(names.get(activation, ()), map(float, parameters), strict=False)))


def _fused_conv(to: Spelling, node: Any, given: Sequence[str]) -> None:
    own = _attributes(node)
    activation = own.get("activation", b"").decode()
    out = node.output[0]
    ends = [f"{out} convolved" if given[3] or activation else out, f"{out} summed" if activation else out]
    value = to.like(node, "Conv", given[:3], ends[0], "activation", "activation_params")
    value = to.node("Add", [value, given[3]], ends[1]) if given[3] else value
    if activation:
        _activated(to, node, value, activation, own.get("activation_params", ()))


def _fused_gemm(to: Spelling, node: Any, given: Sequence[str]) -> None:
    own = _attributes(node)
    added = [name for name in own if name.startswith("activation")]
    inner = to.like(node, "Gemm", given[:3], f"{node.output[0]} multiplied", *added)
    parameters = [own[f"activation_{name}"] for name in ("alpha", "beta") if f"activation_{name}" in own]
    _activated(to, node, inner, own["activation"].decode(), parameters)


def _fused_matmul(to: Spelling, node: Any, given: Sequence[str]) -> None:
    """A product whose factors may be turned, whatever their number of axes, and a factor."""
    own, out = _attributes(node), node.output[0]
    if own.get("transBatchA") or own.get("transBatchB"):
        return
    alpha = float(own.get("alpha", 1.0))
    product = out if alpha == 1 else f"{out} product"
    if own.get("transA") or own.get("transB"):
        left, right = "...ji" if own.get("transA") else "...ij", "...kj" if own.get("transB") else "...jk"
        to.node("Einsum", given[:2], product, equation=f"{left},{right}->...ik")
    else:
        to.node("MatMul", given[:2], product)
    if alpha != 1:
        to.node("Mul", [product, to.number(alpha, f"{out} alpha")], out)


def _gelu(to: Spelling, value: str, out: str) -> None:
    scaled = to.node("Div", [value, to.number(math.sqrt(2), f"{out} root of 2")], f"{out} scaled")
    one, half = to.number(1.0, f"{out} one"), to.number(0.5, f"{out} half")
    share = to.node("Add", [to.node("Erf", [scaled], f"{out} erf"), one], f"{out} share")
    to.node("Mul", [to.node("Mul", [value, share], f"{out} doubled"), half], out)


def _plain_gelu(to: Spelling, node: Any, given: Sequence[str]) -> None:
    _gelu(to, given[0], node.output[0])


def _bias_gelu(to: Spelling, node: Any, given: Sequence[str]) -> None:
    _gelu(to, to.node("Add", given[:2], f"{node.output[0]} with bias"), node.output[0])


def _fast_gelu(to: Spelling, node: Any, given: Sequence[str]) -> None:
    out = node.output[0]
    value = to.node("Add", given[:2], f"{out} with bias") if given[1] else given[0]
    cube = to.node("Mul", [to.node("Mul", [value, value], f"{out} square"), value], f"{out} cube")
    small = to.node("Mul", [cube, to.number(0.044715, f"{out} share of the cube")], f"{out} small")
    inner = to.node("Add", [value, small], f"{out} inner")
    scaled = to.node("Mul", [inner, to.number(math.sqrt(2 / math.pi), f"{out} factor")], f"{out} scaled")
    one, half = to.number(1.0, f"{out} one"), to.number(0.5, f"{out} half")
    share = to.node("Add", [to.node("Tanh", [scaled], f"{out} tanh"), one], f"{out} share")
    to.node("Mul", [to.node("Mul", [value, share], f"{out} doubled"), half], out)


def _quick_gelu(to: Spelling, node: Any, given: Sequence[str]) -> None:
    out, alpha = node.output[0], float(_attributes(node).get("alpha", 1.702))
    scaled = to.node("Mul", [given[0], to.number(alpha, f"{out} alpha")], f"{out} scaled")
    to.node("Mul", [given[0], to.node("Sigmoid", [scaled], f"{out} share")], out)


def _skip_norm(to: Spelling, node: Any, given: Sequence[str]) -> None:
    """A sum of two tensors, and a bias, that is normalised; the sum may be asked for."""
    outputs = [*node.output, "", "", ""]
    if outputs[1] or outputs[2]:
        return
    total = outputs[3] or f"{node.output[0]} summed"
    between = f"{node.output[0]} without bias" if given[4] else total
    value = to.node("Add", given[:2], between)
    value = to.node("Add", [value, given[4]], total) if given[4] else value
    # What is not said is not the same for the two operators.
    to.node("LayerNormalization", [value, *given[2:4]], node.output[0], epsilon=_attributes(node).get("epsilon", 1e-12))


def _attention(to: Spelling, node: Any, given: Sequence[str]) -> None:
    """Attention of several heads, whose three projections are one product."""
    product = to.node("MatMul", given[:2], f"{node.output[0]} product")
    _heads(to, node, to.node("Add", [product, given[2]], f"{node.output[0]} projected") if given[2] else product, given)


def _integer_attention(to: Spelling, node: Any, given: Sequence[str]) -> None:
    """The same of integers, which it gives as real numbers."""
    left, right = to.real(given[0], given[3], given[6]), to.real(given[1], given[4], given[7], -1)
    product = to.node("MatMul", [left, right], f"{node.output[0]} product")
    projected = to.node("Add", [product, given[2]], f"{node.output[0]} projected")
    _heads(to, node, projected, [*[""] * 3, given[5], given[8], *[""] * 8])


def _heads(to: Spelling, node: Any, projected: str, given: Sequence[str]) -> None:
    """What attention makes of its projections; `given` as of Attention."""
    own, out = _attributes(node), node.output[0]
    rank = to.ranks.get(given[3]) if given[3] else 2
    known = {"num_heads", "unidirectional", "mask_filter_value", "scale"}
    said = {name for name, value in own.items() if value not in (0, 0.0)}
    if given[4] or given[6] or len([name for name in node.output if name]) > 1 or rank not in (1, 2) or said - known:
        del to.made[:]
        return
    apart = to.node(
        "Reshape", [projected, to.number([0, 0, 3, int(own["num_heads"]), -1], f"{out} heads")], f"{out} apart"
    )
    parts = []
    for at, name in enumerate(("query", "key", "value")):
        ends = [to.number([each], f"{out} {name} {word}") for word, each in (("from", at), ("to", at + 1), ("axis", 2))]
        part = to.node("Slice", [apart, *ends], f"{out} {name} alone")
        flat = to.node(
            "Reshape", [part, to.number([0, 0, int(own["num_heads"]), -1], f"{out} {name} shape")], f"{out} {name}"
        )
        order = [0, 2, 3, 1] if name == "key" else [0, 2, 1, 3]
        parts.append(to.node("Transpose", [flat], f"{out} {name} turned", perm=order))
    scores = to.node("MatMul", parts[:2], f"{out} raw scores")
    scores = _scaled(to, scores, parts[0], own.get("scale", 0.0), out)
    for added in (*_shadows(to, node, given[3], rank or 2, parts[2], own), *([given[5]] if given[5] else [])):
        scores = to.node("Add", [scores, added], f"{scores} and {added}")
    shares = to.node("Softmax", [scores], f"{out} shares", axis=3)
    mixed = to.node("MatMul", [shares, parts[2]], f"{out} mixed")
    turned = to.node("Transpose", [mixed], f"{out} turned", perm=[0, 2, 1, 3])
    to.node("Reshape", [turned, to.number([0, 0, -1], f"{out} shape")], out)


def _scaled(to: Spelling, scores: str, query: str, scale: float, out: str) -> str:
    """Scores by a stated factor, or by the root of the length of a head."""
    if scale:
        return to.node("Mul", [scores, to.number(float(scale), f"{out} scale")], f"{out} scores")
    length = _length(to, query, 3, f"{out} length")
    root = to.node("Sqrt", [to.node("Cast", [length], f"{out} real length", to=1)], f"{out} root")
    return to.node("Div", [scores, root], f"{out} scores")


def _length(to: Spelling, tensor: str, axis: int, name: str) -> str:
    shape = to.node("Shape", [tensor], f"{name} of all")
    return to.node("Gather", [shape, to.number([axis], f"{name} axis")], name)


def _shadows(to: Spelling, node: Any, mask: str, rank: int, value: str, own: Mapping[str, Any]) -> list[str]:
    """What is added to scores to hide places: those that a mask hides, and those that come later."""
    out, found = node.output[0], []
    hidden = float(own.get("mask_filter_value", -10000.0))
    nothing = to.number(0.0, f"{out} shown") if mask or own.get("unidirectional") else ""
    places = ""
    if own.get("unidirectional") or (mask and rank == 1):
        flat = to.node("Squeeze", [_length(to, value, 2, f"{out} places")], f"{out} many")
        zero, one = (to.node("Constant", [], f"{out} {each}", value_int=each) for each in (0, 1))
        places = to.node("Range", [zero, flat, one], f"{out} numbers")
    if mask:
        shape = to.number([0, 1, 1, 1 if rank == 1 else -1], f"{out} mask shape")
        wide = to.node("Cast", [to.node("Reshape", [mask, shape], f"{out} mask")], f"{out} whole mask", to=7)
        limit = places if rank == 1 else to.node("Constant", [], f"{out} none", value_int=0)
        seen = to.node("Greater", [wide, limit], f"{out} seen")
        found.append(to.node("Where", [seen, nothing, to.number(hidden, f"{out} hidden")], f"{out} shadow"))
    if own.get("unidirectional"):
        column = to.node("Reshape", [places, to.number([-1, 1], f"{out} column shape")], f"{out} column")
        later = to.node("Less", [column, places], f"{out} later")
        found.append(to.node("Where", [later, to.number(_HIDDEN, f"{out} never"), nothing], f"{out} past alone"))
    return found


FUSED: Mapping[tuple[str, str], Spell] = {
    (_CONTRIB, name): spell
    for name, spell in {
        "FusedConv": _fused_conv,
        "FusedGemm": _fused_gemm,
        "FusedMatMul": _fused_matmul,
        "Gelu": _plain_gelu,
        "BiasGelu": _bias_gelu,
        "FastGelu": _fast_gelu,
        "QuickGelu": _quick_gelu,
        "SkipLayerNormalization": _skip_norm,
        "Attention": _attention,
        "QAttention": _integer_attention,
    }.items()
}
"""By domain and operator."""
