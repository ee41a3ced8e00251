"""Counts of points and rows."""

import numpy as np

from netmend.repairs.weights.repair_set._base import Look, analyses, measured
from netmend.repairs.weights.repair_set.size import measure
from netmend.repairs.weights.specification import Labels, Specification


def look(points, width, violated):
    slack = np.where(np.arange(points) < violated, -1.0, 1.0)
    specification = Specification(np.zeros((points, width), np.float32), Labels(np.zeros(points, np.int64)))
    return Look(specification, slack, np.zeros((points, 4)), np.zeros((points, width)))


def test_counts_are_those_of_the_points():
    found = measure(look(6, 3, 2))
    assert found.values["possible rows"] == 18 and found.values["points per feature"] == 2 and not found.findings
    assert measured(look(6, 3, 2))["size"].values == found.values and "size" in analyses()


def test_more_violated_points_than_features_is_worth_a_sentence():
    (finding,) = measure(look(6, 3, 5)).findings
    assert finding.measured == 5 and finding.threshold == 4 and "5 violated points" in finding.message
