"""A specification as plain arrays in one npz file, and back: what lies beside a certificate.

Keys are `inputs` or `inputs.NAME`, and what the requirement holds: `labels`; or `low` and `high`; or `a`, `b`, and
perhaps `clause` and `groups`; always `margin`. Points to keep have the same keys after `keep.`. Several specifications
after each other have them after `0.`, `1.` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements._base import Array, Requirement
from netmend.repairs.weights.specification import (
    Inputs,
    Intervals,
    Labels,
    LinearConstraints,
    Specification,
    Stacked,
    count,
    stacked,
)


def to_arrays(specification: Specification, prefix: str = "") -> dict[str, Array]:
    """The arrays of a specification."""
    if isinstance(specification.requirement, Stacked):
        every = (to_arrays(part, f"{prefix}{at}.") for at, part in enumerate(specification.parts()))
        return {name: value for part in every for name, value in part.items()}
    inputs, requirement = specification.inputs, specification.requirement
    found = {f"inputs.{n}": each for n, each in inputs.items()} if isinstance(inputs, Mapping) else {"inputs": inputs}
    found["margin"] = np.array(requirement.margin)
    if specification.polytopes is not None:
        found["polytopes"] = np.array([[region.start, region.stop] for region in specification.polytopes])
    if isinstance(requirement, Labels):
        found["labels"] = requirement.labels
    elif isinstance(requirement, Intervals):
        found |= {"low": requirement.low, "high": requirement.high}
    elif isinstance(requirement, LinearConstraints):
        given = {"a": requirement.a, "b": requirement.b, "clause": requirement.clause, "groups": requirement.groups}
        found |= {name: value for name, value in given.items() if value is not None}
    else:
        raise TypeError(f"{type(requirement).__name__} is not stored")
    return {prefix + name: np.asarray(value) for name, value in found.items()}


def from_arrays(arrays: Mapping[str, Array], source: str, prefix: str = "") -> Specification:
    """The specification that `to_arrays` took apart.

    Raises:
        UsageError: something is missing or does not fit.
    """
    own = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
    if "0.margin" in own:
        many = len({name.partition(".")[0] for name in own})
        return stacked([from_arrays(own, source, f"{at}.") for at in range(many)], source)
    try:
        named = {name.removeprefix("inputs."): value for name, value in own.items() if name.startswith("inputs.")}
        inputs: Inputs = named or own["inputs"]
        margin, points = float(own["margin"]), count(named or own["inputs"])
        requirement: Requirement
        if "labels" in own:
            requirement = Labels(own["labels"].astype(np.int64), margin)
        elif "low" in own:
            requirement = Intervals(own["low"], own["high"], margin)
        else:
            requirement = LinearConstraints(own["a"], own["b"], points, own.get("clause"), own.get("groups"), margin)
        regions = None
        if "polytopes" in own:
            regions = tuple(range(int(first), int(last)) for first, last in own["polytopes"])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise UsageError(f"these are no points of a certificate: {error}", where=source) from error
    return Specification(inputs, requirement, regions, source)
