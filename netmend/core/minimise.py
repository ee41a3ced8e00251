"""Shrink an accepted patch: undo one change at a time and keep the undo where nothing is lost.

The result is 1-minimal (Zeller & Hildebrandt, IEEE TSE 28(2), 2002, section 3.3): no single change can be dropped.
Every attempt goes through one gate, which remembers what was tried and insists on strictly smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from netmend.core.repairer import Patch

P = TypeVar("P", bound=Patch)


def minimise(patch: P, accepts: Callable[[P], bool], *, may_go_on: Callable[[], bool] = lambda: True) -> P:
    """The smallest patch reached by undoing single changes.

    Args:
        accepts: tries a smaller patch out and says whether it does everything the larger one did.
        may_go_on: asked before each attempt; when it says no, the best so far is returned.
    """
    tried = {patch.id}
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in cast("list[P]", list(patch.smaller())):
            if smaller.id in tried or smaller.size >= patch.size or smaller.size == 0:
                continue
            if not may_go_on():
                return patch
            tried.add(smaller.id)
            if accepts(smaller):
                patch, shrunk = smaller, True
                break
    return patch
