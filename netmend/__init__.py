"""netmend: mend your net. Repairs deep neural networks, with evidence.

The public names below are loaded on first use, so that importing netmend stays cheap.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Budget": "netmend.core.budget",
    "MetricRequirement": "netmend.training.subject",
    "Options": "netmend.repairs.program.study",
    "Outcome": "netmend.core.records",
    "Program": "netmend.program.source",
    "TrainingProgram": "netmend.training.subject",
    "Verdict": "netmend.core.records",
    "diagnose_program": "netmend.repairs.program.study",
    "repair_program": "netmend.repairs.program.study",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netmend' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
