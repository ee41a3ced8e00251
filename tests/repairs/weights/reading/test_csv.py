"""Points from CSV files."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.reading._base import read_points

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1,2,3,4,0\n5,6,7,8,2\n", [0, 2]),
        ("a,label,b,c,d\n1,0,2,3,4\n5,2,6,7,8\n", [0, 2]),
        ("1,2,3,4\n5,6,7,8\n", None),
    ],
)
def test_columns_become_inputs_and_labels(mlp, tmp_path, text, labels):
    (tmp_path / "points.csv").write_text(text)
    found = read_points(tmp_path / "points.csv", mlp.graph)
    assert np.array_equal(found.inputs, [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert (found.labels is None) if labels is None else found.labels.tolist() == labels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("1,2,3,4,0\n1,2,3\n", "point 1"),
        ("a,b,c,d,y\n1,2,x,4,0\n", "'x' is no number"),
        ("1,2\n", "(N, 4)"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(mlp, tmp_path, text, said):
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(UsageError) as raised:
        read_points(tmp_path / "points.csv", mlp.graph)
    assert said in str(raised.value)


def test_bytes_that_are_no_text_are_refused(mlp, tmp_path):
    (tmp_path / "points.csv").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(UsageError, match="cannot be read"):
        read_points(tmp_path / "points.csv", mlp.graph)
