"""What a person sees while netmend works: what is being tried, the best so far, what is left of the budget.

On a terminal one line at the bottom is kept up to date; elsewhere each event is a line of its own. All on standard
error: standard output belongs to the answer.
"""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from netmend.core.loop import Watcher
from netmend.core.records import Trial
from netmend.core.repairer import Proposal
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence


class Progress:
    """A context manager that prints progress; `watcher` is what the loop tells it."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._status: Status | None = None
        self._started = time.monotonic()
        self._best = ""
        self.watcher: Watcher[SourcePatch, Evidence] = Watcher(
            phase=self._on_phase, trying=self._on_trying, tried=self._on_tried
        )

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"[dim]{self._clock()}[/dim] {escape(text)}", soft_wrap=True)

    def _on_phase(self, text: str) -> None:
        self.say(text)
        self._refresh(text)

    def _on_trying(self, proposal: Proposal[SourcePatch], left: str) -> None:
        self._refresh(f"trying {proposal.patch.describe()} ({proposal.reason}); {left} left")

    def _on_tried(self, trial: Trial[SourcePatch, Evidence], best: Trial[SourcePatch, Evidence] | None) -> None:
        self.say(
            f"{trial.number:3d}. {trial.patch.describe()}: {trial.verdict.outcome.value}, {trial.verdict.sentence}"
        )
        if (
            best is not None
            and best.number == trial.number
            and trial.verdict.outcome.value in ("improved", "plausible")
        ):
            self._best = best.patch.describe()

    def _refresh(self, text: str) -> None:
        if self._status is None:
            return
        best = f"; best so far: {self._best}" if self._best else ""
        self._status.update(escape(text + best))

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60:2d}:{seconds % 60:02d}"
