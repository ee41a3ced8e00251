"""Small readings of Keras objects and of nested arrays."""

import types

import numpy as np
import pytest

from netmend.training.probes.keras_probe.readings import (
    first_leaf,
    inputs_and_labels,
    iterations_of,
    learning_rate_of,
    row_count,
    snake_case,
    some_rows,
    to_numpy,
    trainable_size,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("KLDivergence", "kl_divergence"), ("HeNormal", "he_normal"), ("MeanSquaredError", "mean_squared_error")],
)
def test_names_of_classes_are_written_as_keras_writes_those_of_functions(name, expected):
    assert snake_case(name) == expected


def test_a_batch_has_inputs_and_perhaps_labels():
    assert inputs_and_labels((1, 2, 3)) == (1, 2)
    assert inputs_and_labels([1]) == inputs_and_labels(1) == (1, None)


def test_rows_are_picked_from_every_array_and_counted_by_the_first(small_keras):
    one, two = np.arange(6).reshape(3, 2), np.arange(3)
    picked = some_rows([one, (two, None)], slice(1, 3))
    assert picked[0].tolist() == [[2, 3], [4, 5]] and picked[1][0].tolist() == [1, 2] and picked[1][1] is None
    assert first_leaf(picked) is picked[0] and row_count(picked) == 2


def test_what_can_become_an_array_does():
    class Frame:
        def to_numpy(self):
            return np.ones(2)

    assert to_numpy(Frame()).tolist() == [1, 1]
    array = np.zeros(1)
    assert to_numpy(array) is array


def test_numbers_of_an_optimiser_may_be_missing():
    assert np.isnan(learning_rate_of(None))
    assert learning_rate_of(types.SimpleNamespace(learning_rate=np.array(0.5))) == 0.5
    model = types.SimpleNamespace(optimizer=None, trainable_variables=[np.ones((2, 3)), np.ones(4)])
    assert iterations_of(model) is None and trainable_size(model) == 10
