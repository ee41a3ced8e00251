"""Mean of the squared differences between prediction and truth, in squared units of the target.

The constant that does best is the mean. A gain counts from twice the share that counts for the root, because
(1 - g)² is about 1 - 2g for small g.
"""

from __future__ import annotations

import math

from netmend.training.metrics._base import ERROR_GAIN, Constant, Metric, Task, squared_errors

MEAN_SQUARED_ERROR = Metric(
    name="mean-squared-error",
    task=Task.REGRESSION,
    compute=squared_errors,
    higher_is_better=False,
    smallest_gain=2 * ERROR_GAIN,
    relative=True,
    trivial=Constant.MEAN,
    upper=math.inf,
    perfect=0.0,
    aliases=("mse", "l2"),
)
