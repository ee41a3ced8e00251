import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.feeding import paired_inputs
from netmend.repairs.conversion.pictures import Preparation
from netmend.repairs.conversion.reading import GENERATED, How, read_inputs
from tests.repairs.conversion.test_pictures import save


def graph(*inputs, nodes=(), constants=None, quantisation=None):
    return Graph(tuple(nodes), constants or {}, tuple(inputs), (), 18, quantisation or {})


def read(path, source, target, how=None):
    return read_inputs(path, source, target, paired_inputs(source, target, {}), how or How())


FIRST = graph(Signature("x", (None, 3, 4, 5), "float32"))
LAST = graph(Signature("image", (None, 4, 5, 3), "float32"))


def test_an_array_is_fed_to_both_in_their_layouts(tmp_path):
    value = np.random.default_rng(0).standard_normal((4, 3, 4, 5)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=value)
    rows = read(tmp_path / "x.npz", FIRST, LAST)
    np.testing.assert_array_equal(rows.target["image"], value.transpose(0, 2, 3, 1))
    assert rows.differing == () and rows.names == ("0", "1", "2", "3")


def test_the_target_may_be_fed_something_of_its_own(tmp_path):
    value = np.ones((4, 3, 4, 5), np.float32)
    np.savez(tmp_path / "x.npz", x=value, **{"target.image": 2 * value.transpose(0, 2, 3, 1)})
    assert read(tmp_path / "x.npz", FIRST, LAST).differing == ("image",)


def test_several_inputs_go_by_name(tmp_path):
    two = graph(Signature("ids", (None, 4), "int64"), Signature("mask", (None, 4), "int64"))
    np.savez(tmp_path / "x.npz", **{"inputs.ids": np.ones((3, 4), int), "inputs.mask": np.zeros((3, 4), int)})
    rows = read(tmp_path / "x.npz", two, two)
    assert set(rows.target) == {"ids", "mask"}


def test_real_numbers_become_codes_where_the_target_takes_integers(tmp_path):
    scheme = Scheme(np.array([0.5], np.float32), np.array([10]), "uint8")
    target = graph(Signature("x", (None, 2), "uint8"), quantisation={"x": scheme})
    np.save(tmp_path / "x.npy", np.array([[0.0, 1.0], [2.0, -1.0]], np.float32))
    rows = read(tmp_path / "x.npy", graph(Signature("x", (None, 2), "float32")), target)
    np.testing.assert_array_equal(rows.target["x"], [[10, 12], [14, 8]])


def test_pictures_are_prepared_for_each_side(tmp_path):
    for name in "abc":
        save(tmp_path / f"{name}.png")
    rows = read(tmp_path, FIRST, LAST, How(Preparation((0.5,), (0.5,)), Preparation(order="bgr")))
    assert rows.names == ("a.png", "b.png", "c.png") and rows.differing == ("image",)
    same = read(tmp_path, FIRST, LAST, How(Preparation((0.5,), (0.5,))))
    np.testing.assert_array_equal(same.target["image"], same.source["x"].transpose(0, 2, 3, 1))


def test_made_up_rows_have_axes_that_differ_and_ids_that_are_in_the_table():
    free = graph(Signature("x", (None, 3, None, None), "float32"))
    rows = read(None, free, free)
    assert rows.generated and len(set(rows.source["x"].shape)) == 4 and len(rows) == GENERATED
    look = Node("look", "Gather", ("table", "ids"), ("e",))
    words = graph(Signature("ids", (None, 6), "int64"), nodes=[look], constants={"table": np.zeros((7, 2))})
    ids = read(None, words, words).source["ids"]
    assert ids.min() >= 0 and ids.max() <= 6 and len(np.unique(ids)) == 7


def test_made_up_rows_stay_on_the_grid_of_a_quantised_target():
    scheme = Scheme(np.array([0.01], np.float32), np.array([128]), "uint8")
    node = Node("q", "tflite:QUANTIZE", ("x",), ("xq",))
    target = graph(Signature("x", (None, 40), "float32"), nodes=[node], quantisation={"xq": scheme})
    made = read(None, graph(Signature("x", (None, 40), "float32")), target).source["x"]
    assert -1.28 <= made.min() < -1.2 and 1.2 < made.max() <= 1.27


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros((4, 3, 4, 6), np.float32)}, "shape"),
        ({"x": np.zeros((1, 3, 4, 5), np.float32)}, "fewer than 2"),
        ({"x": np.full((4, 3, 4, 5), np.nan, np.float32)}, "not finite"),
        ({"z": np.zeros((4, 3, 4, 5), np.float32)}, "the source takes x"),
        ({"x": np.zeros((4, 3, 4, 5), np.float32), "target.y": np.zeros((4, 1))}, "no input 'y'"),
        ({"x": np.zeros((4, 3, 4, 5), np.float32), "target.image": np.zeros((3, 1))}, "same number of rows"),
        ({"x": np.zeros((0, 3, 4, 5), np.float32)}, "rows"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, said):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UsageError, match=said):
        read(tmp_path / "x.npz", FIRST, LAST)
