"""TFLite's arithmetic, comparisons and choices of single numbers, with broadcasting."""

from __future__ import annotations

from functools import reduce

from netmend.network.ops._base import Call, Evaluate, Family
from netmend.network.ops._tflite import on_grid
from netmend.network.tensors import Tensor, torch


def _divide(call: Call) -> Tensor:
    return torch.div(call[0], call[1], rounding_mode=None if call[0].is_floating_point() else "trunc")


def _select(call: Call) -> Tensor:
    """The older form chooses whole rows where the condition is a vector."""
    condition = call[0].bool()
    if condition.ndim == 1 and call[1].ndim > 1:
        condition = condition.reshape(-1, *[1] * (call[1].ndim - 1))
    return torch.where(condition, call[1], call[2])


def _inputs(call: Call) -> list[Tensor]:
    return [call[place] for place in range(len(call.inputs))]


_BY_NAME: dict[str, Evaluate] = {
    "ADD": lambda call: call[0] + call[1],
    "SUB": lambda call: call[0] - call[1],
    "MUL": lambda call: call[0] * call[1],
    "DIV": _divide,
    "ADD_N": lambda call: reduce(torch.add, _inputs(call)),
    "MAXIMUM": lambda call: torch.maximum(call[0], call[1]),
    "MINIMUM": lambda call: torch.minimum(call[0], call[1]),
    "POW": lambda call: torch.pow(call[0], call[1]),
    "SQUARED_DIFFERENCE": lambda call: (call[0] - call[1]) ** 2,
    "FLOOR_DIV": lambda call: torch.div(call[0], call[1], rounding_mode="floor"),
    "FLOOR_MOD": lambda call: torch.remainder(call[0], call[1]),
    "ABS": lambda call: torch.abs(call[0]),
    "NEG": lambda call: -call[0],
    "EXP": lambda call: torch.exp(call[0]),
    "LOG": lambda call: torch.log(call[0]),
    "SQRT": lambda call: torch.sqrt(call[0]),
    "RSQRT": lambda call: torch.rsqrt(call[0]),
    "SQUARE": lambda call: call[0] * call[0],
    "SIN": lambda call: torch.sin(call[0]),
    "COS": lambda call: torch.cos(call[0]),
    "ATAN2": lambda call: torch.atan2(call[0], call[1]),
    "FLOOR": lambda call: torch.floor(call[0]),
    "CEIL": lambda call: torch.ceil(call[0]),
    "ROUND": lambda call: torch.round(call[0]),
    "SIGN": lambda call: torch.sign(call[0]),
    "EQUAL": lambda call: call[0] == call[1],
    "NOT_EQUAL": lambda call: call[0] != call[1],
    "LESS": lambda call: call[0] < call[1],
    "LESS_EQUAL": lambda call: call[0] <= call[1],
    "GREATER": lambda call: call[0] > call[1],
    "GREATER_EQUAL": lambda call: call[0] >= call[1],
    "LOGICAL_AND": lambda call: call[0] & call[1],
    "LOGICAL_OR": lambda call: call[0] | call[1],
    "LOGICAL_NOT": lambda call: ~call[0],
    "SELECT": _select,
    "SELECT_V2": lambda call: torch.where(call[0].bool(), call[1], call[2]),
}

FAMILY = Family({f"tflite:{name}": on_grid(evaluate) for name, evaluate in _BY_NAME.items()})
