"""What every form shares: examples for networks that do not say what they take, and what is refused by name."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.weights.reading._base import Images, checked_inputs, example_of, read_points


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


def words(op="Identity"):
    """A graph that looks words up in a table of ten rows, after a node of the given kind."""
    nodes = (Node("given", op, ("x",), ("i",), {}), Node("look", "Gather", ("table", "i"), ("y",), {"axis": 0}))
    kept = {"table": np.zeros((10, 3), np.float32)}
    return Graph(nodes, kept, (Signature("x", (None, 2), "int64"),), (Signature("y", (None, 2, 3), "float32"),), 18)


@pytest.mark.parametrize("op", ["Identity", "Cast"])
def test_words_that_the_network_does_not_know_are_named(op):
    known = np.array([[0, 9], [3, 4], [9, 9]])
    assert np.array_equal(checked_inputs(known, words(op), "set.npz"), known)
    for at, number in ((1, 10), (2, -11)):
        unknown = known.copy()
        unknown[at, 0] = number
        with pytest.raises(UsageError, match=f"at point {at}, and the network knows 0 to 9") as raised:
            checked_inputs(unknown, words(op), "set.npz")
        assert raised.value.where == "set.npz"


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ([[0, 2], [2, 5]], "region 1 is from point 2 to before point 5, and there are 4 points"),
        ([[0, 2], [2, 2]], "region 1 is from point 2 to before point 2, and there are 4 points"),
        ([[-1, 2]], "region 0 is from point -1"),
        ([[0, 2], [3, 4], [1, 3]], "region 2 is from point 1 to before point 3, and shares some with region 0"),
    ],
)
def test_regions_of_points_that_are_not_there_or_are_taken_are_named(tmp_path, regions, said):
    np.savez(tmp_path / "set.npz", x=np.zeros((4, 2), int), polytopes=regions)
    with pytest.raises(UsageError) as raised:
        read_points(tmp_path / "set.npz", words())
    assert said in raised.value.what and raised.value.where.endswith("set.npz")
    np.savez(tmp_path / "set.npz", x=np.zeros((4, 2), int), polytopes=[[0, 2], [3, 4]])
    assert len(read_points(tmp_path / "set.npz", words()).polytopes) == 2
