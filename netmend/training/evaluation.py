"""How good the predictions of a run are: which metric to use, and its value on search rows and report rows.

The metric is measured on the predictions themselves, never read from what a program prints. Beside every score stands
that of the trivial predictor, which gives the best constant answer for the very rows it is measured on; knowing them,
it is a little better than a constant learnt from training data, so being better than it is not made easy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from netmend.core.errors import SubjectError, UsageError
from netmend.training.answers import Rows, answers, infer_task, load, same_evaluation, truth, which_count
from netmend.training.metrics._base import Array, Constant, Metric, Task, find_metric, metric_named
from netmend.training.row_split import EXPOSE_ROWS, Mask, RowSplit, split_rows
from netmend.training.trace import Trace

__all__ = [
    "RowSplit",
    "Scores",
    "choose_metric",
    "same_evaluation",
    "score",
    "split_rows",
    "trivial_score",
    "whole_score",
]

IMBALANCE = 0.8
"""Share of the commonest class above which accuracy says little, because a constant answer already scores that high.
Own choice: the two classes are then at least four to one. Balanced accuracy instead, as Brodersen et al., ICPR 2010,
argue."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One run's scores; None if its predictions are not finite or do not fit the labels, which is a failed run."""

    search: float | None
    report: float | None
    trivial_search: float
    trivial_report: float
    rows_search: int
    rows_report: int


def choose_metric(traces: Sequence[Trace], requested: str | None = None) -> tuple[Metric, str]:
    """The metric to judge a program by, and a sentence that says why.

    Args:
        traces: runs of the unpatched program. requested: name or alias of the metric the user wants.

    Raises:
        UsageError: there is no such metric, or it cannot compare this program's predictions with its labels.
        SubjectError: no run has predictions.
    """
    wanted = metric_named(requested) if requested else None
    trace = next((trace for trace in traces if trace.evaluation is not None), None)
    if trace is None or trace.evaluation is None:
        raise SubjectError("no metric can be measured: the program evaluates no data with labels", hint=EXPOSE_ROWS)
    rows = load(trace.evaluation)
    task, seen = infer_task(trace, rows)
    if wanted is not None:
        _check_fits(wanted, rows, seen)
        return wanted, f"{wanted.name} was asked for."
    if task is Task.CLASSIFICATION:
        return _for_classes(truth(rows, task), seen)
    for key in _reported(traces):
        metric = find_metric(key)
        if metric is not None and metric.task is task:
            return metric, f"{metric.name}, because {seen} and the program itself reports it as {key!r}."
    return metric_named("mean-absolute-error"), f"mean-absolute-error, because {seen}."


def score(trace: Trace, metric: Metric, split: RowSplit) -> Scores:
    """Score one run that has predictions.

    Raises:
        SubjectError: it has none, or their file is damaged.
    """
    if trace.evaluation is None:
        raise SubjectError("a run without predictions cannot be scored", hint=EXPOSE_ROWS)
    rows = load(trace.evaluation)
    search = split.side(rows.row_hash)
    labels = truth(rows, metric.task)
    given = answers(rows, metric.task) if rows.finite else None

    def value(mask: Mask) -> float | None:
        return None if labels is None or given is None else _finite(metric, labels[mask], given[mask])

    def trivial(mask: Mask) -> float:
        return math.nan if labels is None else trivial_score(metric, labels[mask])

    return Scores(
        value(search), value(~search), trivial(search), trivial(~search), int(search.sum()), int((~search).sum())
    )


def whole_score(trace: Trace, metric: Metric) -> float | None:
    """Score of one run on all its rows, for comparisons by which no patch is chosen; None as in `Scores`.

    Raises:
        SubjectError: it has no predictions, or their file is damaged.
    """
    if trace.evaluation is None:
        raise SubjectError("a run without predictions cannot be scored", hint=EXPOSE_ROWS)
    rows = load(trace.evaluation)
    labels, given = truth(rows, metric.task), answers(rows, metric.task) if rows.finite else None
    return None if labels is None or given is None else _finite(metric, labels, given)


def trivial_score(metric: Metric, y_true: Array) -> float:
    """Score of the best constant answer: commonest class, mean or median of each column, as the metric names it.

    Args:
        y_true: labels as `netmend.training.answers.truth` gives them; nan if there are none.
    """
    if not len(y_true):
        return math.nan
    columns = y_true.reshape(len(y_true), -1)
    constant = np.array([_constant(metric.trivial, column) for column in columns.T])
    return _value(metric, y_true, np.broadcast_to(constant, columns.shape).reshape(y_true.shape))


def _for_classes(labels: Array | None, seen: str) -> tuple[Metric, str]:
    """Accuracy, unless one class is so common that it says little."""
    _, sizes = np.unique(np.zeros(0) if labels is None else labels[which_count(labels)], return_counts=True)
    share = float(sizes.max() / sizes.sum()) if sizes.size else 0.0
    name = "balanced-accuracy" if share > IMBALANCE else "accuracy"
    reason = "so always answering it would already score as much" if share > IMBALANCE else "the score to beat"
    why = f"{name}, because {seen}; the commonest class holds {share:.0%} of the evaluation rows, {reason}."
    return metric_named(name), why


def _check_fits(metric: Metric, rows: Rows, seen: str) -> None:
    if answers(rows, metric.task) is not None:
        return
    needed = "labels that are classes" if metric.task is Task.CLASSIFICATION else "one number for each label"
    raise UsageError(
        f"{metric.name} needs {needed}, and its predictions have shape {rows.y_pred.shape}, labels {rows.y_true.shape}",
        where=f"evaluation data: {seen}",
        hint="leave out --metric to let netmend choose, or name another",
    )


def _reported(traces: Iterable[Trace]) -> list[str]:
    """Names of what the program reports in each epoch, without the validation copies."""
    keys = [key for trace in traces for epoch in trace.epochs for key in epoch.values]
    return list(dict.fromkeys(key.removeprefix("val_") for key in keys))


def _constant(constant: Constant, column: Array) -> float:
    column = column[which_count(column)]
    if not len(column):  # a position that counts in no row
        return 0.0
    if constant is Constant.MAJORITY:
        values, counts = np.unique(column, return_counts=True)
        return float(values[np.argmax(counts)])
    return float(np.median(column) if constant is Constant.MEDIAN else np.mean(column))


def _finite(metric: Metric, y_true: Array, y_pred: Array) -> float | None:
    value = _value(metric, y_true, y_pred) if len(y_true) else math.nan
    return value if math.isfinite(value) else None


def _value(metric: Metric, y_true: Array, y_pred: Array) -> float:
    kept = which_count(y_true)
    if not kept.any():
        return math.nan
    if metric.task is Task.CLASSIFICATION:  # several answers a row count as so many rows
        return metric.compute(y_true[kept], y_pred[kept])
    return metric.compute(y_true, y_pred) if kept.all() else metric.compute(y_true[kept], y_pred[kept])
