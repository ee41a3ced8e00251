"""Arrays from files, of which nothing is executed."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.arrays import arrays_in


def test_what_was_saved_comes_back(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.arange(3), y=np.eye(2))
    found = arrays_in(tmp_path / "x.npz", "")
    assert found["x"].tolist() == [0, 1, 2] and found["y"].shape == (2, 2)


def test_a_bare_array_is_taken_only_where_one_will_do(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(3))
    assert arrays_in(tmp_path / "x.npy", "", bare=True)["x"].tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match="one bare array"):
        arrays_in(tmp_path / "x.npy", "")


def test_a_truncated_file_and_an_object_array_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros(1000))
    (tmp_path / "half.npz").write_bytes((tmp_path / "x.npz").read_bytes()[:300])
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    for name in ("half.npz", "o.npy", "missing.npz"):
        with pytest.raises(UsageError):
            arrays_in(tmp_path / name, "", bare=True)
