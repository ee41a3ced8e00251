"""What `infill` has to show: its candidates in the order in which they were tried, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

from netmend.core.exhibits import Table


@dataclass(slots=True)
class Line:
    """One candidate that was tried."""

    change: str
    gain: float
    what: str
    reason: str
    outcome: str = "not ended"


def queued(lines: Several[Line], dropped: Mapping[str, int], refused: Mapping[str, int]) -> Table:
    """The candidates in the order in which they were tried, and how many were dropped before a run, by reason.

    Args:
        refused: answers of a filler that were no changes, by why.
    """
    rows = [
        (str(number), line.change, line.what, f"{line.gain:.2f}", line.outcome)
        for number, line in enumerate(lines, start=1)
    ]
    rows += [("-", f"{count} more", "dropped before a run", "", reason) for reason, count in sorted(dropped.items())]
    rows += [("-", f"{count} more", "answered, and no change", "", reason) for reason, count in sorted(refused.items())]
    caption = (
        "Candidates in the order of trial, with their class and gain. Such as only train longer are a class of their "
        "own: they win without showing a fault."
    )
    return Table(caption, ("number", "change", "class", "gain", "outcome"), tuple(rows), ("number", "gain"))
