import numpy as np
import pytest

from netmend.repairs.program.infill._safetensors import read, write

ARRAYS = {
    "b": np.array([[1.5, -2], [0, 4]], np.float16),
    "a": np.array([0.1], np.float32),
    "c": np.array([7, 65535], np.uint16),
    "none": np.zeros((0, 3), np.float32),
}


def test_what_is_written_is_read_again(tmp_path):
    write(tmp_path / "x.safetensors", ARRAYS, {"about": "ünits"})
    found, text = read(tmp_path / "x.safetensors")
    assert text == {"about": "ünits"}
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_the_file_is_one_that_the_format_s_own_package_reads(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    write(tmp_path / "x.safetensors", ARRAYS, {"about": "units"})
    found = package.load_file(tmp_path / "x.safetensors")
    assert all(np.array_equal(found[name], array) for name, array in ARRAYS.items())


def test_a_file_that_the_format_s_own_package_writes_is_read(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    package.save_file(ARRAYS, tmp_path / "x.safetensors", {"about": "units"})
    found, text = read(tmp_path / "x.safetensors")
    assert text == {"about": "units"}
    assert all(np.array_equal(found[name], array) for name, array in ARRAYS.items())


def test_the_same_is_always_written_to_the_same_bytes(tmp_path):
    write(tmp_path / "x", ARRAYS, {"a": "1", "b": "2"})
    write(tmp_path / "y", dict(reversed(ARRAYS.items())), {"b": "2", "a": "1"})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


@pytest.mark.parametrize("content", [b"", b"\x02\0\0\0\0\0\0\0{]", b"\xff" * 40])
def test_what_is_no_such_file_is_refused(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError):
        read(tmp_path / "x")
