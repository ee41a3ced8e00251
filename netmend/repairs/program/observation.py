"""What watching a training program as it is gave."""

from __future__ import annotations

from dataclasses import dataclass

from netmend.program.elements._base import Element
from netmend.repairs.program.evidence import Evidence
from netmend.training.evaluation import RowSplit
from netmend.training.trace import Trace


@dataclass(frozen=True)
class Observation:
    """What watching the program as it is gave.

    Attributes:
        traces: of its runs; of a program that crashes, those of a change with which it trains (`Trace.crash`).
    """

    evidence: Evidence
    traces: tuple[Trace, ...]
    elements: tuple[Element, ...]
    metric_reason: str
    split: RowSplit
    hold_out: float
