"""Share of the rows whose class is predicted.

Every row counts the same, so on data where one class is far commoner than the others a constant answer scores high:
see `balanced-accuracy`.
"""

from __future__ import annotations

import numpy as np

from netmend.training.metrics._base import CLASSIFICATION_GAIN, Array, Constant, Metric, Task


def _accuracy(y_true: Array, y_pred: Array) -> float:
    return float(np.mean(y_true == y_pred))


ACCURACY = Metric(
    name="accuracy",
    task=Task.CLASSIFICATION,
    compute=_accuracy,
    higher_is_better=True,
    smallest_gain=CLASSIFICATION_GAIN,
    trivial=Constant.MAJORITY,
    aliases=("acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
)
