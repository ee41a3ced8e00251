"""When to ask whether patches build before any of them is run, and what an answer saves.

A patch that does not build ends its first run where it would have begun to train: the run has cost its start-up and
everything the program does before its first update, mostly loading data. Asking beforehand
(`Measurer.builds`) costs the same once, for any number of patches, and a little more for each:

    asking      start-up + before training + patches * each
    not asking  patches * share that does not build * (start-up + before training)

What patches that build cost by being run is the same either way. So one patch is never asked about by itself, and a
program that loads its data in no time is not worth asking about at all unless most of its patches fail.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netmend.program.edits import SourcePatch
from netmend.repairs.program.measure import Measurer
from netmend.training.build import BuildAnswer, Builds
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd

EACH = 0.1
"""Seconds that asking about one patch takes beside what it shares with the others, until some have been asked: more
than the 0.04 s (PyTorch) and 0.07 s (Keras) of small programs on an idle machine (own measurement, `bench/overhead`),
because programs are larger and machines busier."""

SHARE = 17 / 265
"""Share of patches that do not build, until some have been tried: of all single changes of all elements of the two
small programs in `tests/training/test_build.py` (own measurement)."""

SLOWER = 10
"""A patch may take so many times as long before its first update as the program does; own choice, as for runs."""

SHORTEST_LIMIT = 20.0
"""Seconds below which no patch is given up: a busy machine can be that slow. As for runs."""


@dataclass
class BuildGate:
    """Asks about patches that are going to be tried, if that pays.

    Attributes:
        start_up: seconds from request to start of a run. setup: seconds from there to the first update.
    """

    measurer: Measurer
    start_up: float = 0.0
    setup: float = 0.0
    _expected: dict[str, tuple[SourcePatch, float | None]] = field(default_factory=dict)
    _answers: dict[str, BuildAnswer] = field(default_factory=dict)
    _failed: int = 0
    _tried: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watched(self, runs: Iterable[RunResult]) -> None:
        """Learn from runs of the program as it is what a run costs before it trains."""
        trained = [run for run in runs if not math.isnan(run.setup_seconds)]
        if trained:
            self.start_up = statistics.median(run.overhead_seconds for run in trained)
            self.setup = statistics.median(run.setup_seconds for run in trained)

    def expect(self, patches: Iterable[SourcePatch], share: float | None = None) -> None:
        """Announce patches that are about to be tried.

        Args:
            share: how many of them are thought not to build, in [0, 1]; None for what is usual.
        """
        with self._lock:
            for patch in patches:
                if patch.id not in self._answers:
                    self._expected[patch.id] = (patch, share)

    def crash(self, patch: SourcePatch) -> RunResult | None:
        """The run that a patch would have which is known not to build; None if it has to be run to know more.

        If the patch was announced and asking pays, it is asked about now, with all others announced.
        """
        with self._lock:
            if patch.id in self._expected and self.pays([share for _, share in self._expected.values()]):
                self._ask([expected for expected, _ in self._expected.values()], charge=True)
            self._expected.pop(patch.id, None)  # if it was not worth asking, it is run now
            answer = self._answers.get(patch.id)
        return None if answer is None else _as_run(answer)

    def pays(self, shares: Sequence[float | None]) -> bool:
        """Whether asking about patches costs less than running those that do not build.

        Args:
            shares: for each patch how probable it is that it does not build; None for what is usual.
        """
        usual = (1 + self._failed) / (1 / SHARE + self._tried)  # rule of succession, from a prior of `SHARE`
        own = [answer.own_seconds for answer in self._answers.values() if answer.own_seconds]
        each = statistics.median(own) if own else EACH
        once = self.start_up + self.setup
        saved = once * sum(usual if share is None else share for share in shares)
        return saved > once + len(shares) * each

    def tried(self, run: RunResult) -> None:
        """Learn from a first run that was made without asking."""
        with self._lock:
            self._tried += 1
            self._failed += run.end is RunEnd.CRASHED and math.isnan(run.setup_seconds)

    def builds(self, patches: Iterable[SourcePatch]) -> Mapping[str, BuildAnswer]:
        """Ask about patches now, whatever it costs: for proposers, whose time the loop counts."""
        with self._lock:
            return self._ask(patches, charge=False)

    def _ask(self, patches: Iterable[SourcePatch], *, charge: bool) -> Mapping[str, BuildAnswer]:
        limit = max(SHORTEST_LIMIT, SLOWER * self.setup)
        found = self.measurer.builds(patches, seconds=limit, charge=charge)
        for identity in found.keys() - self._answers.keys():
            self._expected.pop(identity, None)
            self._tried += found[identity].builds is not Builds.UNKNOWN
            self._failed += found[identity].builds is Builds.NO
        self._answers |= found
        return found


def _as_run(answer: BuildAnswer) -> RunResult | None:
    if answer.builds is not Builds.NO or answer.log is None:
        return None
    return RunResult(
        end=RunEnd.CRASHED,
        detail=answer.detail,
        seconds=answer.own_seconds,
        cpu_seconds=0.0,
        overhead_seconds=answer.seconds - answer.own_seconds,
        exit_code=1,
        log=answer.log,
    )
