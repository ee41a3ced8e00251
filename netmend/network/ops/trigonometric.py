"""Functions of angles and of hyperbolas, and their inverses."""

from __future__ import annotations

from netmend.network.ops._base import Family, Operator
from netmend.network.tensors import torch

FAMILY = Family(
    {
        "Tan": Operator(lambda call: torch.tan(call[0])),
        "Asin": Operator(lambda call: torch.asin(call[0])),
        "Acos": Operator(lambda call: torch.acos(call[0])),
        "Atan": Operator(lambda call: torch.atan(call[0])),
        "Sinh": Operator(lambda call: torch.sinh(call[0])),
        "Cosh": Operator(lambda call: torch.cosh(call[0])),
        "Asinh": Operator(lambda call: torch.asinh(call[0])),
        "Acosh": Operator(lambda call: torch.acosh(call[0])),
        "Atanh": Operator(lambda call: torch.atanh(call[0])),
    }
)
