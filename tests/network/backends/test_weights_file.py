"""Files of weights are read, and hashed, without the module that they belong to."""

import hashlib

import numpy as np
import pytest

from netmend.core.errors import BrokenFile
from netmend.network.backends._weights_file import digest_of_weights, weights_of

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture(params=["net.pth", "net.safetensors"])
def saved(tmp_path, request):
    path, state = tmp_path / request.param, {"weight": torch.arange(6.0).reshape(2, 3)}
    if path.suffix == ".safetensors":
        pytest.importorskip("safetensors.torch").save_file(state, path)
    else:
        torch.save(state, path)
    return path


def test_every_array_is_there_and_the_hash_is_of_the_file(saved):
    ((_, file),) = weights_of(saved, saved.read_bytes())
    assert np.array_equal(file.value("weight"), np.arange(6.0).reshape(2, 3))
    assert digest_of_weights(saved) == hashlib.sha256(saved.read_bytes()).hexdigest()


def test_a_file_that_is_cut_off_has_no_hash(saved):
    saved.write_bytes(saved.read_bytes()[:-10])
    with pytest.raises(BrokenFile):
        digest_of_weights(saved)


def test_an_exported_program_is_left_to_the_network(tmp_path):
    assert digest_of_weights(tmp_path / "net.pt2") is None
