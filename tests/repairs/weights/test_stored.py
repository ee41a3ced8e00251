"""Specifications as arrays, there and back, and hostile files."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.arrays import arrays_in
from netmend.repairs.weights.specification import Intervals, Labels, LinearConstraints, Specification, stacked
from netmend.repairs.weights.stored import from_arrays, to_arrays

X = np.random.default_rng(0).normal(size=(3, 2))


@pytest.mark.parametrize(
    "requirement",
    [
        Labels(np.array([0, 1, 2]), 0.25),
        Intervals(np.zeros((3, 2)), np.ones((3, 2)), 0.5),
        LinearConstraints(np.eye(2), np.zeros(2), 3, np.array([0, 0]), np.array([0, 1, 1]), 0.1),
    ],
)
@pytest.mark.parametrize("inputs", [X, {"a": X, "b": X[:, :1]}])
def test_what_is_taken_apart_is_put_together(requirement, inputs):
    arrays = to_arrays(Specification(inputs, requirement, (range(2), range(2, 3))), "keep.")
    back = from_arrays(arrays, "points.npz", "keep.")
    assert back.polytopes == (range(2), range(2, 3))
    outputs = np.random.default_rng(1).normal(size=(3, 3 if isinstance(requirement, Labels) else 2))
    assert np.array_equal(back.requirement.slack(outputs), requirement.slack(outputs))
    assert (
        back.requirement.margin == requirement.margin and back.digest() == Specification(inputs, requirement).digest()
    )


def test_several_specifications_come_back_with_their_own_margins_and_regions():
    given = [
        Specification(X, Labels(np.array([0, 1, 1]), 0.25)),
        Specification(X, Intervals(np.zeros((3, 2)), np.ones((3, 2)), 0.5)),
        Specification(X, LinearConstraints(np.eye(2), np.zeros(2), 3), (range(1, 3),)),
    ]
    back = from_arrays(to_arrays(stacked(given), "keep."), "points.npz", "keep.")
    assert back.polytopes == (range(7, 9),) and len(back) == 9
    for one, other in zip(given, back.parts(), strict=True):
        assert type(one.requirement) is type(other.requirement) and one.requirement.margin == other.requirement.margin
        assert one.digest() == other.digest() and one.polytopes == other.polytopes


def test_missing_arrays_are_named():
    with pytest.raises(UsageError, match="margin"):
        from_arrays({"inputs": X, "labels": np.zeros(3)}, "points.npz")


def test_broken_and_hostile_files_are_refused(tmp_path):
    np.savez(tmp_path / "good.npz", x=X)
    whole = (tmp_path / "good.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "objects.npz", x=np.array([{"a": 1}], dtype=object))
    with (tmp_path / "bare.npz").open("wb") as file:
        np.save(file, X)
    for name in ("cut", "text", "empty", "objects", "bare", "missing"):
        with pytest.raises(UsageError) as raised:
            arrays_in(tmp_path / f"{name}.npz", "write it again")
        assert raised.value.where == str(tmp_path / f"{name}.npz") and raised.value.hint
