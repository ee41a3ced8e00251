"""Rows of whatever Keras takes; programs that read them are in `test_watching.py`."""

import numpy as np
import pytest

from netmend.training.probes.keras_probe.data import Data, row_hashes

pytestmark = pytest.mark.usefixtures("small_keras")
X, Y = np.arange(40.0).reshape(20, 2), np.arange(20)


def test_of_arrays_evenly_spaced_rows_are_read():
    data = Data(X, Y)
    assert data.arrays and data.readable and data.count() == 20
    assert data.rows(5)[1].tolist() == [0, 4, 8, 12, 16]
    assert data.part(Y % 2 == 0).rows(None)[1].tolist() == list(range(0, 20, 2))


def test_a_generator_is_not_consumed_and_its_batches_are_kept_as_they_passed():
    memory = np.zeros((4, 2))

    def batches():
        for number in range(3):
            memory[:] = number
            yield memory, np.full(4, number)

    data = Data(batches(), None)
    assert not data.arrays and data.tape == []
    assert [int(y[0]) for _, y in data.x] == [0, 1, 2]
    x, y = data.rows(6)
    assert x[:, 0].tolist() == y.tolist() == [0, 0, 0, 0, 1, 1] and data.batch == 4


def test_a_data_set_of_batches_is_read_from_its_beginning():
    class Sequence:
        num_batches = 3

        def __getitem__(self, number):
            return X[5 * number : 5 * number + 5], Y[5 * number : 5 * number + 5]

    assert Data(Sequence(), None).rows(7)[1].tolist() == list(range(7))


def test_rows_have_checksums_and_so_has_text():
    assert len(set(row_hashes(X).tolist())) == 20
    assert row_hashes([X, Y])[3] == row_hashes([X[3:4], Y[3:4]])[0] != row_hashes(X)[3]
    first, second, third = row_hashes(np.array(["a", "b", "a"]))
    assert first == third != second
