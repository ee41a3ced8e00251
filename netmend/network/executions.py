"""How often networks are executed: one execution is one network on one input, in a runtime or in our evaluation.

Counted are rows: those that a runtime is given, and those that one operator is evaluated on. So many of the latter as a
network has operators are one execution of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Executions:
    """What was executed.

    Attributes:
        runs: rows through a runtime. operators: rows through one operator of our evaluation.
    """

    runs: int = 0
    operators: int = 0

    def total(self, nodes: int) -> float:
        """Both together, for networks of so many operators."""
        return self.runs + self.operators / max(1, nodes)


# None where nobody counts.
_COUNT: ContextVar[Executions | None] = ContextVar("executions", default=None)


@contextmanager
def counted() -> Iterator[Executions]:
    """Count everything that is executed inside; whoever counts outside counts it too."""
    inside = Executions()
    outside = _COUNT.get()
    token = _COUNT.set(inside)
    try:
        yield inside
    finally:
        _COUNT.reset(token)
        if outside is not None:
            outside.runs += inside.runs
            outside.operators += inside.operators


def ran(rows: int) -> None:
    """A runtime was given so many rows."""
    count = _COUNT.get()
    if count is not None:
        count.runs += rows


def operated(rows: int) -> None:
    """One operator was evaluated on so many rows."""
    count = _COUNT.get()
    if count is not None:
        count.operators += rows
