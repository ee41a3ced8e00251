"""Several requirements after each other say what each says of its own points."""

import numpy as np

from netmend.repairs.weights.requirements.intervals import Intervals
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.requirements.stacked import Stacked, margins_of

LABELS = Labels(np.array([0, 1]))
INTERVALS = Intervals(np.zeros((3, 2)), np.ones((3, 2)))
BOTH = Stacked(((LABELS, 2), (INTERVALS, 3)))
OUTPUTS = np.random.default_rng(0).normal(size=(5, 2))


def test_slack_and_rows_are_those_of_the_parts_with_points_counted_on():
    assert np.allclose(BOTH.slack(OUTPUTS), [*LABELS.slack(OUTPUTS[:2]), *INTERVALS.slack(OUTPUTS[2:])])
    rows = BOTH.violated(OUTPUTS, 4, np.full(5, 9.0))
    assert sorted({row.point for row in rows}) == [0, 1, 2, 3, 4]
    assert "interval" in BOTH.sentence and "class" in BOTH.sentence


def test_some_points_may_be_picked_across_parts():
    some = BOTH.select(np.array([1, 3]))
    assert np.allclose(some.slack(OUTPUTS[[1, 3]]), BOTH.slack(OUTPUTS)[[1, 3]])


def test_each_point_has_the_margin_of_its_part():
    both = Stacked(((Labels(np.array([0, 1]), 0.5), 2), (INTERVALS, 3)))
    assert margins_of(both, 5).tolist() == [0.5, 0.5, 0, 0, 0] and margins_of(LABELS, 2).tolist() == [1e-3, 1e-3]


def test_only_points_of_one_part_can_contradict_each_other():
    assert not BOTH.agrees(0, 1) and BOTH.agrees(0, 3) and BOTH.agrees(2, 3)
