"""Whether the points are among inputs they should not be among, and how near they are to ordinary ones.

Measured:
- repeated points, and points that are also reference inputs or held-out inputs, bit for bit;
- nearness: mean distance of a point to its nearest ordinary input, over the mean distance of an ordinary input to its
  nearest other one, on up to 1,000 of each.
Predicts (a hypothesis until measured): the nearer the points are to ordinary inputs, the more a repair costs there.
Points among the reference inputs are asked to change and to stay; points among held-out inputs make harm look smaller.
When it is wrong: nearness of raw inputs is not nearness of meaning.
References: own work.
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._geometry import distances, drawn, nearest_distance
from netmend.repairs.weights.specification import Inputs, arrays, duplicates, joined


def measure(look: Look) -> Measured:
    """Counts and nearness, and a finding where points are also reference inputs."""
    own = look.specification.inputs
    values = {"repeated points": float(sum(len(group) - 1 for group in duplicates(own)))}
    for name, others in (("reference", look.reference), ("held-out", look.held_out)):
        if others is not None:
            values[f"points among {name} inputs"] = float(shared(own, others))
    if look.reference_features is None:
        return Measured(values, (), {"nearness": "there are no ordinary inputs to compare with"})
    ordinary = look.reference_features[drawn(look.reference_features, look.seed)]
    points = look.features[drawn(look.features, look.seed)]
    usual = nearest_distance(ordinary)
    if usual > 0:
        values["nearness"] = float(distances(points, ordinary).min(axis=1).mean()) / usual
    both = values.get("points among reference inputs", 0.0)
    if not both:
        return Measured(values)
    message = f"{both:.0f} points are also reference inputs, which a repair tries to leave as they are"
    return Measured(values, (Finding("points-among-reference", message, both, 0.0, (), "data", 0.3),))


def shared(own: Inputs, others: Inputs) -> int:
    """How many points are also among other inputs."""
    typed = {name: value.astype(arrays(own)[name].dtype) for name, value in arrays(others).items()}
    same: Inputs = typed.get("", typed)
    many = len(next(iter(arrays(own).values())))
    groups = [np.array(group) for group in duplicates(joined([own, same]))]
    return sum(int(np.count_nonzero(group < many)) for group in groups if group[-1] >= many)


ANALYSIS = Analysis(measure)
