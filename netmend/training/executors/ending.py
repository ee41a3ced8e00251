"""Turn what the guard and the program said into one typed end and one sentence."""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import EnvironmentFault
from netmend.training.channel import Channel
from netmend.training.runs import Limits
from netmend.training.trace import RunEnd

OUT_OF_MEMORY = {"MemoryError", "OutOfMemoryError", "ResourceExhaustedError"}
"""Classes raised when memory is refused: by Python and NumPy, by PyTorch for a device, by TensorFlow."""

COULD_NOT_START = 125  # `netmend.training.guard.NOT_STARTED`


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, for `RunResult`."""

    end: RunEnd
    detail: str
    missing: str = ""


def ending(outcome: Mapping[str, Any], channel: Channel, limits: Limits, log: Path) -> Ending:
    """How a run ended.

    A script that ran to its end has finished even if its process crashed while it was cleared away; but not if it met
    a limit, because it may have been told to hurry by the guard's SIGTERM.

    Args:
        outcome: what the guard reported. channel: what the program's launcher wrote.
        log: what the program printed; its last line says more than an exit status.

    Raises:
        EnvironmentFault: the disk is full.
    """
    last = channel.events[-1] if channel.events else {}
    said = last if last.get("event") == "end" else {}
    match outcome["end"]:
        case "timeout":
            return Ending(RunEnd.TIMED_OUT, f"did not end within {limits.seconds:g} s")
        case "memory":
            return Ending(RunEnd.OUT_OF_MEMORY, f"used more than {_size(limits.memory)} of memory")
        case "output":
            return Ending(RunEnd.TOO_MUCH_OUTPUT, f"printed more than {_size(limits.output)}")
        case "cancelled":
            return Ending(RunEnd.KILLED, "was stopped by netmend")
    if said.get("status") in ("finished", "exit") and said.get("code") == 0:
        return Ending(RunEnd.FINISHED, "ran to its end")
    if said.get("status") == "exception":
        return _exception(said, limits)
    if said.get("status") == "exit":
        return Ending(RunEnd.CRASHED, f"ended itself by sys.exit({_exit_value(said)}){_at(said)}{_last_line(log)}")
    if outcome["signal"] is not None:
        return _signalled(outcome["signal"], limits)
    return _silent(outcome["status"], channel, log)


def _exception(said: Mapping[str, Any], limits: Limits) -> Ending:
    names, message = set(said.get("mro", ())), str(said.get("message", ""))
    sentence = f"{said['type']}: {message.splitlines()[0]}" if message.strip() else str(said["type"])
    sentence += _at(said)
    if said.get("errno") == errno.ENOSPC:
        raise EnvironmentFault("the disk is full", where=sentence, hint="free some space and start again")
    if said.get("errno") == errno.EFBIG:
        return Ending(RunEnd.TOO_MUCH_OUTPUT, f"wrote a file of more than {_size(limits.file_size)}{_at(said)}")
    if names & OUT_OF_MEMORY:
        return Ending(RunEnd.OUT_OF_MEMORY, sentence)
    if "EOFError" in names and "reading a line" in message:
        return Ending(RunEnd.CRASHED, f"waits for input, and there is none{_at(said)}")
    return Ending(RunEnd.CRASHED, sentence, str(said.get("missing", "")))


def _signalled(number: int, limits: Limits) -> Ending:
    if number == signal.SIGXFSZ:
        return Ending(RunEnd.TOO_MUCH_OUTPUT, f"wrote a file of more than {_size(limits.file_size)}")
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "unnamed"
    cause = "; the system does that when memory runs out" if number == signal.SIGKILL else ""
    return Ending(RunEnd.KILLED, f"died of signal {number} ({name}){cause}")


def _silent(status: int, channel: Channel, log: Path) -> Ending:
    """The process ended without a word of the launcher."""
    if status == COULD_NOT_START and not channel.events:
        return Ending(RunEnd.NOT_STARTED, f"could not be started{_last_line(log)}")
    if status != 0:
        return Ending(RunEnd.CRASHED, f"ended with exit status {status} in the middle of the script{_last_line(log)}")
    damage = f" (result channel: {channel.damage})" if channel.damage else ""
    return Ending(RunEnd.NO_RESULT, f"ended with exit status 0 in the middle of the script{damage}")


def _exit_value(said: Mapping[str, Any]) -> str:
    message = str(said.get("message", ""))
    return message if message.lstrip("-").isdigit() else repr(message)


def _at(said: Mapping[str, Any]) -> str:
    return f" ({said['file']}:{said['line']})" if said.get("file") else ""


def _last_line(log: Path) -> str:
    """The last thing printed, after a colon: often the only reason given."""
    try:
        lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    said = [line for line in lines if line]
    return f": {said[-1][:200]}" if said else ""


def _size(amount: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= size:
            return f"{amount / size:.3g} {unit}"
    return f"{amount} bytes"
