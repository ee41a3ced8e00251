"""Square root of the mean squared error, in units of the target.

The constant that does best is the mean.
"""

from __future__ import annotations

import math

from netmend.training.metrics._base import ERROR_GAIN, Array, Constant, Metric, Task, squared_errors


def _root_mean_squared_error(y_true: Array, y_pred: Array) -> float:
    return math.sqrt(squared_errors(y_true, y_pred))


ROOT_MEAN_SQUARED_ERROR = Metric(
    name="root-mean-squared-error",
    task=Task.REGRESSION,
    compute=_root_mean_squared_error,
    higher_is_better=False,
    smallest_gain=ERROR_GAIN,
    relative=True,
    trivial=Constant.MEAN,
    upper=math.inf,
    perfect=0.0,
    aliases=("rmse",),
)
