"""Many seeds or learning rates of one small Keras net, trained together in one JAX program: for screening only.

A run of a small net is mostly overhead. Where trainings differ in seeds and optimiser numbers alone, one program can
train them all at once (`netmend.training.probes.keras_lanes`), for little more than one of them costs once JAX has been
loaded and the program compiled (`bench/overhead/lanes.csv` says from how many trainings on that pays).

It is always JAX, whatever backend the program uses, in an interpreter of its own. So a lane has other random numbers
than the program's own run with the same seed, and the two agree in distribution only. What lanes say may order what is
tried; no verdict, and no number that is reported about a patch, comes from them. Where a program cannot be trained this
way the answer is `Unsuitable`, with the reason.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netmend.program.source import Program
from netmend.training import channel
from netmend.training.executors.fresh import FreshExecutor
from netmend.training.preload import preload_of
from netmend.training.runs import Lane, RunRequest, RunResult
from netmend.training.trace import Epoch, Evaluation, RunEnd, Trace

BACKEND = {"KERAS_BACKEND": "jax"}


@dataclass(frozen=True, slots=True)
class LaneAnswer:
    """How one lane trained; its trace holds the losses and the evaluation, and nothing else of the program."""

    lane: Lane
    trace: Trace


@dataclass(frozen=True, slots=True)
class Trained:
    """All lanes, in the order in which they were asked for.

    Attributes:
        seconds: request to result. cpu_seconds: of the whole process tree.
        parts: of the seconds, by part of the work: "start" is drawing the initial weights, "first" the first epoch with
            its compilation, "rest" all others, "predict" predicting.
    """

    answers: tuple[LaneAnswer, ...]
    seconds: float
    parts: dict[str, float]
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unsuitable:
    """Lanes cannot stand for runs of this program. `reason` is one clause; `seconds` what finding out took."""

    reason: str
    seconds: float


def train_lanes(request: RunRequest, program: Program, lanes: Sequence[Lane]) -> Trained | Unsuitable:
    """Train a program's net in lanes.

    Args:
        request: as for a run of the program, in a private copy of its folder; `limits` hold for all lanes together.
        program: what is in the copy. lanes: at least one.

    Raises:
        EnvironmentFault, UsageError: as `Executor.run`.
    """
    request = replace(request, detail="score", environment={**request.environment, **BACKEND}, lanes=tuple(lanes))
    executor = FreshExecutor(preload_of(program, {**os.environ, **request.environment}))
    try:
        result = executor.run(request)
    finally:
        executor.close()
    seconds = result.seconds + result.overhead_seconds
    seen = channel.events(request.result, request.nonce)
    said = {str(event["event"]): event for event in seen.events}
    if "lanes-unsuitable" in said:
        return Unsuitable(str(said["lanes-unsuitable"]["reason"]), seconds)
    if result.missing:
        return Unsuitable(f"{result.missing} is not installed where it runs: pip install 'netmend[lanes]'", seconds)
    if "probe-error" in said:
        return Unsuitable(f"{said['probe-error']['where']} failed: {said['probe-error']['error']}", seconds)
    if result.end is not RunEnd.FINISHED or "lanes" not in said:
        return Unsuitable(_how_it_ended(result), seconds)
    found = {int(event["number"]): event for event in seen.events if event["event"] == "lane"}
    answers = [_answer(lane, found.get(number), request.result) for number, lane in enumerate(lanes)]
    if any(answer is None for answer in answers):
        return Unsuitable("the predictions of a lane are damaged", seconds)
    parts = {str(name): float(value) for name, value in said["lanes"]["seconds"].items()}
    whole = tuple(answer for answer in answers if answer is not None)
    return Trained(whole, seconds, parts, result.cpu_seconds)


def _how_it_ended(result: RunResult) -> str:
    return "it trains no Keras model" if result.end is RunEnd.FINISHED else f"on JAX it {result.detail}"


def _answer(lane: Lane, event: channel.Event | None, folder: Path) -> LaneAnswer | None:
    """What a lane told of itself; None if its predictions are not those it wrote."""
    if event is None:
        return None
    file = folder / str(event["file"])
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != event["sha256"]:
        return None
    epochs = tuple(Epoch(number, {"loss": float(loss)}) for number, loss in enumerate(event["losses"], start=1))
    evaluation = Evaluation(str(event["origin"]), file, int(event["rows"]), bool(event["logits"]))
    rate = float(lane.numbers.get("learning_rate", "nan"))
    trace = Trace("keras", "jax", lane.seed, learning_rate=rate, epochs=epochs, evaluation=evaluation)
    return LaneAnswer(lane, trace)
