"""What a model of programs expected at each element, as a table of a report."""

from __future__ import annotations

from collections.abc import Sequence as Several

from netmend.core.exhibits import Table
from netmend.repairs.program.infill._holes import Hole
from netmend.repairs.program.infill._prior import percent
from netmend.repairs.program.infill._scorer import DEFAULT

SHOWN = 3
"""Values that are named for each element."""


def expected(holes: Several[Hole]) -> Table:
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
        f"Each element hidden in turn, and what the model of correct programs ({DEFAULT}) expected there in sight "
        "of the rest. Chances of numbers are those of a number about as large. Rank is that of what stands there. The "
        "gain is log p(best other) - log p(present)."
    )
    columns = ("place", "element", "chance", "rank", "expected instead", "gain")
    return Table(caption, columns, tuple(rows), ("chance", "rank", "gain"))
