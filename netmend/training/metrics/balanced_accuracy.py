"""Share of right answers in each class, averaged over the classes: every class counts the same, however rare.

A constant answer scores one over the number of classes. Classes that do not occur among the true labels do not count.

References: Brodersen, Ong, Stephan, Buhmann: The balanced accuracy and its posterior distribution, ICPR 2010,
section II.
"""

from __future__ import annotations

import numpy as np

from netmend.training.metrics._base import CLASSIFICATION_GAIN, Array, Constant, Metric, Task


def _balanced_accuracy(y_true: Array, y_pred: Array) -> float:
    recalls = [np.mean(y_pred[y_true == label] == label) for label in np.unique(y_true)]
    return float(np.mean(recalls))


BALANCED_ACCURACY = Metric(
    name="balanced-accuracy",
    task=Task.CLASSIFICATION,
    compute=_balanced_accuracy,
    higher_is_better=True,
    smallest_gain=CLASSIFICATION_GAIN,
    trivial=Constant.MAJORITY,
    aliases=("bacc", "bal_acc"),
)
