"""What a repair shows besides its verdict. The kind fills them in, the report renders them.

Values only: no colours, no markup. Each has a caption that says in one sentence what the reader sees.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiffExhibit:
    """A unified diff that `git apply` accepts, and what it changes in words.

    Attributes:
        reading: what a person is shown instead, where the lines of the diff are no lines of code; "" if they are.
    """

    caption: str
    diff: str
    changes: tuple[str, ...] = ()
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A note beside one line of a listing. `score` in [0, 1] is its suspiciousness."""

    line: int
    column: int
    label: str
    score: float
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Source text with marks beside its lines."""

    caption: str
    name: str
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's values over epochs. `side` is "before" or "after"; None is a non-finite value."""

    side: str
    seed: int
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Training curves before and after, one line per run.

    `along` is what one value belongs to: an epoch, a node. `each` is what one curve belongs to; empty for a single one.
    """

    caption: str
    quantity: str
    curves: tuple[Curve, ...]
    along: str = "epoch"
    each: str = "run"


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a box plot: its label and one value per run; None is a failed or non-finite run."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Boxes:
    """A box plot of one quantity with horizontal reference lines, for example the trivial predictor and the goal.

    `each` is what one value belongs to: a run, a point.
    """

    caption: str
    quantity: str
    higher_is_better: bool
    boxes: tuple[Box, ...]
    lines: tuple[tuple[str, float], ...] = ()
    each: str = "run"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text. Numbers are already formatted; `numeric` names the columns to align right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Named facts, in order: what was required, which metric and why, versions, how to reproduce."""

    caption: str
    facts: tuple[tuple[str, str], ...]


Exhibit = DiffExhibit | Listing | Curves | Boxes | Table | Facts
