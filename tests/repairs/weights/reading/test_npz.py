"""Points from npz files, and what is refused of them."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.reading._base import read_points

pytest.importorskip("torch")
pytestmark = pytest.mark.torch
X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "points.npz", **arrays)
    return tmp_path / "points.npz"


def test_inputs_labels_and_counterparts_are_read(mlp, tmp_path):
    found = read_points(saved(tmp_path, x=X.astype(np.float64), y=np.arange(5), clean=X + 1), mlp.graph)
    assert found.inputs.dtype == np.float32 and np.array_equal(found.inputs, X)
    assert found.labels.tolist() == [0, 1, 2, 3, 4] and np.allclose(found.clean, X + 1)


def test_intervals_conditions_and_regions_are_read(mlp, tmp_path):
    path = saved(tmp_path, inputs=X, low=X[:, :3], high=X[:, :3], a=np.eye(3), b=np.zeros(3), polytopes=[[0, 5]])
    found = read_points(path, mlp.graph)
    assert found.conditions[2].tolist() == [0, 1, 2] and found.polytopes == (range(5),)
    assert np.array_equal(found.low, found.high)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": np.arange(5)}, "no inputs"),
        ({"x": X[:0]}, "no points"),
        ({"x": X[:, :3]}, "the network takes (N, 4)"),
        ({"x": X.reshape(5, 2, 2)}, "reshape them to (N, 4)"),
        ({"x": (X * 10).astype(np.uint8)}, "the inputs are uint8"),
        ({"x": X.astype(np.complex128)}, "complex128"),
        ({"x": X.astype("U8")}, "not numbers"),
        ({"x": np.where(np.arange(20).reshape(5, 4) == 9, np.nan, X)}, "NaN or infinite at point 2"),
        ({"x": X, "clean": X[:2]}, "one clean counterpart for each point"),
        ({"x": X, "a": np.eye(3), "b": np.zeros(2)}, "(3, 3) and (2,)"),
        ({"x": X, "a": np.eye(3), "b": np.zeros(3), "clause": np.zeros(2)}, "clause"),
        ({"x": X, "polytopes": np.zeros(3)}, "polytopes"),
        ({"inputs.other": X}, "the network takes x, and other is given"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(mlp, tmp_path, arrays, said):
    with pytest.raises(UsageError) as raised:
        read_points(saved(tmp_path, **arrays), mlp.graph)
    assert said in str(raised.value) and "points.npz" in raised.value.where


def test_a_missing_file_and_an_unknown_form_are_told_apart(mlp, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_points(tmp_path / "none.npz", mlp.graph)
    (tmp_path / "points.xlsx").write_bytes(b"x")
    with pytest.raises(UsageError, match="no known form") as raised:
        read_points(tmp_path / "points.xlsx", mlp.graph)
    assert ".npz" in raised.value.hint and "pictures" in raised.value.hint
