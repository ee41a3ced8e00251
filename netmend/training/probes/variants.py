"""Runs variants of one script that begin alike: what they share is executed once, and each goes on in a fork.

Standard library and Python 3.8 only, loaded by `launch.py` in place of running the script. The statements at the top
level of the original script are executed in order. Before each, the variants that differ from there on are forked off,
one after another, under a guard each. A variant sees the folder at its usual path, but it is a copy of its own, with
the state that the shared statements left: it is put there for as long as the variant runs. What the shared statements
hold open for reading is wound back after each variant.

A process that has threads, a device, or anything open that a fork would share for good is not forked: the event
`unshareable` says how many statements can be shared. Where the shared statements themselves reach the first update,
nothing is forked any more: the variants still to come are the original up to there.

The job holds, beside what `launch.py` lists, `guard`: path of the guard; `limits`: its orders for each variant;
`variants`: list of objects with `files`: folder with the changed files, `result`, `nonce`: as in a job, `first`: the
first statement that is not shared, and `again`: definitions before it to be executed again as the variant has them.
Statements are counted from 0; those under `if __name__ == "__main__":` count as if they stood outside.
"""

import __future__

import ast
import fcntl
import json
import os
import shutil
import stat
import time
from pathlib import Path

from .outcome import ended

FUTURE = 0
for _name in __future__.all_feature_names:
    FUTURE |= getattr(__future__, _name).compiler_flag


class Unshareable(Exception):
    """This process must not be forked any more; the message says why."""


def run(job, channel, launch, guard):
    """Execute what is shared and fork the variants; how that ended, as fields of the end event.

    Args:
        job: see the module's docstring. channel: the launcher's, of this process. launch: the launcher's module.
        guard: the guard's module.
    """
    path = str(Path(job["folder"], job["script"]))
    script, space = Script(path), vars(launch.main_module(path))
    waiting = sorted(enumerate(job["variants"]), key=lambda item: item[1]["first"])

    def share():
        known, done = _open_files(), 0
        try:
            while waiting:
                _refuse_fork(launch, known)
                while waiting and waiting[0][1]["first"] <= done:
                    number, variant = waiting.pop(0)
                    outcome = _one(job, variant, script, space, channel, launch, guard, known)
                    channel.emit({"event": "variant", "number": number, "outcome": outcome})
                if waiting:
                    script.execute([done], space)
                    done += 1
        except Unshareable as reason:
            what = f"line {script.statements[done - 1].lineno}" if done else "importing"
            channel.emit({"event": "unshareable", "statements": done - 1, "reason": f"{what} {reason}"})

    return ended(share, job["folder"])


class Script:
    """The top-level statements of a script, to be executed one by one."""

    def __init__(self, path):
        self.path, self.flags, self.statements = path, 0, []
        for statement in ast.parse(Path(path).read_bytes(), path).body:
            self.statements += statement.body if _is_main_guard(statement) else [statement]

    def execute(self, numbers, space):
        """Execute some statements; those of `__future__` hold for all that follow."""
        body = ast.Module(body=[self.statements[number] for number in numbers], type_ignores=[])
        code = compile(body, self.path, "exec", self.flags, True)
        self.flags |= code.co_flags & FUTURE
        exec(code, space)


def _is_main_guard(statement):
    """`if __name__ == "__main__":` without an `else`."""
    test = getattr(statement, "test", None)
    if not isinstance(statement, ast.If) or statement.orelse or not isinstance(test, ast.Compare):
        return False
    if len(test.ops) != 1:
        return False
    named = isinstance(test.left, ast.Name) and test.left.id == "__name__" and isinstance(test.ops[0], ast.Eq)
    return named and getattr(test.comparators[0], "value", None) == "__main__"


def _one(job, variant, script, space, channel, launch, guard, known):
    """Run one variant in a copy of the folder at the folder's own path; what its guard reported."""
    folder = Path(job["folder"])
    kept, copy = folder.with_name(folder.name + "-kept"), folder.with_name(folder.name + "-copy")
    shutil.copytree(folder, copy, symlinks=True)
    _put(Path(variant["files"]), copy)
    Path(variant["result"]).mkdir(parents=True)
    reading = {number: offset for number, offset in _open_files().items() if number not in known}
    folder.rename(kept)
    copy.rename(folder)
    try:
        return _guarded(job, variant, lambda: _go_on(job, variant, script, space, channel, launch), guard)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        kept.rename(folder)
        for number, offset in reading.items():
            os.lseek(number, offset, os.SEEK_SET)


def _put(files, folder):
    """Put changed files into a copy of the folder: in the place of links, never through them."""
    for path in files.rglob("*"):
        place = folder / path.relative_to(files)
        if path.is_dir():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if folder.resolve() not in (place.parent.resolve(), *place.parent.resolve().parents):
            raise OSError(f"{place.parent.name} is a link that leads out of the program's folder")
        if place.exists() or place.is_symlink():
            place.unlink()
        shutil.copy2(path, place)


def _guarded(job, variant, start, guard):
    """Fork a guard, which forks the variant; its report, or None if it was killed."""
    lifeline, hold = os.pipe()
    listen, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.close(hold)
            os.close(listen)
            orders = dict(job["limits"], folder=job["folder"], log=str(Path(variant["result"], "log.txt")))
            guard.watch(orders, lifeline, report, start)
        finally:
            os._exit(0)
    os.close(lifeline)
    os.close(report)
    with os.fdopen(listen, "rb") as said:
        line = said.read()
    os.close(hold)
    os.waitpid(pid, 0)
    return json.loads(line) if line else None


def _go_on(job, variant, script, space, channel, launch):
    """In the fork: execute the variant's own statements. Never returns."""
    channel.move(variant["result"], variant["nonce"])
    began = time.monotonic()

    def rest():
        own = Script(script.path)
        own.flags = script.flags
        numbers = [*variant["again"], *range(variant["first"], len(own.statements))]
        own.execute(numbers, space)
        launch.join_threads()

    end = ended(rest, job["folder"])
    code = end.pop("exit", 1)
    channel.emit(dict(end, event="end", seconds=time.monotonic() - began, code=code))
    os._exit(code)


def _refuse_fork(launch, known):
    """Raise `Unshareable` if this process must not be forked."""
    reason = launch.cannot_be_forked()
    if reason:
        raise Unshareable(reason)
    for number, offset in _open_files().items():
        if number not in known and offset is None:
            raise Unshareable("left something open that cannot be wound back: a connection, or a file being written")


def _open_files():
    """Where each open file is being read; None for a descriptor that a fork would share for good."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            number = int(entry.name)
            mode = os.fstat(number).st_mode
            reads = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
            if stat.S_ISREG(mode) and reads:
                found[number] = os.lseek(number, 0, os.SEEK_CUR)
            elif stat.S_ISREG(mode) or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
                found[number] = None
        except OSError:
            pass  # the descriptor of the listing itself
    return found
