"""Sums, products, powers and roots of single numbers, with broadcasting."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from netmend.network.ops._base import Call, Family, Operator


def _divide(call: Call) -> Tensor:
    whole = not call[0].is_floating_point()
    return torch.div(call[0], call[1], rounding_mode="trunc" if whole else None)


def _modulo(call: Call) -> Tensor:
    return torch.fmod(call[0], call[1]) if call.get("fmod", 0) else torch.remainder(call[0], call[1])


def _power(call: Call) -> Tensor:
    return torch.pow(call[0], call[1]).to(call[0].dtype)


FAMILY = Family(
    {
        "Add": Operator(lambda call: call[0] + call[1]),
        "Sub": Operator(lambda call: call[0] - call[1]),
        "Mul": Operator(lambda call: call[0] * call[1]),
        "Div": Operator(_divide),
        "Mod": Operator(_modulo),
        "Pow": Operator(_power),
        "Sqrt": Operator(lambda call: torch.sqrt(call[0])),
        "Reciprocal": Operator(lambda call: torch.reciprocal(call[0])),
        "Neg": Operator(lambda call: -call[0]),
        "Abs": Operator(lambda call: torch.abs(call[0])),
        "Exp": Operator(lambda call: torch.exp(call[0])),
        "Log": Operator(lambda call: torch.log(call[0])),
        "Erf": Operator(lambda call: torch.erf(call[0])),
        "Sin": Operator(lambda call: torch.sin(call[0])),
        "Cos": Operator(lambda call: torch.cos(call[0])),
        "Floor": Operator(lambda call: torch.floor(call[0])),
        "Ceil": Operator(lambda call: torch.ceil(call[0])),
        "Round": Operator(lambda call: torch.round(call[0])),
        "Sign": Operator(lambda call: torch.sign(call[0])),
        "Sum": Operator(lambda call: reduce(torch.add, (call[i] for i in range(len(call.inputs))))),
        "Max": Operator(lambda call: reduce(torch.maximum, (call[i] for i in range(len(call.inputs))))),
        "Min": Operator(lambda call: reduce(torch.minimum, (call[i] for i in range(len(call.inputs))))),
    }
)
