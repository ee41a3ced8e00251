"""How often a network is executed: one execution is one network on one input, in a runtime or in our evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from netmend.network import evaluate
from netmend.network.backends import onnx
from netmend.network.graph import Array
from netmend.network.ops._base import Call
from netmend.repairs.conversion import steps


@dataclass
class Count:
    """Attributes: runs: rows through a runtime. operators: rows through one operator of our evaluation."""

    runs: int = 0
    operators: int = 0

    def executions(self, nodes: int) -> float:
        """Both together, for networks of so many operators."""
        return self.runs + self.operators / nodes


@contextmanager
def counted() -> Iterator[Count]:
    """Count everything that is executed inside."""
    count = Count()
    asked, computed = onnx._asked, evaluate.evaluated

    def ask(session: Any, outputs: list[str], given: Mapping[str, Array]) -> list[Any]:
        first = next(iter(given.values()))
        count.runs += len(first) if first.ndim else 1
        return asked(session, outputs, dict(given))

    def compute(call: Call) -> Any:
        first = next((each for each in call.inputs if each is not None and each.ndim), None)
        count.operators += 1 if first is None else int(first.shape[0])
        return computed(call)

    with patch.object(onnx, "_asked", ask), patch.object(evaluate, "evaluated", compute):
        if hasattr(steps, "evaluated"):
            with patch.object(steps, "evaluated", compute):
                yield count
        else:
            yield count
