"""All symptoms over one trace."""

from __future__ import annotations

from netmend.core.discover import contributions
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.trace import Trace


def run(trace: Trace) -> tuple[tuple[str, Reading], ...]:
    """Every reading beyond its threshold, with the symptom's public name, most severe first."""
    found = [
        (name, reading)
        for name, symptom in contributions("netmend.training.symptoms", Symptom).items()
        for reading in symptom.value.fires(trace)
    ]
    return tuple(sorted(found, key=lambda pair: -pair[1].severity))
