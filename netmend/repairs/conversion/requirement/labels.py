"""The highest class, or the k highest in order, are those of the source; ties of the source's own scores are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Array
from netmend.repairs.conversion.requirement._base import Agreement, Answers, errors_by_row


@dataclass(frozen=True, slots=True)
class Labels:
    """Agreement of the k highest classes of the first output.

    Attributes:
        at_least: share of the inputs that must agree; less than all leaves room for what quantisation changes.
    """

    k: int = 1
    at_least: float = 1.0

    @property
    def sentence(self) -> str:
        """See `Requirement`."""
        inputs = "every input" if self.at_least == 1 else f"at least {self.at_least:.4g} of the inputs"
        if self.k == 1:
            return f"the highest class of {inputs} is the source's"
        return f"the {self.k} highest classes of {inputs} are the source's, in its order"

    def assess(self, answers: Answers) -> Agreement:
        """See `Requirement`; the score is minus the share of rows that differ."""
        name, scores = next(iter(answers.source.items()))
        right = scores.reshape(len(answers.rows), -1)
        if scores.ndim < 2 or max(scores.shape[1:]) != right.shape[1]:
            hint = "require agreement of tensors, or name the output with classes with --match SOURCE=TARGET"
            raise UsageError(f"the output {name} of shape {scores.shape} has no classes", hint=hint)
        if self.k > right.shape[1]:
            raise UsageError(f"the output {name} has {right.shape[1]} classes, not {self.k}")
        errors = errors_by_row(answers)
        got = answers.target[name]
        if got.shape != scores.shape:
            agrees = tied = np.zeros(len(answers.rows), bool)
        else:
            agrees, tied = self._compared(right, got.reshape(right.shape), 2 * answers.rounding[name])
        same = agrees | tied
        ties = int(np.count_nonzero(tied))
        said = f", {ties} of them up to ties of the source's own scores" if ties else ""
        which = "highest class" if self.k == 1 else f"{self.k} highest classes"
        sentence = f"{int(same.sum())} of {len(same)} inputs have the source's {which}{said}"
        return Agreement(same, bool(np.mean(same) >= self.at_least), float(np.mean(same)) - 1.0, sentence, errors, ties)

    def _compared(self, right: Array, got: Array, gap: float) -> tuple[Array, Array]:
        """Rows whose classes are the same, and rows where every class that differs scores the same up to a gap."""
        first, second = (np.argsort(-each, axis=1, kind="stable")[:, : self.k] for each in (right, got))
        same = (first == second).all(axis=1) & np.isfinite(got).all(axis=1)
        one, other = (np.take_along_axis(right, order, axis=1).astype(np.float64) for order in (first, second))
        with np.errstate(invalid="ignore"):
            tied = (np.abs(one - other) <= gap).all(axis=1) & np.isfinite(got).all(axis=1)
        return same, tied & ~same
