"""What both probes measure alike."""

import numpy as np
import pytest

from netmend.training.probes.measures import array_stats, row_hashes, withheld


def test_one_hot_labels_and_the_commonest_class_are_seen():
    stats = array_stats(np.eye(3)[[0, 0, 2, 1]], 4, labels=True)
    assert (stats["one_hot"], stats["distinct"], stats["largest_share"]) == (True, 3, 0.5)
    assert stats["shape"] == (3,) and stats["integral"] and stats["classes"] == [0, 1, 2]
    assert "classes" not in array_stats(np.arange(101.0), 101, labels=True)


def test_values_that_are_not_finite_are_left_out_of_the_statistics():
    stats = array_stats(np.array([1.0, np.nan, 3.0, np.inf]), 4, labels=False)
    assert (stats["minimum"], stats["maximum"], stats["mean"], stats["nonfinite"]) == (1.0, 3.0, 2.0, 2)


def test_the_same_rows_are_withheld_in_every_run():
    out = withheld(1000, 0.2)
    assert len(out) == 1000 and 150 < out.sum() < 250
    assert np.array_equal(withheld(1000, 0.2), out) and np.array_equal(withheld(1500, 0.2)[:1000], out)


def test_the_real_part_of_complex_numbers_is_described():
    stats = array_stats(np.array([1 + 2j, 3 - 1j]), 2, labels=False)
    assert (stats["minimum"], stats["mean"], stats["dtype"]) == (1.0, 2.0, "complex128")


def test_several_inputs_are_chained_and_a_list_of_rows_is_like_an_array():
    one, other = np.arange(6.0).reshape(3, 2), np.array([b"a", b"b", b"b"])
    hashes = row_hashes([one], 3)
    assert row_hashes([list(one)], 3).tolist() == hashes.tolist() == row_hashes([one.astype(int)], 3).tolist()
    chained = row_hashes([one, other], 3)
    assert len({*hashes.tolist(), *chained.tolist()}) == 6
    assert row_hashes([one[[1, 1]], other[1:]], 2).tolist() == [chained[1]] * 2


def test_one_hot_whole_number_and_text_labels_are_recognised() -> None:
    one_hot = array_stats(np.eye(4)[[0, 1, 1, 3]], 4, labels=True)
    assert (one_hot["one_hot"], one_hot["distinct"], one_hot["largest_share"]) == (True, 3, 0.5)
    assert (one_hot["classes"], one_hot["shares"]) == ([0, 1, 3], [0.25, 0.5, 0.25])
    column = array_stats(np.array([[1.0], [2.0], [2.0]]), 3, labels=True)
    assert (column["integral"], column["distinct"], column["classes"]) == (True, 2, [1, 2])
    assert "classes" not in array_stats(np.arange(101.0), 101, labels=True)
    real = array_stats(np.array([[0.5, np.nan], [1, np.inf]]), 2, labels=False)
    assert (real["nonfinite"], real["mean"], real.get("one_hot", False)) == (2, 0.75, False)
    text = array_stats(np.array(["a", "b", "b"]), 3, labels=True)
    assert (text["distinct"], text["largest_share"]) == (2, pytest.approx(2 / 3))
