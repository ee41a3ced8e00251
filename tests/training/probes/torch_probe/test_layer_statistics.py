"""How layers are measured."""

import math

import numpy as np
import pytest

from netmend.training.probes.torch_probe.layer_statistics import layer_stats

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.torch


def test_statistics_of_a_layer_are_those_of_numpy():
    layer = nn.Linear(4, 3)
    x = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    (layer(x) ** 2).sum().backward()
    stats = layer_stats("one", layer, layer(x).detach(), "", 0.1)
    weights = np.concatenate([p.detach().numpy().ravel() for p in layer.parameters()]).astype(float)
    slopes = np.concatenate([p.grad.numpy().ravel() for p in layer.parameters()]).astype(float)
    output = layer(x).detach().numpy().astype(float)
    assert stats["weight_norm"] == pytest.approx(np.linalg.norm(weights))
    assert stats["weight_std"] == pytest.approx(weights.std())
    assert stats["gradient_norm"] == pytest.approx(np.linalg.norm(slopes))
    assert stats["gradient_abs_mean"] == pytest.approx(np.abs(slopes).mean())
    assert stats["update_ratio"] == pytest.approx(0.1 * np.linalg.norm(slopes) / np.linalg.norm(weights))
    assert (stats["output_mean"], stats["output_std"]) == pytest.approx((output.mean(), output.std()))
    assert (stats["output_minimum"], stats["output_maximum"]) == pytest.approx((output.min(), output.max()))
    assert stats["nonfinite"] == 0


def test_dead_units_and_zero_outputs_of_a_relu_are_counted():
    layer = nn.ReLU()
    stats = layer_stats("relu", layer, torch.tensor([[0.0, 1.0], [0.0, 0.0]]), "", 0.1)
    assert (stats["output_zero_share"], stats["dead_share"]) == (0.75, 0.5)


@pytest.mark.parametrize("kind", [nn.Sigmoid, nn.Tanh])
def test_outputs_of_inputs_beyond_five_are_saturated(kind):
    layer = kind()
    scale = 1 if kind is nn.Sigmoid else 0.5  # tanh(x) = 2 sigmoid(2x) - 1
    inputs = scale * torch.tensor([[-6.0, -4.0, 0.0, 4.0, 6.0]])
    assert layer_stats("s", layer, layer(inputs), "", 0.1)["saturated_share"] == pytest.approx(0.4)


@pytest.mark.parametrize(("function", "share"), [("relu", 0.5), ("custom", 0.0), ("", 0.0)])
def test_a_layer_is_measured_behind_the_function_that_is_applied_to_it(function, share):
    output = torch.tensor([[-1.0, 2.0], [3.0, -4.0]])
    assert layer_stats("f", nn.Linear(2, 2), output, function, 0.1)["output_zero_share"] == share


def test_numbers_that_are_not_finite_are_counted():
    layer = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight[0, 0] = math.nan
    assert layer_stats("n", layer, torch.tensor([[math.inf], [1.0]]), "", 0.1)["nonfinite"] == 2
