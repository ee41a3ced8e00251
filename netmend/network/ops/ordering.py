"""The largest or smallest entries, in order."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.tensors import Tensor, torch


def _top(call: Call) -> tuple[Tensor, Tensor]:
    count = int((call.integers(1, "k") or [1])[0])
    axis, largest = call.get("axis", -1), bool(call.get("largest", 1))
    # Of equal entries the one with the lower index comes first, which topk of torch does not promise.
    order = torch.sort(call[0], dim=axis, descending=largest, stable=True).indices.narrow(axis, 0, count)
    return call[0].gather(axis, order), order


FAMILY = Family({"TopK": Operator(_top)})
