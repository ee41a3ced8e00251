"""Ways to run a `RunRequest`; all keep one contract, and one request gives the same losses under each."""

from __future__ import annotations

from netmend.core.errors import UsageError
from netmend.training.executors.fork import ForkExecutor, can_fork
from netmend.training.executors.fresh import FreshExecutor
from netmend.training.preload import Preload
from netmend.training.runs import Executor

FRESH = "run in a fresh interpreter because"
KINDS = ("auto", "fresh", "fork")


def executor_for(kind: str, preload: Preload) -> Executor:
    """The executor of a kind.

    Args:
        kind: "fresh", "fork", or "auto": fork where that is known to work and something can be imported ahead.
        preload: what the program imports, from `netmend.training.preload.preload_of`.

    Raises:
        UsageError: there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown executor {kind!r}", hint=f"choose one of {', '.join(KINDS)}")
    if kind == "fresh":
        return FreshExecutor(preload)
    if not can_fork():
        return FreshExecutor(preload, note=f"{FRESH} forking is not known to work on this system")
    if kind == "auto" and not preload.modules:
        return FreshExecutor(preload, note=f"{FRESH} {preload.reason}" if preload.reason else "")
    return ForkExecutor(preload)
