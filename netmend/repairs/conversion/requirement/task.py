"""A measure of the user's own is at least what the source reaches: intersection over union, F1, BLEU, ...

It is a Python callable, given as `FILE:CALLABLE`, that takes the outputs by name and the names of the inputs (files of
an image folder, or numbers of rows) and returns one number, greater is better. **The file is executed.**
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmend.core.errors import SubjectError, UsageError
from netmend.network.graph import Array
from netmend.repairs.conversion.requirement._base import Agreement, Answers, errors_by_row

Metric = Callable[[Mapping[str, Array], tuple[str, ...]], float]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A metric that the target must reach as the source does.

    Attributes:
        name: as the user gave it. tolerance: by how much the target's may be lower, in the metric's units.
    """

    name: str
    metric: Metric
    tolerance: float = 0.0

    @property
    def sentence(self) -> str:
        """See `Requirement`."""
        less = f", less {self.tolerance:g}" if self.tolerance else ""
        return f"{self.name} of the target is at least that of the source{less}"

    def assess(self, answers: Answers) -> Agreement:
        """See `Requirement`; the score is by how much the target falls short.

        Raises:
            SubjectError: the user's callable fails or returns no number.
        """
        one, other = (self._measured(each, answers.rows) for each in (answers.source, answers.target))
        holds = bool(other >= one - self.tolerance)
        sentence = f"by {self.name}: source {one:.6g}, target {other:.6g}"
        score = min(0.0, other - one + self.tolerance)
        agrees = np.full(len(answers.rows), holds)
        return Agreement(agrees, holds, score if np.isfinite(score) else -1e30, sentence, errors_by_row(answers))

    def _measured(self, outputs: Mapping[str, Array], rows: tuple[str, ...]) -> float:
        try:
            return float(self.metric(dict(outputs), rows))
        except Exception as error:  # whatever the user's code raises
            hint = "it is called with the outputs by name and the names of the inputs, and must return one number"
            raise SubjectError(
                f"the metric fails: {type(error).__name__}: {error}", where=self.name, hint=hint
            ) from error


def imported(text: str) -> Metric:
    """The callable that `FILE:CALLABLE` names.

    Raises:
        UsageError: there is no such file or callable. SubjectError: the file cannot be imported.
    """
    file, colon, name = text.rpartition(":")
    source = Path(file)
    if not colon or not name.isidentifier() or source.suffix != ".py" or not source.is_file():
        raise UsageError(f"{text!r} is not a Python file and a callable in it", hint="write --task metric.py:score")
    spec = importlib.util.spec_from_file_location(f"metric_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's code raises
        raise SubjectError(f"the metric cannot be imported: {type(error).__name__}: {error}", where=file) from error
    metric: Metric | None = getattr(module, name, None)
    if not callable(metric):
        raise UsageError(f"{source} has no callable {name!r}", hint="name the function that measures the outputs")
    return metric
