"""What a search may spend, in the unit the user thinks in.

`20x` means 20 times the measured time of one run of the unpatched subject, the unit of Kim et al., ICST 2023,
section III; `50runs` counts runs; `10m`, `90s`, `1h` is wall clock for the whole command. Only the search counts
against `x` and `runs` (suggesting and trying out), as in the paper: watching, control, minimising and confirming come
on top.
All clocks are monotonic.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from netmend.core.errors import UsageError
from netmend.core.records import Cost

_UNITS = {"x": 1.0, "runs": 1.0, "run": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit. `kind` is "x", "runs" or "seconds"; `amount` is in that kind."""

    kind: str
    amount: float

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `20x`, `50runs`, `10m`, `90s` or `1h`.

        Raises:
            UsageError: not of that form, or not positive.
        """
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(x|runs?|s|m|h)\s*", text)
        if match is None or float(match[1]) <= 0:
            raise UsageError(
                f"budget {text!r} is not understood",
                hint="write 20x (times one training of your program), 50runs, 10m, 90s or 1h",
            )
        unit = match[2]
        kind = "x" if unit == "x" else "runs" if unit.startswith("run") else "seconds"
        return cls(kind, float(match[1]) * _UNITS[unit])

    def __str__(self) -> str:
        if self.kind == "seconds":
            return f"{self.amount / 60:g}m" if self.amount >= 60 else f"{self.amount:g}s"
        return f"{self.amount:g}{self.kind}"


@dataclass
class Meter:
    """Counts what is spent against a budget.

    Attributes:
        unit_seconds: one run of the unpatched subject; set once it is known.
        reserve_seconds: wall clock kept back for what must still follow; counts against "seconds" only.
        earlier_seconds: wall clock that an interrupted session of the same study used.
        thinking_clock: by which the time to propose is taken.
    """

    budget: Budget
    unit_seconds: float = 0.0
    reserve_seconds: float = 0.0
    earlier_seconds: float = 0.0
    clock: Callable[[], float] = time.monotonic
    thinking_clock: Callable[[], float] = time.monotonic
    phase: str = "observe"
    _costs: dict[str, Cost] = field(default_factory=dict)
    _started: float = 0.0
    _phase_started: float = 0.0

    def __post_init__(self) -> None:
        self._started = self._phase_started = self.clock()

    def enter(self, phase: str) -> None:
        """Begin a phase: observe, control, search, minimise or confirm."""
        self._add(wall_seconds=self.clock() - self._phase_started)
        self.phase, self._phase_started = phase, self.clock()

    def ran(self, seconds: float) -> None:
        """One run of the subject took so long; may be called from any thread that holds the caller's lock."""
        self._add(runs=1, run_seconds=seconds)

    def proposed(self, seconds: float) -> None:
        """Thinking of the next patch took so long; it counts against the budget."""
        self._add(propose_seconds=seconds)

    @property
    def wall_seconds(self) -> float:
        """Wall clock of this study so far, earlier sessions included."""
        return self.earlier_seconds + self.clock() - self._started

    @property
    def costs(self) -> dict[str, Cost]:
        """What each phase used so far."""
        self._add(wall_seconds=self.clock() - self._phase_started)
        self._phase_started = self.clock()
        return dict(self._costs)

    @property
    def share_spent(self) -> float:
        """Share of the budget that is spent; 1 and more means there is none left."""
        search = self._costs.get("search", Cost())
        if self.budget.kind == "runs":
            return search.runs / self.budget.amount
        if self.budget.kind == "x":
            spent = search.run_seconds + search.propose_seconds
            return spent / max(self.unit_seconds, 1e-9) / self.budget.amount
        return (self.wall_seconds + self.reserve_seconds) / self.budget.amount

    @property
    def exhausted(self) -> bool:
        """There is nothing left to search with."""
        return self.share_spent >= 1

    @property
    def runs_left(self) -> float:
        """How many runs like those of the unpatched subject the rest of the budget pays for, one after another."""
        rest = max(0.0, 1 - self.share_spent) * self.budget.amount
        return rest / max(self.unit_seconds, 1e-9) if self.budget.kind == "seconds" else rest

    @property
    def out_of_time(self) -> bool:
        """There is no wall clock left to minimise with; other budgets never end that."""
        return self.budget.kind == "seconds" and self.exhausted

    def left(self) -> str:
        """What is left, for the progress line."""
        rest = max(0.0, 1 - self.share_spent) * self.budget.amount
        if self.budget.kind == "seconds":
            return f"{rest / 60:.1f} min" if rest >= 60 else f"{rest:.0f} s"
        return f"{rest:.1f}x" if self.budget.kind == "x" else f"{rest:.0f} runs"

    def _add(self, **more: float) -> None:
        old = self._costs.get(self.phase, Cost())
        self._costs[self.phase] = Cost(
            runs=old.runs + int(more.get("runs", 0)),
            run_seconds=old.run_seconds + more.get("run_seconds", 0.0),
            wall_seconds=old.wall_seconds + more.get("wall_seconds", 0.0),
            propose_seconds=old.propose_seconds + more.get("propose_seconds", 0.0),
        )
