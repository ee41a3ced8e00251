import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_it_has_six_layers_for_each_block_and_two_more():
    from bench.weights.subjects.resnet import residual

    for blocks in (1, 3):
        made = residual(blocks)
        layers = [each for each in made.modules() if isinstance(each, torch.nn.Conv2d | torch.nn.Linear)]
        assert len(layers) == 6 * blocks + 2
    assert made(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
