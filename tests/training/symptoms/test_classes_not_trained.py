"""What a sorted data set that is split as it comes is said to lack, from the labels that a probe counts."""

import numpy as np
import pytest

from netmend.training.probes.measures import array_stats
from netmend.training.symptoms._examples import healthy
from netmend.training.symptoms.classes_not_trained import symptom
from netmend.training.trace import ArrayStats


def counted(labels):
    return ArrayStats(**array_stats(labels, len(labels), labels=True))


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("share", [0.2, 0.33, 0.5])
def test_a_sorted_split_lacks_the_classes_that_numpy_finds_missing(one_hot, share):
    y = np.repeat(np.arange(5), 30)
    cut = int(len(y) * (1 - share))
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    for rows in (y, np.random.default_rng(0).permutation(y)):
        missing = np.setdiff1d(rows[cut:], rows[:cut])
        written = np.eye(5)[rows] if one_hot else rows
        trace = healthy(loss=loss, labels=counted(written[:cut]), eval_labels=counted(written[cut:]))
        (reading,) = symptom.measure(trace)
        assert reading.value == len(missing) / len(np.unique(rows[cut:]))
        assert bool(symptom.fires(trace)) == (len(missing) > 0)
        assert f"({', '.join(map(str, missing))})" in reading.message


@pytest.mark.parametrize(
    ("evaluated", "told"),
    [([2], "the class of the evaluation rows (2):"), ([2, 3], "the classes of"), ([1, 2], "1 of the 2 classes of")],
)
def test_no_class_is_counted_where_all_are_missing(evaluated, told):
    trained = np.repeat([0, 1], 30)
    (reading,) = symptom.fires(healthy(labels=counted(trained), eval_labels=counted(np.repeat(evaluated, 30))))
    assert f"No training row is of {told}" in reading.message
