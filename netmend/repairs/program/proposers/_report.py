"""What `infill` has to show: what the model expected at each element, and what became of each candidate."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

from netmend.core.exhibits import Table
from netmend.repairs.program.infill._holes import Hole
from netmend.repairs.program.proposers._candidates import percent

SHOWN = 3
"""Values that are named for each element."""


@dataclass(slots=True)
class Line:
    """One candidate that was tried."""

    change: str
    gain: float
    what: str
    reason: str
    outcome: str = "not ended"


def expected(holes: Several[Hole], scorer: str) -> Table:
    """Each element hidden in turn: what stands there, how likely that is, and what the model expected; oddest first."""
    ranked = sorted(holes, key=lambda hole: -hole.gain)
    rows = [
        (
            str(hole.element.place),
            hole.element.label,
            percent(hole.chance) if hole.chance == hole.chance else "cannot be read",
            str(hole.rank or "-"),
            ", ".join(f"{guess.token} {percent(guess.chance)}" for guess in hole.guesses[:SHOWN]),
            f"{hole.gain:.2f}",
        )
        for hole in ranked
    ]
    caption = (
        f"Each element hidden in turn, and what the model of correct programs ({scorer}) expected there in sight "
        "of the rest. Chances of numbers are those of a number about as large. Rank is that of what stands there. The "
        "gain is log p(best other) - log p(present)."
    )
    columns = ("place", "element", "chance", "rank", "expected instead", "gain")
    return Table(caption, columns, tuple(rows), ("chance", "rank", "gain"))


def queued(lines: Several[Line], dropped: Mapping[str, int]) -> Table:
    """The candidates in the order in which they were tried, and how many were dropped before a run, by reason."""
    rows = [
        (str(number), line.change, line.what, f"{line.gain:.2f}", line.outcome)
        for number, line in enumerate(lines, start=1)
    ]
    rows += [("-", f"{count} more", "dropped before a run", "", reason) for reason, count in sorted(dropped.items())]
    caption = (
        "Candidates in the order of trial, with their class and gain. Such as only train longer are a class of their "
        "own: they win without showing a fault."
    )
    return Table(caption, ("number", "change", "class", "gain", "outcome"), tuple(rows), ("number", "gain"))
