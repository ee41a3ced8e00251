"""What stops the work, as one tree.

    NetmendError
    ├── UsageError             arguments or input files are wrong; the user can mend it
    │   ├── SourceError        a program cannot be read or does not compile
    │   ├── StudyChanged       --resume with another program, data or options
    │   ├── BrokenFile         a file of weights is truncated, hostile or not what its name says
    │   ├── UnsupportedModel   a trained network uses something netmend cannot evaluate
    │   ├── NoErrorBound       nothing can be proved about rounding in this network
    │   └── Inexpressible      a format cannot say an edit of a network
    ├── SubjectError           the user's program itself cannot be observed
    │   └── ModelsDisagree     a network answers differently in its own runtime and in ours
    ├── ControlFailed          the oracle accepted "nothing changed"
    ├── EnvironmentFault       missing package or GPU, full disk, unwritable folder
    │   └── StudyInUse         another netmend holds the study
    ├── Unchangeable           an element cannot take this value; the proposer tries the next
    └── Malformed              a contribution broke the rule of its folder

An expected bad result (a patch that crashes, a candidate that runs out of time) is a verdict, never an exception.
"""

from __future__ import annotations

from typing import Any


class NetmendError(Exception):
    """Base of everything netmend raises on purpose.

    Args:
        what: what happened, one line.
        where: file and line, layer, seed or tensor; empty if it adds nothing.
        hint: what to do next, one line; empty if there is nothing sensible to say.

    Attributes:
        status: exit status of the command line, as `docs/exit-status.md` lists them.
    """

    status = 70

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__("\n".join(line for line in (what, where, hint) if line))


class UsageError(NetmendError):
    """Arguments or input files are wrong."""

    status = 2


class SourceError(UsageError):
    """A program cannot be read, decoded or compiled."""


class StudyChanged(UsageError):
    """A study cannot be resumed because what it was about has changed."""


class BrokenFile(UsageError):
    """A file of weights or of a network cannot be read: truncated, damaged, hostile or of another format."""


class UnsupportedModel(UsageError):
    """A trained network uses an operator, a layout or a format that netmend cannot evaluate; the message names it."""


class NoErrorBound(UsageError):
    """Rounding errors of this network cannot be bounded: an operator has no rule, or sums are too long."""


class Inexpressible(UsageError):
    """A format cannot say an edit of a network; the message names what it can say instead."""


class SubjectError(NetmendError):
    """The user's program cannot be observed: it crashes, hangs, trains nothing or has no metric."""

    status = 5


class ModelsDisagree(SubjectError):
    """A network's own runtime and our evaluation differ by more than rounding: nothing computed can be believed."""


class ControlFailed(NetmendError):
    """The unpatched subject was judged a repair: nothing this oracle says can be believed.

    Attributes:
        found: the `netmend.core.records.Repair` as far as it had come: the diagnosis, which no oracle has made, stands.
    """

    status = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "", found: Any = None) -> None:
        self.found = found
        super().__init__(what, where=where, hint=hint)


class EnvironmentFault(NetmendError):
    """The machine lacks something: a package, disk space, permission."""

    status = 4


class StudyInUse(EnvironmentFault):
    """Another process holds the study's lock."""


class Unchangeable(NetmendError):
    """An element cannot be changed to a value in this program; the message says why."""


class Malformed(NetmendError):
    """A contribution broke the rule of its folder; the message names file, line and rule."""
