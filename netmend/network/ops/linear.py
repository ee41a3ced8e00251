"""Products of matrices: the layers whose weights are repaired, and attention scores."""

from __future__ import annotations

import torch
from torch import Tensor

from netmend.network.ops._base import Call, Family, Operator


def _gemm(call: Call) -> Tensor:
    left, right, bias = call[0], call[1], call.optional(2)
    left = left.transpose(-1, -2) if call.get("transA", 0) else left
    right = right.transpose(-1, -2) if call.get("transB", 0) else right
    product = _scaled(left @ right, call.get("alpha", 1.0))
    return product if bias is None else product + _scaled(bias, call.get("beta", 1.0))


def _scaled(value: Tensor, factor: float) -> Tensor:
    return value if factor == 1 else value * factor


def _einsum(call: Call) -> Tensor:
    return torch.einsum(call.get("equation"), [each for each in call.inputs if each is not None])


FAMILY = Family(
    {
        "Gemm": Operator(_gemm),
        "MatMul": Operator(lambda call: torch.matmul(call[0], call[1])),
        "Einsum": Operator(_einsum),
    }
)
