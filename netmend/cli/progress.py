"""What a person sees while netmend works: what is being tried, the best so far, what is left of the budget.

On a terminal one line at the bottom is kept up to date; elsewhere each event is a line of its own. All on standard
error: standard output belongs to the answer.
"""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from netmend.core.loop import Watcher
from netmend.core.records import Outcome, Trial
from netmend.core.repairer import Proposal
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.training.runs import RunResult

SPINNER = 4
"""Columns the spinner and its margins take of the line at the bottom."""


class Progress:
    """A context manager that prints progress.

    Attributes:
        watcher: what the loop tells it. The repair itself calls `noticed` after each run.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._started = time.monotonic()
        self._doing, self._best, self._runs = "starting", "", 0
        self._guard = threading.Lock()
        self.watcher: Watcher[SourcePatch, Evidence] = Watcher(
            phase=self._on_phase, trying=self._on_trying, tried=self._on_tried
        )

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
            self._refresh()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._guard:
            status, self._status = self._status, None
        if status is not None:
            status.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"[dim]{self._clock()}[/dim] {escape(text)}", soft_wrap=True)

    def doing(self, text: str) -> None:
        """What is being done just now: the line at the bottom, and nothing where there is no terminal."""
        self._doing = text
        self._refresh()

    def noticed(self, result: RunResult) -> None:
        """One more run has ended; may be called from any thread."""
        with self._guard:
            self._runs += 1
        self._refresh()

    def _on_phase(self, text: str) -> None:
        self.say(text)
        self._doing, self._runs = text, 0
        self._refresh()

    def _on_trying(self, proposal: Proposal[SourcePatch], left: str) -> None:
        # What is left comes first: the end of the line is cut off where the terminal is narrow.
        text = f"{left} left; trying {proposal.patch.describe()} ({proposal.reason})"
        if self._status is None:
            self.say(text)
        self._doing, self._runs = text, 0
        self._refresh()

    def _on_tried(self, trial: Trial[SourcePatch, Evidence], best: Trial[SourcePatch, Evidence] | None) -> None:
        verdict = trial.verdict
        self.say(f"{trial.number:3d}. {trial.patch.describe()}: {verdict.outcome.value}, {verdict.sentence}")
        if best is not None and best.verdict.outcome in (Outcome.IMPROVED, Outcome.PLAUSIBLE):
            self._best = best.patch.describe()
        self._refresh()

    def _refresh(self) -> None:
        done = f"; {self._runs} run{'s' if self._runs > 1 else ''} done" if self._runs else ""
        best = f"; best so far: {self._best}" if self._best else ""
        text = f"{self._doing}{done}{best}"
        room = max(self._console.width - SPINNER, 1)
        shown = text if len(text) <= room else f"{text[: room - 1]}…"
        with self._guard:
            if self._status is not None:
                self._status.update(escape(shown))

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60:2d}:{seconds % 60:02d}"
