"""The evaluation rows in two halves: search rows, which may choose a patch, and report rows, which may only judge it.

A score that chose a patch is too good to be true on the same rows; so a row never is both. Where all baseline runs
evaluate the same rows, a half of them is drawn once. Where a program draws its rows anew in each run, the content of
a row decides, so that a row that comes back falls on the same side again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from netmend.core.errors import SubjectError
from netmend.training.answers import load
from netmend.training.metrics._base import Array
from netmend.training.trace import Evaluation

Mask = NDArray[np.bool_]

FEWEST_ROWS = 8
"""Fewest report rows: one row more or less right then changes a share of right answers by an eighth. Own choice."""

FEW_ROWS = 20
"""Below so many rows in all (or different contents) the user is warned. Own choice: at 20 rows one row of a half is a
tenth, which is ten times the smallest gain in accuracy that counts."""

DRAW = 20260101
"""Names the one draw of the search half. Arbitrary; fixed, so that every run of every study halves the same way."""

EXPOSE_ROWS = (
    "let the program evaluate more rows: pass validation_data to fit, call evaluate, or run the model in eval mode "
    "on a test loader"
)


class SplitBy(StrEnum):
    """What decides on which side a row falls."""

    FIXED_ROWS = "fixed rows"
    CONTENT = "content"
    POSITION = "position"


@dataclass(frozen=True, slots=True, eq=False)
class RowSplit:
    """Which evaluation rows are search rows. Made by `split_rows` from the baseline, used for every later run.

    Attributes:
        by: what decides.
        hashes: row hashes of the baseline where they are fixed, in their order; else empty.
        in_search: whether each of them is a search row.
        sentence: how the rows were split, for the report.
        warnings: sentences for the user.
    """

    by: SplitBy
    hashes: Array
    in_search: Mask
    sentence: str
    warnings: tuple[str, ...] = ()

    def search(self, evaluation: Evaluation) -> Mask:
        """True for each row that may choose a patch. Shape (rows,)."""
        return self.side(load(evaluation).row_hash)

    def report(self, evaluation: Evaluation) -> Mask:
        """True for each row that may only judge a patch: all the others. Shape (rows,)."""
        return ~self.search(evaluation)

    def side(self, hashes: Array) -> Mask:
        """True for each search row among rows with these hashes.

        Inputs that a patch transforms have new hashes: if the baseline rows are fixed and there are as many rows as
        before, they are taken to be the same rows in the same order. Where rows are drawn anew, a transformed row falls
        on the side of its new content: the same in every run of that patch, as long as the transformation is the same
        for every draw (a division is; a mean of the rows that happen to be trained on is not, and such rows change
        sides between runs).
        """
        if self.by is SplitBy.POSITION:
            return _half(len(hashes))
        if self.by is SplitBy.FIXED_ROWS:
            known = np.isin(hashes, self.hashes)
            moved = not np.array_equal(hashes, self.hashes) and 2 * known.sum() >= len(known)
            if len(hashes) == len(self.hashes) and not moved:
                return self.in_search
            side = _mixed_parity(hashes)
            order = np.argsort(self.hashes)
            side[known] = self.in_search[order[np.searchsorted(self.hashes, hashes[known], sorter=order)]]
            return side
        return _mixed_parity(hashes)


def split_rows(evaluations: Sequence[Evaluation]) -> RowSplit:
    """Halve the evaluation rows of the baseline runs.

    Raises:
        SubjectError: a half would have fewer than `FEWEST_ROWS` rows.
    """
    runs = [load(evaluation).row_hash for evaluation in evaluations]
    if not runs:
        raise SubjectError("no run has evaluation rows", hint=EXPOSE_ROWS)
    split = _split(runs)
    halves = [split.side(hashes) for hashes in runs]
    fewest = min(int(min(side.sum(), (~side).sum())) for side in halves)
    if fewest < FEWEST_ROWS:
        raise SubjectError(
            f"only {min(len(hashes) for hashes in runs)} evaluation rows: halved, they leave {fewest}, and "
            f"{FEWEST_ROWS} are needed to choose a patch and as many to judge it",
            hint=EXPOSE_ROWS,
        )
    return split


def _split(runs: Sequence[Array]) -> RowSplit:
    first = runs[0]
    nothing = np.zeros(0, first.dtype), np.zeros(0, np.bool_)
    distinct = min(len(np.unique(hashes)) for hashes in runs)
    rows = min(len(hashes) for hashes in runs)
    warnings: tuple[str, ...] = (
        (f"There are only {rows} evaluation rows: scores are coarse.",) if rows < FEW_ROWS else ()
    )
    if distinct < min(rows, FEW_ROWS):
        warnings += (f"The evaluation rows hold only {distinct} different inputs: search and report rows share them.",)
        return RowSplit(SplitBy.POSITION, *nothing, "half of the evaluation rows by position", warnings)
    if all(np.array_equal(first, hashes) for hashes in runs):
        values, position = np.unique(first, return_inverse=True)
        sentence = f"the same {len(first)} evaluation rows in every run, half of them drawn once as search rows"
        return RowSplit(SplitBy.FIXED_ROWS, first, _half(len(values))[position.ravel()], sentence, warnings)
    sentence = "each run evaluates other rows; the content of a row decides whether it is a search row"
    return RowSplit(SplitBy.CONTENT, *nothing, sentence, warnings)


def _half(rows: int) -> Mask:
    mask = np.zeros(rows, np.bool_)
    mask[np.random.default_rng(DRAW).permutation(rows)[: (rows + 1) // 2]] = True
    return mask


def _mixed_parity(hashes: Array) -> Mask:
    """Lowest bit after the finaliser of MurmurHash3 (Appleby, 2011), which lets every bit of the input reach it."""
    mixed = hashes.astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return ((mixed ^ (mixed >> np.uint32(16))) & np.uint32(1)).astype(np.bool_)
