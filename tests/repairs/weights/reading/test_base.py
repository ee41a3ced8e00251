"""Networks that do not say what they take are shown the first points of a file."""

import numpy as np
import pytest

from netmend.repairs.weights.reading._base import Images, example_of


def test_of_an_npz_file_two_inputs_are_shown_in_single_precision(tmp_path):
    np.savez(tmp_path / "points.npz", x=np.arange(12.0).reshape(4, 3), y=[0, 1, 2, 0])
    found = example_of(tmp_path / "points.npz", Images())
    assert found.dtype == np.float32 and found.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_whole_numbers_stay_whole_and_named_inputs_keep_their_names(tmp_path):
    np.savez(tmp_path / "points.npz", **{"inputs.ids": np.ones((3, 5), np.int64), "inputs.mask": np.ones((3, 5))})
    found = example_of(tmp_path / "points.npz", Images())
    assert {name: value.dtype.name for name, value in found.items()} == {"ids": "int64", "mask": "float32"}


def test_of_a_table_the_column_of_classes_is_left_out(tmp_path):
    (tmp_path / "points.csv").write_text("a,b,label\n1,2,0\n3,4,1\n5,6,1\n")
    assert example_of(tmp_path / "points.csv", Images()).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("name", ["missing.npz", "points.txt", "broken.npz"])
def test_what_cannot_be_read_shows_nothing_and_is_told_when_it_is_read(tmp_path, name):
    if name != "missing.npz":
        (tmp_path / name).write_text("no points")
    assert example_of(tmp_path / name, Images()) is None


def test_pictures_are_shown_if_their_size_is_stated(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    (tmp_path / "0").mkdir()
    for at in range(3):
        pillow.new("RGB", (8, 8), (at, 0, 0)).save(tmp_path / "0" / f"{at}.png")
    assert example_of(tmp_path, Images()) is None
    assert example_of(tmp_path, Images(size=8)).shape == (2, 3, 8, 8)
