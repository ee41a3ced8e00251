"""How layers are described, and the functions that are applied between them."""

from types import SimpleNamespace

import pytest

from netmend.training.probes.torch_probe.describing import FUNCTIONS, activate, applied_functions, layer_infos

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
    infos = layer_infos(model(module))
    assert [info["role"] for info in infos] == ["input", "hidden", "hidden", "output", "output"]
    assert [info["units"] for info in infos] == [4, 0, 0, 3, 0]
    assert [info["parameters"] for info in infos] == [40, 0, 0, 51, 0]
    assert [info["activation"] for info in infos] == ["", "relu", "", "", "softmax"]


def test_embeddings_tell_how_many_numbers_they_take():
    infos = layer_infos(model(nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 2))))
    assert [info["rows"] for info in infos] == [50, 0]


@pytest.mark.parametrize(("value", "name"), [(0.0, "zeros"), (1.0, "ones"), (0.5, "constant(0.5)"), (None, "")])
def test_an_initialiser_that_makes_all_weights_equal_is_named(value, name):
    layer = nn.Linear(4, 3)
    if value is not None:
        nn.init.constant_(layer.weight, value)
    assert layer_infos(model(layer))[0]["initialiser"] == name


def test_weight_decay_is_half_as_large_an_l2_factor():
    layer = nn.Linear(4, 3)
    info = layer_infos(model(layer, weight_decay=0.2))[0]
    assert info["regulariser"] == "l2(0.1)"
    assert info["penalty"] == pytest.approx(0.1 * float((layer.weight.detach() ** 2).sum()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_between_two_layers_is_recognised(name):
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    given = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
    after = activate(name, given)
    calls = [(first, torch.zeros(30, 3), given), (second, after, torch.zeros(30, 2))]
    assert applied_functions(calls, torch.zeros(30, 2)) == {first: name}


def test_an_activation_module_that_works_in_place_is_not_taken_for_a_function():
    first, relu = nn.Linear(3, 4), nn.ReLU(inplace=True)
    given = torch.randn(30, 4)
    calls = [(first, None, given), (relu, given.relu(), given.relu())]
    assert applied_functions(calls, given.relu()) == {}


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
    assert applied_functions(calls, end(z)).get(layer) == name


def test_what_lies_between_hidden_layers_need_not_be_known():
    first, second = nn.Linear(4, 3), nn.Linear(3, 2)
    z = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    out = torch.randn(20, 2, generator=torch.Generator().manual_seed(1))
    calls = [(first, torch.zeros(20, 4), z), (second, z * 2, out)]
    assert applied_functions(calls, out) == {}
