"""Products of matrices: the layers whose weights are repaired, and attention scores."""

from __future__ import annotations

from math import prod

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import FOLDED, bilinear
from netmend.network.tensors import Tensor, torch


def _gemm(call: Call) -> Tensor:
    left, right, bias = call[0], call[1], call.optional(2)
    left = left.transpose(-1, -2) if call.get("transA", 0) else left
    right = right.transpose(-1, -2) if call.get("transB", 0) else right
    product = _scaled(left @ right, call.get("alpha", 1.0))
    return product if bias is None else product + _scaled(bias, call.get("beta", 1.0))


def _gemm_errors(rounding: Rounding) -> Tensor:
    call = rounding.call
    terms = call[0].shape[0 if call.get("transA", 0) else -1]
    error = bilinear(rounding, terms + FOLDED)
    if call.optional(2) is None:
        return error
    factor: float = abs(call.get("beta", 1.0))
    return error + factor * (rounding.error(2) + rounding.gamma(terms + FOLDED) * rounding.size(2))


def _matmul_errors(rounding: Rounding) -> Tensor:
    return bilinear(rounding, rounding.call[0].shape[-1] + FOLDED)


def _scaled(value: Tensor, factor: float) -> Tensor:
    return value if factor == 1 else value * factor


def _einsum(call: Call) -> Tensor:
    return torch.einsum(call.get("equation"), [each for each in call.inputs if each is not None])


def _einsum_errors(rounding: Rounding) -> Tensor:
    equation = rounding.call.get("equation").replace(" ", "")
    terms, arrow, kept = equation.partition("->")
    labels = terms.split(",")
    if len(labels) != 2 or not arrow or "." in equation:
        raise rounding.refuse(f"{equation!r} is not a written-out product of two tensors")
    sizes = {
        letter: size for place in (0, 1) for letter, size in zip(labels[place], rounding.call[place].shape, strict=True)
    }
    return bilinear(rounding, prod(size for letter, size in sizes.items() if letter not in kept))


FAMILY = Family(
    {
        "Gemm": Operator(_gemm, _gemm_errors),
        "MatMul": Operator(lambda call: torch.matmul(call[0], call[1]), _matmul_errors),
        "Einsum": Operator(_einsum, _einsum_errors),
    }
)
