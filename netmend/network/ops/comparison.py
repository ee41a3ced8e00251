"""Questions with the answer yes or no."""

from __future__ import annotations

from netmend.network.ops._base import Family, Operator
from netmend.network.ops._errors import decided, untouched
from netmend.network.tensors import torch

FAMILY = Family(
    {
        "Equal": Operator(lambda call: call[0] == call[1], decided),
        "Greater": Operator(lambda call: call[0] > call[1], decided),
        "GreaterOrEqual": Operator(lambda call: call[0] >= call[1], decided),
        "Less": Operator(lambda call: call[0] < call[1], decided),
        "LessOrEqual": Operator(lambda call: call[0] <= call[1], decided),
        "And": Operator(lambda call: call[0] & call[1], untouched),
        "Or": Operator(lambda call: call[0] | call[1], untouched),
        "Xor": Operator(lambda call: call[0] ^ call[1], untouched),
        "Not": Operator(lambda call: ~call[0], untouched),
        "IsNaN": Operator(lambda call: torch.isnan(call[0]), untouched),
        "IsInf": Operator(lambda call: torch.isinf(call[0])),
    }
)
