"""Fork each run from a process that has already imported the framework, and fall back to fresh interpreters."""

from __future__ import annotations

import array
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from netmend.training import guard
from netmend.training.environment import TAG, run_environment
from netmend.training.executors.fresh import LAUNCH, FreshExecutor
from netmend.training.executors.interpreter import interpreter
from netmend.training.executors.supervise import GuardLost, Order, Supervisor
from netmend.training.preload import Preload
from netmend.training.runs import RunRequest, RunResult

TEMPLATE = Path(__file__).parent / "template.py"

PATIENCE = 300.0
"""Seconds a template may take to import everything; Keras on torch takes 4 s on an idle core, much more on a cold
network disk."""

STARTS = 3
"""A template that died this often is not started again: something in the programs kills it."""


class TemplateFailed(Exception):
    """No template can be had; the message says why."""


@dataclass
class _Template:
    """A running template, and the only way to speak to it."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    log: IO[bytes]

    @classmethod
    def start(cls, python: str, preload: tuple[str, ...], environment: Mapping[str, str]) -> _Template:
        """Start one and wait until it has imported everything.

        Raises:
            TemplateFailed: it died, took too long, or must not be forked.
        """
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()  # noqa: SIM115  # read when it dies
        try:
            process = subprocess.Popen(
                [python, str(TEMPLATE), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                cwd="/",
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        except OSError as error:
            ours.close()
            raise TemplateFailed(f"it could not be started: {error.strerror}") from None
        finally:
            theirs.close()
        template = cls(process, ours, log)
        wanted = {"guard": guard.__file__, "launch": str(LAUNCH), "preload": preload}
        try:
            ours.sendall((json.dumps(wanted) + "\n").encode())
            template._await_ready()
        except (OSError, TemplateFailed) as error:
            template.stop()
            raise TemplateFailed(str(error)) from None
        except KeyboardInterrupt:
            template.stop()
            raise
        return template

    def _await_ready(self) -> None:
        deadline, data = time.monotonic() + PATIENCE, b""
        while not data.endswith(b"\n"):
            if not select.select([self.channel], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TemplateFailed(f"importing took longer than {PATIENCE:g} s")
            piece = self.channel.recv(65536)
            if not piece:
                raise TemplateFailed(f"it died while importing{self._last_words()}")
            data += piece
        answer = json.loads(data)
        if not answer["ready"]:
            raise TemplateFailed(answer["reason"])

    def _last_words(self) -> str:
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1][:200]}" if lines else ""

    def send(self, message: Mapping[str, Any], descriptors: tuple[int, int]) -> None:
        """Ask for a run. One message and its descriptors go together, so only one thread may send at a time."""
        data = (json.dumps(message) + "\n").encode()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        sent = self.channel.sendmsg([data], rights)
        self.channel.sendall(data[sent:])

    def stop(self) -> None:
        """End it; runs on their way are ended by their own lifelines."""
        self.channel.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        self.process.kill()
        self.process.wait()
        self.log.close()


Key = tuple[str, tuple[tuple[str, str], ...]]


class ForkExecutor:
    """One template per interpreter and environment; a guard and a program forked from it for each run.

    Where no template can be had, runs are made in fresh interpreters, and their results say so.

    Args:
        preload: what the template imports.
    """

    def __init__(self, preload: Preload) -> None:
        self._preload = preload
        self._supervisor = Supervisor(self._start)
        self._templates: dict[Key, _Template] = {}
        self._starts: dict[Key, int] = {}
        self._fallbacks: dict[Key, FreshExecutor] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Shown in the report."""
        return "fork"

    def run(self, request: RunRequest) -> RunResult:
        """Run to an end; see `Executor`.

        Raises:
            UsageError: the interpreter does not exist, is no Python or is too old.
            EnvironmentFault: the interpreter cannot be started, or the disk is full.
        """
        request = replace(request, python=interpreter(request.python))
        asked = time.monotonic()
        with self._lock:
            fallback = self._fallbacks.get(self._key(request)) or self._ensure_template(request)
        if fallback is None:
            result = self._supervisor.run(request, self._preload.modules)
        else:
            result = fallback.run(request)
        return replace(result, overhead_seconds=time.monotonic() - asked - result.seconds)

    def close(self) -> None:
        """Stop everything that still runs; idempotent."""
        self._supervisor.cancel()
        with self._lock:
            for fallback in self._fallbacks.values():
                fallback.close()
            for template in self._templates.values():
                template.stop()
            self._templates.clear()

    def _key(self, request: RunRequest) -> Key:
        return request.python, tuple(sorted({**self._preload.environment, **request.environment}.items()))

    def _ensure_template(self, request: RunRequest) -> FreshExecutor | None:
        """Have a living template for a request; a fallback if that is impossible."""
        key = self._key(request)
        template = self._templates.get(key)
        if template is not None and template.process.poll() is None:
            return None
        if template is not None:
            template.stop()
        self._starts[key] = self._starts.get(key, 0) + 1
        try:
            if self._starts[key] > STARTS:
                raise TemplateFailed(f"it died {STARTS} times")
            environment = run_environment(dict(key[1]), f"template {os.getpid()}")
            self._templates[key] = _Template.start(request.python, self._preload.modules, environment)
        except TemplateFailed as failed:
            self._templates.pop(key, None)
            note = f"run in a fresh interpreter because no template process could be had: {failed}"
            self._fallbacks[key] = FreshExecutor(self._preload, note=note)
            return self._fallbacks[key]
        return None

    def _start(self, order: Order) -> Callable[[], None]:
        message = {"orders": order.guard, "job": order.job, "tag": [TAG, order.tag]}
        with self._lock:
            if self._ensure_template(order.request) is not None:
                raise GuardLost("its template process died")
            try:
                self._templates[self._key(order.request)].send(message, (order.lifeline, order.report))
            except OSError as error:
                raise GuardLost(f"its template process died: {error.strerror}") from None
        return lambda: None


def can_fork() -> bool:
    """Whether forking a process that has imported a framework is known to work here.

    macOS has `fork`, but its own libraries may abort the child.
    """
    return sys.platform.startswith("linux")
