"""Points: identity, duplicates, contradictions."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.specification import (
    Intervals,
    Labels,
    LinearConstraints,
    Specification,
    count,
    digest,
    duplicates,
    joined,
    refuse_contradictions,
    stacked,
    take,
)

X = np.array([[0.0], [1.0], [0.0], [1.0], [2.0]], np.float32)


def test_the_same_input_with_different_labels_is_refused_and_the_points_are_named():
    with pytest.raises(UsageError, match="points 0 and 2"):
        refuse_contradictions(Specification(X, Labels(np.array([0, 1, 1, 1, 0]))))


def test_duplicates_that_agree_are_no_contradiction():
    refuse_contradictions(Specification(X, Labels(np.array([0, 1, 0, 1, 0]))))
    assert duplicates(X) == [(0, 2), (1, 3)]


def test_intervals_contradict_where_they_do_not_meet():
    low = np.array([[0.0], [0.0], [2.0], [0.5], [0.0]])
    with pytest.raises(UsageError, match="points 0 and 2"):
        refuse_contradictions(Specification(X, Intervals(low, low + 1)))


def test_of_a_region_all_points_are_selected_or_none():
    conditions = LinearConstraints(np.ones((1, 1)), np.zeros(1), 5)
    whole = Specification(X, conditions, (range(2), range(2, 4), range(4, 5)))
    assert whole.select(np.array([0, 1, 4])).polytopes == (range(2), range(2, 3))
    assert whole.select(np.array([2, 3])).polytopes == (range(2),)


def test_labels_with_one_margin_become_one_requirement_and_others_keep_their_own():
    one = Specification(X[:2], Labels(np.array([0, 1]), 0.5))
    assert stacked([one, one]).requirement.labels.tolist() == [0, 1, 0, 1]
    other = replace(one, requirement=Labels(np.array([1, 0]), 0.1))
    assert [part.requirement.margin for part in stacked([one, one, other]).parts()] == [0.5, 0.1]


def test_hashes_tell_types_shapes_and_names_apart():
    variants = [X, X.astype(np.float64), X.T, {"a": X}, {"b": X}]
    assert len({digest(each) for each in variants}) == 5 and digest(X) == digest(X.copy())


def test_inputs_by_name_are_counted_taken_and_joined():
    named = {"a": X, "b": X * 2}
    assert count(named) == 5
    assert take(named, np.array([4]))["b"].tolist() == [[4.0]]
    assert np.array_equal(joined([named, take(named, slice(0, 1))])["a"], np.concatenate([X, X[:1]]))


def test_some_of_the_points_keep_their_labels():
    some = Specification(X, Labels(np.arange(5))).select(np.array([4, 0]))
    assert some.requirement.labels.tolist() == [4, 0] and len(some) == 2
    assert some.digest() == digest(X[[4, 0]])
