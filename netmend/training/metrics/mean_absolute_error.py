"""Mean of the absolute differences between prediction and truth, in units of the target.

The constant that does best is the median. Less sensitive to single large errors than the squared error.
"""

from __future__ import annotations

import math

import numpy as np

from netmend.training.metrics._base import ERROR_GAIN, Array, Constant, Metric, Task


def _mean_absolute_error(y_true: Array, y_pred: Array) -> float:
    return float(np.mean(np.abs(y_true.astype(np.float64) - y_pred.astype(np.float64))))


MEAN_ABSOLUTE_ERROR = Metric(
    name="mean-absolute-error",
    task=Task.REGRESSION,
    compute=_mean_absolute_error,
    higher_is_better=False,
    smallest_gain=ERROR_GAIN,
    relative=True,
    trivial=Constant.MEDIAN,
    upper=math.inf,
    perfect=0.0,
    aliases=("mae", "l1"),
)
