"""Entries written to places that another tensor names."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.tensors import Tensor, torch

_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def _scatter(call: Call) -> Tensor:
    axis, reduction = call.get("axis", 0), call.get("reduction", "none")
    length = call[0].shape[axis]
    places = call[1].long()
    places = torch.where(places >= 0, places, places + length)
    if reduction == "none":
        return call[0].scatter(axis, places, call[2])
    return call[0].scatter_reduce(axis, places, call[2], _REDUCTIONS[reduction])


FAMILY = Family({"ScatterElements": Operator(_scatter), "Scatter": Operator(_scatter)})
