"""The shape of a symptom: a measured pattern in the trace of one run.

The file name is the symptom's name and names the bad thing. Its docstring has the headings
*What it is*, *How it is measured*, *When it is wrong*, *References*, and is what `netmend explain NAME` prints.
Measuring and judging stay apart: `measure` returns numbers, `threshold` stands beside it with its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netmend.program.blame import Blame
from netmend.training.trace import Trace


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value.

    Attributes:
        value: what was measured; not NaN (measure non-finiteness as a share or a count).
        where: layer name, "loss", "labels", "inputs", ...; the same place has the same text in every run.
        message: one sentence for a person with the numbers.
        blames: what may be at fault if the value is beyond the threshold.
        severity: 0 (worth knowing) to 1 (cannot work).
    """

    value: float
    where: str
    message: str
    blames: tuple[Blame, ...]
    severity: float = 0.5


@dataclass(frozen=True, slots=True)
class Symptom:
    """One symptom.

    Attributes:
        measure: readings of one trace; empty where the trace lacks what is needed.
        threshold: a reading beyond it is a finding.
        above: True if a value greater than the threshold is bad, False if smaller is.
        fires_on: traces on which it must fire; run as tests.
        silent_on: traces on which it must not; run as tests.
    """

    measure: Callable[[Trace], tuple[Reading, ...]]
    threshold: float
    above: bool
    fires_on: tuple[Trace, ...]
    silent_on: tuple[Trace, ...]

    def fires(self, trace: Trace) -> tuple[Reading, ...]:
        """The readings beyond the threshold."""
        return tuple(
            reading
            for reading in self.measure(trace)
            if (reading.value > self.threshold if self.above else reading.value < self.threshold)
        )
