"""What every executor does around a run: give orders, wait for the guard's report, read what the program left."""

from __future__ import annotations

import json
import math
import os
import secrets
import select
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netmend.core.errors import EnvironmentFault
from netmend.training import channel
from netmend.training import guard as guards
from netmend.training.environment import TAG
from netmend.training.executors.ending import Ending, ending
from netmend.training.runs import RunRequest, RunResult
from netmend.training.trace import RunEnd

ATTEMPTS = 3
"""A run whose guard vanished is tried again twice: once may be chance, more often the program kills its guard."""

PATIENCE = 30.0
"""Seconds beyond the run's limit after which a guard that says nothing is given up; it needs 2 s of grace and at most
10 s for processes the kernel holds."""


class GuardLost(Exception):
    """The guard of a run ended, or could not be started, before it had reported."""


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt at a run, as a guard and a launcher get it.

    Attributes:
        guard: limits, log and folder for the guard. job: for the launcher.
        tag: value of the environment variable that marks the processes of this attempt.
        lifeline: read end; its end of file means that everything must be killed. hold: its write end, which stays here.
        report: write end, for one line. listen: its read end, which stays here.
    """

    request: RunRequest
    guard: dict[str, Any]
    job: dict[str, Any]
    tag: str
    lifeline: int
    hold: int
    report: int
    listen: int


@dataclass
class Supervisor:
    """Runs requests by means of `start`, which has a guard started for an order and raises `GuardLost` if it cannot."""

    start: Callable[[Order], Callable[[], None]]
    _holds: dict[str, int] = field(default_factory=dict)  # by tag: a closed descriptor's number is soon another's
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, request: RunRequest, preload: tuple[str, ...], note: str = "") -> RunResult:
        """Run a request to an end.

        Args:
            preload: modules imported before the script starts.
            note: said in the result's detail: why a run was not made as it was asked for.

        Raises:
            EnvironmentFault: the disk is full, or the result folder cannot be made.
        """
        asked, reason = time.monotonic(), ""
        for attempt in range(ATTEMPTS):
            order = _order(request, preload)
            try:
                outcome = self._attempt(order)
            except GuardLost as lost:
                end_tagged(order.tag)
                reason = str(lost)
                time.sleep(0.1 * 2**attempt)  # a machine that is short of processes or memory needs a moment
                continue
            return _result(request, outcome, asked, note)
        seen = channel.events(request.result, request.nonce)
        end = RunEnd.KILLED if seen.events else RunEnd.NOT_STARTED
        detail = f"lost its guard process {ATTEMPTS} times: {reason}"
        outcome = {"status": None, "wall_seconds": 0.0, "cpu_seconds": 0.0}
        return _result(request, outcome, asked, note, Ending(end, detail))

    def cancel(self) -> None:
        """End every run that is on its way; they come back as killed."""
        with self._lock:
            for hold in self._holds.values():
                os.close(hold)
            self._holds.clear()

    def _attempt(self, order: Order) -> Mapping[str, Any]:
        with self._lock:
            self._holds[order.tag] = order.hold
        try:
            try:
                collect = self.start(order)
            finally:
                os.close(order.lifeline)
                os.close(order.report)
            try:
                outcome = _line(order.listen, order.guard["seconds"] + PATIENCE)
            finally:
                self._release(order.tag)  # also on Ctrl-C: the guard then kills the run,
                if not _ended(order.listen, PATIENCE):  # and its end is waited for
                    end_tagged(order.tag)
                collect()
        finally:
            self._release(order.tag)
            os.close(order.listen)
        if outcome is None:
            raise GuardLost("it ended without a report")
        return outcome

    def _release(self, tag: str) -> None:
        with self._lock:
            hold = self._holds.pop(tag, None)
            if hold is not None:
                os.close(hold)


def _order(request: RunRequest, preload: tuple[str, ...]) -> Order:
    """A new attempt: an empty result folder, a tag, and two pipes."""
    result = request.result.absolute()
    try:
        shutil.rmtree(result, ignore_errors=True)
        result.mkdir(parents=True)
    except OSError as error:
        raise EnvironmentFault(f"cannot make the result folder {result}", where=str(error.strerror)) from None
    limits, folder = request.limits, str(request.folder.absolute())
    guard = {
        "seconds": limits.seconds,
        "memory": limits.memory,
        "output": limits.output,
        "file_size": limits.file_size,
        "log": str(result / "log.txt"),
        "folder": folder,
    }
    job = {
        "folder": folder,
        "script": request.script,
        "arguments": list(request.arguments),
        "seed": request.seed,
        "override_seeds": request.override_seeds,
        "preload": list(preload),
        "detail": request.detail,
        "hold_out": request.hold_out,
        "checkpoint_out": _path(request.checkpoint_out),
        "checkpoint_in": _path(request.checkpoint_in),
        "initial_epoch": request.initial_epoch,
        "weights_in": _path(request.weights_in),
        "result": str(result),
        "nonce": request.nonce,
    }
    if request.variants:
        job |= {
            "guard": guards.__file__,
            "limits": {**guard, "seconds": request.variant_seconds},
            "variants": [
                {
                    "files": str(variant.files.absolute()),
                    "first": variant.first,
                    "again": list(variant.again),
                    "result": str(result / str(number)),
                    "nonce": request.nonce,
                }
                for number, variant in enumerate(request.variants)
            ],
        }
    if request.lanes:
        job["lanes"] = [{**lane.numbers, "seed": lane.seed} for lane in request.lanes]
    lifeline, hold = os.pipe()
    listen, report = os.pipe()
    return Order(request, guard, job, secrets.token_hex(8), lifeline, hold, report, listen)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _result(
    request: RunRequest,
    outcome: Mapping[str, Any],
    asked: float,
    note: str,
    known: Ending | None = None,
) -> RunResult:
    result = request.result.absolute()
    log = result / "log.txt"
    seen = channel.events(result, request.nonce)
    how = known or ending(outcome, seen, request.limits, log)
    trace = channel.read(result, request.nonce)
    detail = how.detail
    if how.end is RunEnd.FINISHED and trace is None:
        detail += ", but no training was seen"
    if note:
        detail += f" ({note})"
        trace = replace(trace, warnings=(*trace.warnings, f"{note[0].upper()}{note[1:]}.")) if trace else None
    said = seen.events[-1] if seen.events else {}
    seconds = float(said["seconds"]) if said.get("event") == "end" else float(outcome["wall_seconds"])
    return RunResult(
        end=how.end,
        detail=detail,
        seconds=seconds,
        cpu_seconds=float(outcome["cpu_seconds"]),
        overhead_seconds=time.monotonic() - asked - seconds,
        exit_code=outcome["status"],
        log=log,
        trace=trace,
        missing=how.missing,
        setup_seconds=float(said.get("setup_seconds") or math.nan),
    )


def _line(descriptor: int, patience: float) -> Mapping[str, Any] | None:
    """One line of JSON; None at the end of file or when patience ends."""
    deadline, data = time.monotonic() + patience, b""
    while not data.endswith(b"\n"):
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        piece = os.read(descriptor, 65536)
        if not piece:
            return None
        data += piece
    line: Mapping[str, Any] = json.loads(data)
    return line


def _ended(descriptor: int, patience: float) -> bool:
    """Wait for the end of file, which is the end of the guard."""
    deadline = time.monotonic() + patience
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if not os.read(descriptor, 65536):
            return True
    return False


def end_tagged(tag: str) -> None:
    """Kill what carries a tag, where the system shows the environment of processes (Linux): a last resort."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{TAG}={tag}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
