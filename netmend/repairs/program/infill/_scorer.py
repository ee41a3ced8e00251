"""The scorer of a name, and the one that is taken where none is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netmend.core.discover import Contribution, contributions
from netmend.core.errors import UsageError
from netmend.program.source import Program
from netmend.repairs.program.infill._base import Filler, Scorer, ScorerKind, Wishes

DEFAULT = "mixture"


def scorer(name: str = DEFAULT, path: Path | None = None) -> Scorer:
    """Open a scorer.

    Args:
        name: of a file of this folder, with hyphens. path: see `ScorerKind.open`.

    Raises:
        UsageError: there is none of that name.
        EnvironmentFault: what it needs is not there or cannot be read.
    """
    opened: Scorer = _named(name).value.open(path)
    return opened


def filled_by(
    filler: Filler, program: Program, tell: Callable[[str], None] = lambda sentence: None
) -> tuple[Scorer, Wishes]:
    """The scorer for a program, and what it asks for by itself.

    Args:
        tell: is told what is sent to whom, before it is sent.

    Raises:
        UsageError: there is none of that name, or it lacks what it must be told.
        EnvironmentFault: what it needs is not there or cannot be read.
    """
    kind, opened = opened_as(filler)
    looking = kind.of_program(opened, program)
    if sentence := kind.tells(looking, program):
        tell(sentence)
    return looking, kind.wishes(looking, program)


def opened_as(filler: Filler) -> tuple[ScorerKind, Scorer]:
    """A filler before it has seen a program; nothing is sent.

    Raises:
        UsageError, EnvironmentFault: as `filled_by`.
    """
    kind = _named(filler.name or DEFAULT).value
    if kind.connect is not None:
        return kind, kind.connect(filler)
    return kind, kind.open(Path(filler.model) if filler.model else None)


def _named(name: str) -> Contribution[ScorerKind]:
    found = contributions("netmend.repairs.program.infill", ScorerKind)
    if name not in found:
        raise UsageError(f"no scorer is called {name!r}", where="scorer", hint=f"there are {', '.join(found)}")
    return found[name]
