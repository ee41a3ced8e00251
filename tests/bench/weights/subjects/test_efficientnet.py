import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STAGES = ((1, 3, 1, 1, 8), (2, 5, 2, 2, 8))


def small():
    from bench.weights.subjects.efficientnet import efficientnet_lite0

    return efficientnet_lite0(STAGES, 12, 5)


def test_the_default_is_as_large_as_the_published_one():
    from bench.weights.subjects.efficientnet import efficientnet_lite0

    assert sum(each.numel() for each in efficientnet_lite0().parameters()) == 4_652_008


def test_a_convolution_is_padded_as_tensorflow_pads():
    convolution = small()._conv_stem
    x = torch.randn(1, 3, 6, 6)
    # Stride 2, kernel 3, even size: one row and column at the end, none before.
    plain = torch.nn.functional.conv2d(torch.nn.functional.pad(x, (0, 1, 0, 1)), convolution.weight, stride=2)
    assert torch.equal(convolution(x), plain)


def test_a_state_file_is_read_and_computed_as_torch_does(tmp_path):
    from netmend.network.load import load

    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    torch.save(small().state_dict(), tmp_path / "weights.pth")
    x = np.random.default_rng(0).normal(size=(2, 3, 16, 16)).astype(np.float32)
    load(tmp_path / "weights.pth", small, x).check(x)
