"""Ranking learning rates that wait to be tried, by training them all in one JAX program: an order, never a verdict.

A search around a program holds several learning rates for it, and each costs a run to try. Where the program's net is
small they can be trained together in batched lanes (`netmend.training.lanes`), each under a few seeds, beside the
program with its own rate under the same seeds. What that says orders the rates among themselves: the best gets the
place in the queue that the likeliest had. A rate of which no lane beats the median lane of the program's own rate is
postponed, by the same look that ends the trial of a patch after its first run (`racing.hopeless`); it is tried all the
same if the search comes that far. Lanes run on JAX and not on the program's backend, so nothing they say is evidence.

Asking takes a few seconds, nearly all of them for JAX to start and compile. Of n rates in an order that says nothing
the best comes after (n - 1) / 2 others on average, so it pays where one run of each of these takes longer than lanes:

    (n - 1) / 2 * run > start

Its time counts against the budget.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netmend.program.edits import SourcePatch
from netmend.repairs.program.measure import Measurer
from netmend.training.lanes import Unsuitable
from netmend.training.probes.keras_lanes import MOST_WEIGHTS
from netmend.training.runs import Lane
from netmend.training.trace import Trace

FEWEST = 4
"""Rates below which lanes are not asked: a search that tries two or three loses little by a wrong order. Own choice."""

SEEDS = 4
"""Lanes of each rate. A rate whose lanes each beat the program's median with the smallest chance that counts, 0.71
(`core.stats.LARGE_EFFECT`), is postponed wrongly in 0.29^4 = 0.7 % of the cases."""

MOST_LANES = 32
"""Lanes of one program: as many as were measured (`bench/overhead/lanes.csv`)."""

START = 10.0
"""Seconds that lanes take whatever their number, until some were trained: twice the 5 s of processor time measured
(`bench/overhead/lanes.csv`), because programs load more data and machines are busier."""

SLOW = ("Conv", "LSTM", "GRU", "RNN")
"""What names of layers hold that lanes do not train; known before an interpreter is started for them."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What lanes say of a rate: its mean score, greater is better, and whether no lane of it looked promising."""

    score: float
    hopeless: bool


@dataclass
class LaneScreen:
    """Ranks rates where that pays, and keeps account of it.

    Attributes:
        score: of a lane's trace on the rows the search may look at, greater is better; None if it has none.
        trace: a run of the program as it is. hold_out: share of the training rows withheld from every run.
        seed: root of the seeds of the repair. tell: a sentence for the user, as it happens.
        told: the sentences so far, for the report.
    """

    measurer: Measurer
    score: Callable[[Trace], float | None]
    trace: Trace
    hold_out: float
    seed: int
    tell: Callable[[str], None]
    told: list[str] = field(default_factory=list)
    _start: float = START
    _refused: bool = False

    def rank(self, patch: SourcePatch, rates: Sequence[float]) -> list[Ranked] | None:
        """What lanes say of each rate in the place of that of a patched program; None if they are not worth asking.

        Of more rates than there are lanes for, the first are ranked.
        """
        rates = rates[: MOST_LANES // SEEDS - 1]
        run = self.measurer.meter.unit_seconds
        pays = len(rates) >= FEWEST and (len(rates) - 1) / 2 * run > self._start
        if self._refused or not pays or not self._fits():
            return None
        found = self._ask(patch, [math.nan, *rates], len(rates) * run)
        if found is None:
            return None
        middle = statistics.median(-math.inf if score is None else score for score in found[0])
        return [_ranked(scores, middle) for scores in found[1:]]

    def _fits(self) -> bool:
        kinds = [layer.kind for layer in self.trace.layers]
        slow = any(name in kind for kind in kinds for name in SLOW)
        return self.trace.framework == "keras" and self.trace.parameters <= MOST_WEIGHTS and not slow

    def _ask(self, patch: SourcePatch, rates: Sequence[float], limit: float) -> list[list[float | None]] | None:
        """The scores of each rate's lanes; nan stands for the program's own rate. A resumed study knows them."""
        key = hashlib.sha256(json.dumps([patch.id, list(rates), self.seed, self.hold_out]).encode()).hexdigest()
        known = next((r.data for r in self.measurer.ledger.of_kind("screen") if r.data["key"] == key), None)
        if known is None:
            known = {"key": key, "patch": patch.id, "rates": list(rates[1:]), **self._train(patch, rates, limit)}
            self.measurer.ledger.append("screen", known)
        else:
            self.measurer.meter.proposed(float(known["seconds"]))  # a session of now would have taken as long
        seconds, reason = float(known["seconds"]), str(known["reason"])
        if reason:
            self._refused = True
            self._say(f"no rate was screened: {reason} (asking took {seconds:.1f} s)")
            return None
        self._start = seconds
        count = f"{len(rates) - 1} learning rates, {SEEDS} lanes each"
        self._say(f"screened {count}, in one run on JAX in {seconds:.1f} s; it decides none of them")
        scores: list[list[float | None]] = known["scores"]
        return scores

    def _train(self, patch: SourcePatch, rates: Sequence[float], limit: float) -> dict[str, object]:
        first = self.seed * 1_000_000 + 900_000  # apart from the seeds of all samples, `core.loop.Plan.draw`
        lanes = [
            Lane(first + number, {} if math.isnan(rate) else {"learning_rate": rate})
            for rate in rates
            for number in range(SEEDS)
        ]
        trained = self.measurer.lanes_of(patch, lanes, hold_out=self.hold_out, seconds=limit)
        if isinstance(trained, Unsuitable):
            return {"reason": trained.reason, "seconds": trained.seconds, "scores": []}
        scores = [self.score(answer.trace) for answer in trained.answers]
        rows = [scores[at : at + SEEDS] for at in range(0, len(scores), SEEDS)]
        return {"reason": "", "seconds": trained.seconds, "scores": rows}

    def _say(self, sentence: str) -> None:
        self.told.append(sentence)
        self.tell(sentence)


def _ranked(scores: Sequence[float | None], middle: float) -> Ranked:
    """A lane without a score counts as the worst, as a failed run does."""
    counted = [-math.inf if score is None else score for score in scores]
    return Ranked(statistics.fmean(counted), all(score <= middle for score in counted))
