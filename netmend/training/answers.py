"""From the outputs of a model to answers that a metric can compare: classes for classification, numbers for regression.

Label encodings understood: whole numbers, one-hot rows, a column or several columns of 0 and 1, and -1 and 1. Outputs
become classes by the largest of several columns; a single column is cut at 0 for logits, else halfway between the
two labels (0.5 for 0 and 1, 0 for -1 and 1). What a sigmoid puts out are no logits, whatever the loss takes them for.

A row may be a sequence or a picture with an answer for each of its positions. Positions that do not count, because the
program's loss ignores their label or because they only fill up a short sequence, have the label `UNCOUNTED`, and no
metric sees them.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netmend.core.errors import SubjectError
from netmend.training.metrics._base import Array, Task
from netmend.training.trace import Evaluation, Trace

CLASSIFICATION_LOSSES = frozenset(
    {
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "hinge",
        "multi_margin",
        "multilabel_margin",
        "multilabel_soft_margin",
        "negative_log_likelihood",
        "soft_margin",
        "sparse_categorical_crossentropy",
        "squared_hinge",
    }
)
"""Losses that are made for classes, by canonical name."""


UNCOUNTED = np.iinfo(np.int64).min
"""The label of a position that does not count: -2^63, exact as an integer and as a float, and no label of a program."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The evaluation rows of one run.

    Shapes: y_true and y_pred (rows, ...), row_hash (rows,), counted that of y_true; None if every label counts.
    """

    y_true: Array
    y_pred: Array
    row_hash: Array
    logits: bool
    counted: Array | None = None

    @property
    def labels(self) -> Array:
        """The labels that count, in the shape of y_true if all do, else (labels,)."""
        return _squeeze(self.y_true) if self.counted is None else self.y_true[self.counted]

    @property
    def finite(self) -> bool:
        """No prediction is NaN or infinite."""
        return bool(np.isfinite(self.y_pred).all())


def load(evaluation: Evaluation) -> Rows:
    """Read the predictions of one run.

    Raises:
        SubjectError: the file is missing, damaged, or its arrays differ in length.
    """
    try:
        with np.load(evaluation.file, allow_pickle=False) as file:
            counted = file.get("counted")
            rows = Rows(file["y_true"], file["y_pred"], file["row_hash"], evaluation.logits, counted)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SubjectError(
            f"the predictions of a run cannot be read: {error}",
            where=str(evaluation.file),
            hint="run the command again; if it happens again, look for a full disk",
        ) from error
    if not len(rows.y_true) == len(rows.y_pred) == len(rows.row_hash):
        raise SubjectError(
            f"{len(rows.y_pred)} predictions for {len(rows.y_true)} labels of {len(rows.row_hash)} evaluation rows",
            where=str(evaluation.file),
            hint="the model must give one prediction for each row of its evaluation data",
        )
    return rows


def infer_task(trace: Trace, rows: Rows) -> tuple[Task, str]:
    """What a program learns to predict, and a clause that says from what this was seen."""
    y_true, y_pred = _squeeze(rows.y_true), _squeeze(rows.y_pred)
    if _is_one_hot(y_true):
        return Task.CLASSIFICATION, "the labels are one-hot rows"
    if not _is_integral(rows.labels):
        return Task.REGRESSION, "the labels are not whole numbers"
    values = np.unique(rows.labels)
    if len(values) == 2:
        return Task.CLASSIFICATION, f"the labels take two values, {values[0]:g} and {values[1]:g}"
    if y_pred.ndim == y_true.ndim + 1:
        return Task.CLASSIFICATION, "the labels are whole numbers and the model has several outputs for each"
    if trace.loss in CLASSIFICATION_LOSSES:
        return Task.CLASSIFICATION, f"the labels are whole numbers and the loss is {trace.loss}"
    return Task.REGRESSION, f"the labels take {len(values)} values and the model gives one number for each"


def truth(rows: Rows, task: Task) -> Array | None:
    """The labels as classes (int64) or numbers (float64); None if they are not whole numbers and classes are wanted."""
    y_true = _squeeze(rows.y_true)
    counted = np.ones(y_true.shape, np.bool_) if rows.counted is None else _squeeze(rows.counted)
    if task is Task.REGRESSION:
        return np.where(counted, y_true.astype(np.float64), UNCOUNTED)
    if _is_one_hot(y_true):
        return np.asarray(np.argmax(y_true, axis=-1))
    if not _is_integral(rows.labels):
        return None
    classes = np.full(y_true.shape, UNCOUNTED, np.int64)
    classes[counted] = np.rint(y_true[counted]).astype(np.int64)
    return classes


def which_count(labels: Array) -> NDArray[np.bool_]:
    """Which of the labels that `truth` gives count."""
    return np.asarray(labels != UNCOUNTED)


def answers(rows: Rows, task: Task) -> Array | None:
    """The predictions in the shape of `truth`; None if they do not fit the labels."""
    labels = truth(rows, task)
    if labels is None:
        return None
    y_pred = _squeeze(rows.y_pred)
    if task is Task.REGRESSION:
        return y_pred.astype(np.float64) if y_pred.shape == labels.shape else None
    if y_pred.shape == labels.shape:
        return _cut(labels, y_pred, rows.logits)
    return _largest(labels, y_pred)


def same_evaluation(before: Evaluation, after: Evaluation, task: Task) -> bool:
    """Whether two runs were measured by the same labels, so that their scores can be compared.

    Another encoding of the same classes (one-hot for whole numbers, -1 for 0) is the same; scaled targets are not.
    Where a program draws its evaluation rows at random, compare runs of the same seed. Inputs may have been
    transformed: rows that cannot be matched by content are compared by position, then as a collection.
    """
    old, new = load(before), load(after)
    first, second = truth(old, task), truth(new, task)
    if first is None or second is None or first.shape != second.shape:
        return False
    if np.array_equal(old.row_hash, new.row_hash):
        return _equal(first, second, task)
    once_old, once_new = _once(old.row_hash), _once(new.row_hash)
    _, at_old, at_new = np.intersect1d(once_old, once_new, return_indices=True)
    if 2 * len(at_old) >= len(old.row_hash):
        place_old, place_new = _places(old.row_hash, once_old[at_old]), _places(new.row_hash, once_new[at_new])
        return _equal(first[place_old], second[place_new], task)
    return _equal(first, second, task) or _equal(np.sort(first, axis=0), np.sort(second, axis=0), task)


def _squeeze(values: Array) -> Array:
    """(rows, 1) as (rows,); likewise a last axis of one behind others."""
    return values[..., 0] if values.ndim > 1 and values.shape[-1] == 1 else values


def _is_integral(values: Array) -> bool:
    return values.dtype.kind in "biu" or bool(np.isfinite(values).all() and (values == np.rint(values)).all())


def _is_one_hot(values: Array) -> bool:
    if values.ndim < 2 or not len(values):
        return False
    return bool(np.isin(values, (0, 1)).all() and (values.sum(axis=-1) == 1).all())


def _cut(labels: Array, y_pred: Array, logits: bool) -> Array:
    """One number for each answer: on which side of the middle, or the nearest class if there are more than two."""
    values = set(np.unique(labels[which_count(labels)]).tolist())
    if len(values) > 2:
        return np.rint(y_pred).astype(np.int64)
    pairs = [pair for pair in ((0, 1), (-1, 1)) if values <= set(pair)]
    low, high = pairs[0] if pairs else (min(values), max(values))
    middle = 0.0 if logits else (low + high) / 2
    return np.where(y_pred > middle, high, low)


def _largest(labels: Array, y_pred: Array) -> Array | None:
    """The class with the largest of several outputs. Classes are numbered by column; negative labels by their order."""
    if y_pred.shape[:-1] == labels.shape:
        column = np.argmax(y_pred, axis=-1)
    elif y_pred.ndim == labels.ndim + 1 and y_pred.shape[2:] == labels.shape[1:]:
        column = np.argmax(y_pred, axis=1)  # PyTorch puts the classes of images and sequences second
    else:
        return None
    values = np.unique(labels[which_count(labels)])
    if len(values) and values[0] < 0:
        column = values[np.minimum(column, len(values) - 1)]
    return np.asarray(column)


def _equal(first: Array, second: Array, task: Task) -> bool:
    if task is Task.REGRESSION:
        return bool(np.allclose(first, second, rtol=1e-5, atol=0, equal_nan=True))  # float32 has 7 digits
    ranks = [np.unique(values, return_inverse=True)[1].ravel() for values in (first, second)]
    return bool(np.array_equal(ranks[0], ranks[1]))


def _once(hashes: Array) -> Array:
    values, counts = np.unique(hashes, return_counts=True)
    return np.asarray(values[counts == 1])


def _places(hashes: Array, wanted: Array) -> Array:
    order = np.argsort(hashes)
    return np.asarray(order[np.searchsorted(hashes, wanted, sorter=order)])
