"""How many points there are, against how many numbers a layer sees of each.

Measured: N points, d numbers in the feature vector, N / d, violated points, possible rows N (C - 1).
Why: with features in general position, up to d + 1 points can always be repaired in a last layer of d inputs, whatever
their labels, because the features are then affinely independent; far above that a repair may be infeasible, and the
more of the layer's freedom it uses, the more it costs elsewhere.
When it is wrong: points that resemble each other use less of it than their number says.
References: the bound is linear algebra; its use as a warning is own work.
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured


def measure(look: Look) -> Measured:
    """Counts, and a finding where points outnumber features."""
    points, width = len(look.features), look.numbers
    violated = int(np.count_nonzero(look.slack < 0))
    values = {
        "points": float(points),
        "features": float(width),
        "points per feature": points / width,
        "violated points": float(violated),
        "possible rows": float(points * max(look.outputs.shape[1] - 1, 1)),
    }
    if violated <= width + 1:
        return Measured(values)
    where = "the input" if look.layer is None else look.layer.name
    message = f"{violated} violated points, and {width} numbers at {where}: a repair there may not exist"
    found = Finding("more-points-than-features", message, violated, width + 1, (where,), "data", 0.4)
    return Measured(values, (found,))


ANALYSIS = Analysis(measure)
