"""Harmonic mean of precision and recall of each class, averaged over the classes (macro F1).

Classes are those among the true labels or the predictions. A class that is never predicted scores 0.

References: Manning, Raghavan, Schütze: Introduction to Information Retrieval, 2008, sections 8.3 and 13.6.
"""

from __future__ import annotations

import numpy as np

from netmend.training.metrics._base import CLASSIFICATION_GAIN, Array, Constant, Metric, Task


def _f1(y_true: Array, y_pred: Array) -> float:
    scores = []
    for label in np.union1d(y_true, y_pred):
        is_true, is_pred = y_true == label, y_pred == label
        scores.append(2 * np.sum(is_true & is_pred) / (np.sum(is_true) + np.sum(is_pred)))
    return float(np.mean(scores))


F1 = Metric(
    name="f1",
    task=Task.CLASSIFICATION,
    compute=_f1,
    higher_is_better=True,
    smallest_gain=CLASSIFICATION_GAIN,
    trivial=Constant.MAJORITY,
    aliases=("f1_score", "f1_macro", "macro_f1"),
)
