"""Stands between netmend and one run of a user's program, enforces its limits, and leaves no process behind.

The program may hang, ignore signals, start daemons, fill memory or print without end; netmend itself may be killed.
In every case the guard ends the whole process tree and reports one outcome. It is needed because neither a process
group (a daemon leaves it) nor a parent's time limit (grandchildren outlive it) reaches everything: on Linux the guard
is a *sub-reaper*, so every orphan of the run becomes its child, and "no child left" means "no descendant left".

Standard library only and Python 3.8 syntax: it runs in front of a fresh interpreter (`python guard.py`) and inside a
forked template of the user's interpreter (`watch`). It talks through two pipes:

- *lifeline*, read end: one line of JSON with the orders when run as a script; its end of file means that netmend is
  gone or has cancelled the run, and everything is killed at once;
- *report*, write end: one line of JSON with the outcome.

Where there is no `/proc` the process table comes from `ps`, and descendants are those seen at the last looks.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

GRACE = 2.0  # seconds from SIGTERM to SIGKILL: enough to flush a log, small beside the 5 s a limit may overshoot
KILL_PATIENCE = 10.0  # seconds to wait for killed processes that the kernel holds (uninterruptible sleep)
SAMPLE = 0.1  # seconds between looks at memory; at 1 GB/s of fresh pages the limit is overshot by 100 MB
KEEP = 256 * 1024  # bytes kept of the head and of the tail of the output: several thousand lines each
NOT_STARTED = 125  # exit status of a child that could not become the program, as `env` and `timeout` use it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
PAGE = resource.getpagesize()


def watch(orders: dict[str, Any], lifeline: int, report: int, start: Callable[[], None]) -> None:
    """Run a program in a child process to its end, and report how it ended.

    Args:
        orders: `seconds`, `memory`, `output`, `file_size`: limits in seconds and bytes; `log`: file for what is kept
            of the output; `folder`: working directory of the program.
        lifeline: descriptor whose end of file means: kill everything.
        report: descriptor to which the outcome is written: `end` ("exited", "timeout", "memory", "output",
            "cancelled"), `status` (exit code, or None), `signal` (number, or None), `wall_seconds`, `cpu_seconds`
            (both of the whole tree), `peak_memory` and `output` (bytes), `left` (processes that could not be killed).
        start: what the child does; it must not return.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    adopt_orphans()
    wake, waker = os.pipe()
    for descriptor in (wake, waker):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    output, writer = os.pipe()
    began = time.monotonic()
    main = os.fork()
    if main == 0:
        _become_program(orders, writer, (lifeline, report, output, wake, waker), start)
    os.close(writer)
    os.set_blocking(output, False)
    tree, kept = _Tree(main), _Output(output, orders["output"])
    end = _until_end(orders, began, lifeline, wake, tree, kept)
    if end == "timeout":
        tree.signal(signal.SIGTERM)
        grace = time.monotonic() + GRACE
        while time.monotonic() < grace and not tree.reap():
            _drain(wake, select.select([*kept.sources, wake], [], [], SAMPLE)[0])
            kept.read()
    wall = time.monotonic() - began
    left = tree.kill()
    kept.read()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept.write(orders["log"])
    outcome = {
        "end": "output" if end == "exited" and kept.full else end,
        "status": None if tree.status is None or os.WIFSIGNALED(tree.status) else os.WEXITSTATUS(tree.status),
        "signal": os.WTERMSIG(tree.status) if tree.status is not None and os.WIFSIGNALED(tree.status) else None,
        "wall_seconds": wall,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_memory": tree.peak,
        "output": kept.total,
        "left": left,
    }
    os.write(report, (json.dumps(outcome) + "\n").encode())


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own, where the system can do that."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_orphans(guards: set[int]) -> set[int]:
    """For a process that starts guards: kill what a guard that was itself killed has left behind.

    Returns:
        The guards that have ended.
    """
    ended = set()
    for parent in guards:
        try:
            if os.waitpid(parent, os.WNOHANG)[0]:
                ended.add(parent)
        except ChildProcessError:  # collected among the orphans of an earlier call
            ended.add(parent)
    tree = _Tree(0, spare=guards - ended)
    if tree.pids():
        tree.kill()
    return ended


def _until_end(orders: dict[str, Any], began: float, lifeline: int, wake: int, tree: _Tree, kept: _Output) -> str:
    """Wait until the program ends or meets a limit; which of these it was."""
    deadline, look = began + orders["seconds"], began
    while True:
        now = time.monotonic()
        ready = select.select([*kept.sources, lifeline, wake], [], [], max(0.0, min(look, deadline) - now))[0]
        _drain(wake, ready)
        if lifeline in ready and not os.read(lifeline, 4096):
            return "cancelled"
        kept.read()
        if kept.full:
            return "output"
        if tree.reap():
            return "exited"
        now = time.monotonic()
        if now >= deadline:
            return "timeout"
        if now >= look:
            look = now + (SAMPLE if tree.cheap else 5 * SAMPLE)
            if tree.memory(orders["memory"]) > orders["memory"]:
                return "memory"


def _drain(wake: int, ready: list[int]) -> None:
    if wake in ready:
        os.read(wake, 4096)


