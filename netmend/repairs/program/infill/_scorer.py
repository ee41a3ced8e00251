"""The scorer of a name, and the one that is taken where none is named."""

from __future__ import annotations

from pathlib import Path

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.repairs.program.infill._base import Scorer, ScorerKind

DEFAULT = "counts"


def scorer(name: str = DEFAULT, path: Path | None = None) -> Scorer:
    """Open a scorer.

    Args:
        name: of a file of this folder, with hyphens. path: see `ScorerKind.open`.

    Raises:
        UsageError: there is none of that name.
        EnvironmentFault: what it needs is not there or cannot be read.
    """
    found = contributions("netmend.repairs.program.infill", ScorerKind)
    if name not in found:
        raise UsageError(f"no scorer is called {name!r}", where="scorer", hint=f"there are {', '.join(found)}")
    opened: Scorer = found[name].value.open(path)
    return opened
