"""Points: identity, duplicates, contradictions."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.specification import (
    Intervals,
    Labels,
    Specification,
    count,
    digest,
    duplicates,
    joined,
    refuse_contradictions,
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
