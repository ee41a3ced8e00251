"""Run each request in an interpreter of its own: the safe way, which pays for every import every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from netmend.core.errors import EnvironmentFault
from netmend.training import guard
from netmend.training.environment import run_environment
from netmend.training.executors.interpreter import interpreter
from netmend.training.executors.supervise import GuardLost, Order, Supervisor
from netmend.training.preload import Preload
from netmend.training.runs import RunRequest, RunResult

LAUNCH = Path(__file__).parent.parent / "probes" / "launch.py"


class FreshExecutor:
    """A new guard and a new interpreter for each run.

    Args:
        preload: what is imported before the script starts, so that a run begins in the same state as a forked one.
        note: said in every result: why runs are made this way although another was asked for.
    """

    def __init__(self, preload: Preload | None = None, *, note: str = "") -> None:
        self._preload, self._note = preload or Preload(), note
        self._supervisor = Supervisor(self._start)

    @property
    def name(self) -> str:
        """Shown in the report."""
        return "fresh"

    def run(self, request: RunRequest) -> RunResult:
        """Run to an end; see `Executor`.

        Raises:
            UsageError: the interpreter does not exist, is no Python or is too old.
            EnvironmentFault: the interpreter or the guard cannot be started, or the disk is full.
        """
        request = replace(request, python=interpreter(request.python))
        return self._supervisor.run(request, self._preload.modules, self._note)

    def close(self) -> None:
        """Stop everything that still runs; idempotent."""
        self._supervisor.cancel()

    def _start(self, order: Order) -> Callable[[], None]:
        """Start a guard under our own interpreter; what to call once it has ended."""
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False, encoding="utf-8") as job:
            json.dump(order.job, job)
        orders = {**order.guard, "command": [order.request.python, str(LAUNCH), job.name]}
        environment = run_environment({**self._preload.environment, **order.request.environment}, order.tag)
        os.write(order.hold, (json.dumps(orders) + "\n").encode())
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__],
                stdin=order.lifeline,
                stdout=order.report,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except BlockingIOError as error:
            Path(job.name).unlink()
            raise GuardLost(f"it could not be started: {error.strerror}") from None
        except OSError as error:
            Path(job.name).unlink()
            raise EnvironmentFault("cannot start a process", where=f"{sys.executable}: {error.strerror}") from None

        def collect() -> None:
            process.kill()  # it has reported, or is stuck
            process.wait()
            Path(job.name).unlink(missing_ok=True)

        return collect