class _Output:
    """Head and tail of what the program prints, and how much it was in all."""

    def __init__(self, source: int, limit: int) -> None:
        self.sources, self.limit, self.total = [source], limit, 0
        self.head, self.tail = bytearray(), bytearray()

    @property
    def full(self) -> bool:
        """More than the limit was printed."""
        return self.total > self.limit

    def read(self) -> None:
        """Take what is there; never waits, because a grandchild may hold the pipe open for ever."""
        while self.sources and not self.full:
            try:
                data = os.read(self.sources[0], 65536)
            except BlockingIOError:
                return
            if not data:
                os.close(self.sources.pop())
            self.total += len(data)
            room = KEEP - len(self.head)
            self.head += data[:room]
            self.tail += data[room:]
            del self.tail[:-KEEP]

    def write(self, log: str) -> None:
        """Leave a readable text behind, whatever bytes were printed."""
        dropped = self.total - len(self.head) - len(self.tail)
        middle = f"\n[... {dropped} bytes not kept ...]\n" if dropped else ""
        text = self.head.decode(errors="replace") + middle + self.tail.decode(errors="replace")
        try:
            with open(log, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            pass  # a full disk must not cost the outcome


class _Tree:
    """All processes of one run: the main one, its descendants, and the orphans among them."""

    def __init__(self, main: int, spare: AbstractSet[int] = frozenset()) -> None:
        self.main, self.spare = main, spare
        self.status: int | None = None
        self.peak = 0
        self.cheap = os.access(f"/proc/self/task/{os.getpid()}/children", os.R_OK)
        self._seen = {main} if main else set()

    def reap(self) -> bool:
        """Collect what has ended; whether the main process has."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return self.status is not None
            if pid == self.main and self.status is None:  # a reaped number may be given out again
                self.status = status

    def pids(self) -> list[int]:
        """Every living descendant of the guard."""
        if self.cheap:
            return _descendants(os.getpid(), self.spare)
        table = _ps()
        family, grew = {os.getpid()} | (self._seen & table.keys()), True
        while grew:
            children = {pid for pid, (parent, _) in table.items() if parent in family and pid not in self.spare}
            grew = not children <= family
            family |= children
        self._seen = family - {os.getpid()}
        return sorted(self._seen)

    def memory(self, limit: int) -> int:
        """Resident bytes of the whole tree; if that exceeds the limit, with shared pages counted once where possible.

        Resident size counts a page that forked workers share once for each; the proportional size does not, but takes
        a hundred times longer to read.
        """
        pids = self.pids()
        table = {} if self.cheap else _ps()
        total = sum(_resident(pid) if self.cheap else table.get(pid, (0, 0))[1] for pid in pids)
        if total > limit and self.cheap:
            total = sum(_proportional(pid) for pid in pids)
        self.peak = max(self.peak, total)
        return total

    def signal(self, number: int) -> None:
        """Signal every process and its group: a group is reached at once, even while it forks."""
        for pid in self.pids():
            for send, target in ((os.kill, pid), (os.killpg, _group(pid))):
                try:
                    if target > 0 and target != os.getpgrp():
                        send(target, number)
                except (ProcessLookupError, PermissionError):
                    pass

    def kill(self) -> int:
        """Kill until nothing is left; how many processes the kernel would not let go of."""
        patience = time.monotonic() + KILL_PATIENCE
        while time.monotonic() < patience:
            self.signal(signal.SIGKILL)
            self.reap()
            if not self.pids():
                return 0
            time.sleep(0.002)
        return len(self.pids())


def _descendants(root: int, spare: AbstractSet[int]) -> list[int]:
    """Children of children, without those below the spared."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        if pid in spare:
            continue
        try:
            for thread in os.scandir(f"/proc/{pid}/task"):
                with open(f"{thread.path}/children") as file:
                    queue += map(int, file.read().split())
        except (OSError, ValueError):
            pass  # it ended while we looked
        if pid != root:
            found.append(pid)
    return found


def _ps() -> dict[int, tuple[int, int]]:
    """Parent and resident bytes of every process but zombies, by pid."""
    command = ["ps", "-A", "-o", "pid=,ppid=,rss=,state="]
    table = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in process.stdout:
            pid, parent, resident, state = line.split()[:4]
            if int(pid) != process.pid and not state.startswith(b"Z"):
                table[int(pid)] = (int(parent), 1024 * int(resident))
    return table


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return 1024 * sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, ValueError, IndexError):
        return _resident(pid)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _become_program(orders: dict[str, Any], output: int, close: tuple[int, ...], start: Callable[[], None]) -> None:
    """In the child: own session, no input, output to the guard, limits; then the program. Never returns."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a program that kills its guard dies with it
        for descriptor in close:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for descriptor in {nothing, output} - {0, 1, 2}:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (orders["file_size"], orders["file_size"]))
        os.chdir(orders["folder"])
        start()
    except BaseException as error:
        os.write(2, f"netmend could not start the program: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(NOT_STARTED)


def main() -> None:
    """Read orders from standard input, which is also the lifeline; report on standard output."""
    orders = json.loads(_line(0))

    def start() -> None:
        os.execv(orders["command"][0], orders["command"])

    lifeline, report = os.dup(0), os.dup(1)
    watch(orders, lifeline, report, start)


def _line(descriptor: int) -> bytes:
    """One line, byte by byte: what follows it must stay in the pipe."""
    line = bytearray()
    while not line.endswith(b"\n"):
        data = os.read(descriptor, 1)
        if not data:
            os._exit(0)  # netmend went before it gave orders
        line += data
    return bytes(line)


if __name__ == "__main__":
    main()
