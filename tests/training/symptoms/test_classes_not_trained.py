"""What a sorted data set that is split as it comes is said to lack, from the labels that a probe counts."""

import numpy as np
import pytest

from netmend.training.probes.keras_probe import array_stats
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
