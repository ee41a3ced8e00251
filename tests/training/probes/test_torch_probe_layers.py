"""How the torch probe describes and measures layers, losses and arrays."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from netmend.training.probes import torch_probe

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.torch


def model(module, **optimiser):
    settings = {"lr": 0.1} | optimiser
    return SimpleNamespace(
        leaves=[(name, leaf) for name, leaf in module.named_modules() if not list(leaf.children())],
        functions={},
        optimiser=torch.optim.SGD(module.parameters(), **settings),
    )


def test_roles_units_and_parameters_of_layers():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3), nn.Softmax(1))
    infos = torch_probe.layer_infos(model(module))
    assert [info["role"] for info in infos] == ["input", "hidden", "hidden", "output", "output"]
    assert [info["units"] for info in infos] == [4, 0, 0, 3, 0]
    assert [info["parameters"] for info in infos] == [40, 0, 0, 51, 0]
    assert [info["activation"] for info in infos] == ["", "relu", "", "", "softmax"]


@pytest.mark.parametrize(("value", "name"), [(0.0, "zeros"), (1.0, "ones"), (0.5, "constant(0.5)"), (None, "")])
def test_an_initialiser_that_makes_all_weights_equal_is_named(value, name):
    layer = nn.Linear(4, 3)
    if value is not None:
        nn.init.constant_(layer.weight, value)
    assert torch_probe.layer_infos(model(layer))[0]["initialiser"] == name


def test_weight_decay_is_half_as_large_an_l2_factor():
    layer = nn.Linear(4, 3)
    info = torch_probe.layer_infos(model(layer, weight_decay=0.2))[0]
    assert info["regulariser"] == "l2(0.1)"
    assert info["penalty"] == pytest.approx(0.1 * float((layer.weight.detach() ** 2).sum()))


def test_statistics_of_a_layer_are_those_of_numpy():
    layer = nn.Linear(4, 3)
    x = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    (layer(x) ** 2).sum().backward()
    stats = torch_probe.layer_stats("one", layer, layer(x).detach(), "", 0.1)
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
    stats = torch_probe.layer_stats("relu", layer, torch.tensor([[0.0, 1.0], [0.0, 0.0]]), "", 0.1)
    assert (stats["output_zero_share"], stats["dead_share"]) == (0.75, 0.5)


@pytest.mark.parametrize("kind", [nn.Sigmoid, nn.Tanh])
def test_outputs_of_inputs_beyond_five_are_saturated(kind):
    layer = kind()
    scale = 1 if kind is nn.Sigmoid else 0.5  # tanh(x) = 2 sigmoid(2x) - 1
    inputs = scale * torch.tensor([[-6.0, -4.0, 0.0, 4.0, 6.0]])
    assert torch_probe.layer_stats("s", layer, layer(inputs), "", 0.1)["saturated_share"] == pytest.approx(0.4)


@pytest.mark.parametrize(("function", "share"), [("relu", 0.5), ("custom", 0.0), ("", 0.0)])
def test_a_layer_is_measured_behind_the_function_that_is_applied_to_it(function, share):
    output = torch.tensor([[-1.0, 2.0], [3.0, -4.0]])
    assert torch_probe.layer_stats("f", nn.Linear(2, 2), output, function, 0.1)["output_zero_share"] == share


def test_numbers_that_are_not_finite_are_counted():
    layer = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight[0, 0] = math.nan
    assert torch_probe.layer_stats("n", layer, torch.tensor([[math.inf], [1.0]]), "", 0.1)["nonfinite"] == 2


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (lambda a, b: ((a - b) ** 2).mean(), "mean_squared_error"),
        (lambda a, b: (a - b).pow(2).sum() / len(a), "mean_squared_error"),
        (lambda a, b: (lambda d: (d * d).mean())(a - b), "mean_squared_error"),
        (lambda a, b: (a - b).abs().mean(), "mean_absolute_error"),
        (lambda a, b: -(b * torch.log(a.sigmoid())).mean(), ""),
    ],
)
def test_losses_that_are_written_out_are_recognised(loss, name):
    a = torch.randn(5, requires_grad=True)
    assert torch_probe.written_loss(loss(a, torch.ones(5)).grad_fn) == name


@pytest.mark.parametrize("name", torch_probe.FUNCTIONS)
def test_a_function_between_two_layers_is_recognised(name):
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    given = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
    after = torch_probe.activate(name, given)
    calls = [(first, torch.zeros(30, 3), given), (second, after, torch.zeros(30, 2))]
    assert torch_probe.applied_functions(calls, torch.zeros(30, 2)) == {first: name}


def test_an_activation_module_that_works_in_place_is_not_taken_for_a_function():
    first, relu = nn.Linear(3, 4), nn.ReLU(inplace=True)
    given = torch.randn(30, 4)
    calls = [(first, None, given), (relu, given.relu(), given.relu())]
    assert torch_probe.applied_functions(calls, given.relu()) == {}


def test_one_hot_labels_and_the_commonest_class_are_seen():
    stats = torch_probe.array_stats(np.eye(3)[[0, 0, 2, 1]], 4, labels=True)
    assert (stats["one_hot"], stats["distinct"], stats["largest_share"]) == (True, 3, 0.5)
    assert stats["shape"] == (3,) and stats["integral"] and stats["classes"] == [0, 1, 2]
    assert "classes" not in torch_probe.array_stats(np.arange(101.0), 101, labels=True)


def test_values_that_are_not_finite_are_left_out_of_the_statistics():
    stats = torch_probe.array_stats(np.array([1.0, np.nan, 3.0, np.inf]), 4, labels=False)
    assert (stats["minimum"], stats["maximum"], stats["mean"], stats["nonfinite"]) == (1.0, 3.0, 2.0, 2)


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (lambda z: z, None),
        (torch.sigmoid, "sigmoid"),
        (lambda z: torch.log_softmax(z, 1), "log_softmax"),
        (lambda z: torch.log_softmax(torch.relu(z), 1), "log_softmax"),
        (lambda z: torch.sigmoid(torch.tanh(z)), "sigmoid"),
        (lambda z: z * 7 - 3, "custom"),
    ],
)
def test_what_forward_does_with_the_last_output_is_named_or_custom(end, name):
    layer = nn.Linear(4, 3)
    z = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    calls = [(layer, torch.zeros(20, 4), z)]
    assert torch_probe.applied_functions(calls, end(z)).get(layer) == name


def test_what_lies_between_hidden_layers_need_not_be_known():
    first, second = nn.Linear(4, 3), nn.Linear(3, 2)
    z = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    out = torch.randn(20, 2, generator=torch.Generator().manual_seed(1))
    calls = [(first, torch.zeros(20, 4), z), (second, z * 2, out)]
    assert torch_probe.applied_functions(calls, out) == {}
