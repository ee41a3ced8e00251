"""Whole numbers as rows of bits."""

from __future__ import annotations

import torch
from torch import Tensor

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops._errors import untouched


def _shift(call: Call) -> Tensor:
    # Torch shifts signed numbers only; what is below 2**63 is the same in both.
    value, by = call[0].to(torch.int64), call[1].to(torch.int64)
    moved = value << by if call.get("direction") == "LEFT" else value >> by
    return moved.to(call[0].dtype)


FAMILY = Family(
    {
        "BitShift": Operator(_shift, untouched),
        "BitwiseAnd": Operator(lambda call: call[0] & call[1], untouched),
        "BitwiseOr": Operator(lambda call: call[0] | call[1], untouched),
        "BitwiseXor": Operator(lambda call: call[0] ^ call[1], untouched),
        "BitwiseNot": Operator(lambda call: ~call[0], untouched),
    }
)
