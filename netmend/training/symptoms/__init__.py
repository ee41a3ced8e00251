"""One file per symptom of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmend.training.symptoms._base import Reading
    from netmend.training.trace import Trace


def run(trace: Trace) -> tuple[tuple[str, Reading], ...]:
    """Every reading beyond its threshold, with the symptom's public name, most severe first."""
    from netmend.core.discover import contributions
    from netmend.training.symptoms._base import Symptom

    found = [
        (name, reading)
        for name, symptom in contributions(__name__, Symptom).items()
        for reading in symptom.value.fires(trace)
    ]
    return tuple(sorted(found, key=lambda pair: -pair[1].severity))
