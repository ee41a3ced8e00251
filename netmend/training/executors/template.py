"""A process that has imported a framework and nothing else, and forks one guarded run for each request.

Standard library only and Python 3.8 syntax: it runs under the interpreter of the program under repair. Arrays,
tensors and devices must not be touched here: neither XLA nor CUDA can be used on both sides of a fork. What cannot be
forked safely says so and ends.

It is started as `python template.py SOCKET`, with the number of one end of a stream socket. It reads one line of
JSON with `guard` and `launch` (paths) and `preload` (module names), and answers `{"ready": true}` or `{"ready": false,
"reason": ...}`. Then each line is a request, `orders` for the guard and `job` for the launcher, that comes with two
descriptors: the lifeline and the report of the guard. End of file means that netmend is gone; runs still on the way
have lifelines of their own.
"""

from __future__ import annotations

import array
import gc
import importlib.util
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Import what was asked for, then fork runs until netmend is gone."""
    here = Path(__file__).absolute().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).absolute() != here]
    channel = socket.socket(fileno=int(sys.argv[1]))
    requests = _Requests(channel)
    wanted, _ = requests.next()
    guard, launch = _load("netmend_guard", wanted["guard"]), _load("netmend_launch", wanted["launch"])
    notes = launch.preload(wanted["preload"])
    found = launch.cannot_be_forked()
    reason = f"importing {found}" if found else ""
    channel.sendall((json.dumps({"ready": not reason, "reason": reason}) + "\n").encode())
    if reason:
        return
    guard.adopt_orphans()
    gc.collect()
    gc.freeze()  # the collector of a child would touch, and so copy, every page
    _serve(requests, guard, launch, notes)


def _load(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class _Requests:
    """Lines of JSON from a stream socket, each with the descriptors that came along."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._data, self._descriptors = b"", array.array("i")

    def next(self) -> tuple[dict[str, Any], list[int]]:
        """Wait for the next request.

        Raises:
            EOFError: netmend is gone.
        """
        while b"\n" not in self._data:
            room = socket.CMSG_LEN(2 * self._descriptors.itemsize)
            data, ancillary, _, _ = self.channel.recvmsg(65536, room)
            if not data:
                raise EOFError
            self._data += data
            for level, kind, payload in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    self._descriptors.frombytes(payload)
        line, _, self._data = self._data.partition(b"\n")
        descriptors, self._descriptors = list(self._descriptors), array.array("i")
        return json.loads(line), descriptors


def _serve(requests: _Requests, guard: Any, launch: Any, notes: list[str]) -> None:
    guards: set[int] = set()
    socket_number = requests.channel.fileno()
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready = select.select([socket_number, wake], [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
            guards -= guard.end_orphans(guards)
        if socket_number in ready:
            try:
                request, descriptors = requests.next()
            except (EOFError, OSError):
                return
            pid = os.fork()
            if pid == 0:
                _guard_one_run(request, descriptors, (socket_number, wake, waker), guard, launch, notes)
            guards.add(pid)
            for descriptor in descriptors:
                os.close(descriptor)


def _guard_one_run(
    request: dict[str, Any], descriptors: list[int], close: tuple[int, ...], guard: Any, launch: Any, notes: list[str]
) -> None:
    """In the forked child: become the guard of one run. Never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for descriptor in close:
            os.close(descriptor)
        lifeline, report = descriptors

        def start() -> None:
            os.environ[request["tag"][0]] = request["tag"][1]
            launch.run(request["job"], notes)

        guard.watch(request["orders"], lifeline, report, start)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
