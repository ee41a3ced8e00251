"""The tables of names are compared with the installed PyTorch."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from netmend.program.reading import torch_names as names

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")


def found(dotted: str) -> Any:
    value = torch
    for part in dotted.split(".")[1:]:
        value = getattr(value, part)
    return value


def parameters(function: Any) -> dict[str, Any]:
    return {name: each.default for name, each in inspect.signature(function).parameters.items()}


@pytest.mark.parametrize("activation", names.ACTIVATIONS)
def test_modules_functions_and_methods_of_an_activation_agree(activation: str) -> None:
    known = names.ACTIVATIONS[activation]
    x = torch.linspace(-3, 3, 12).reshape(3, 4)
    keywords = {"dim": 1} if known.arguments else {}
    results = [found(function)(x, **keywords) for function in known.functions]
    if known.module:
        results.append(getattr(torch.nn, known.module)(**keywords)(x))
    if known.method:
        results.append(getattr(x, known.method)(**keywords))
    assert all(torch.allclose(results[0], other) for other in results[1:])


@pytest.mark.parametrize("module", names.MODULE_ACTIVATIONS)
def test_every_activation_module_exists(module: str) -> None:
    assert issubclass(getattr(torch.nn, module), torch.nn.Module)


@pytest.mark.parametrize("layer", {**names.WEIGHTED, **names.KEEPERS})
def test_widths_stand_where_the_table_says(layer: str) -> None:
    widths = names.WEIGHTED[layer] if layer in names.WEIGHTED else (names.KEEPERS[layer],)
    if "RNN" in layer or "LSTM" in layer or "GRU" in layer:
        made = getattr(torch.nn, layer)(3, 5)
        assert (made.input_size, made.hidden_size) == (3, 5)
        return
    order = [name for name in parameters(getattr(torch.nn, layer).__init__) if name != "self"]
    for width in widths:
        assert width is None or order[width[1]] == width[0]


@pytest.mark.parametrize("layer", sorted(names.DROPOUTS))
def test_every_dropout_module_has_the_default_rate(layer: str) -> None:
    assert getattr(torch.nn, layer)().p == names.DROPOUT_RATE


@pytest.mark.parametrize("function", sorted(names.DROPOUT_FUNCTIONS - {"torch.dropout"}))
def test_every_dropout_function_takes_its_rate_second(function: str) -> None:
    order = parameters(found(function))
    assert list(order)[1] == "p"
    assert order["p"] == names.DROPOUT_RATE


@pytest.mark.parametrize("optimiser", names.OPTIMISERS)
def test_defaults_and_arguments_of_optimisers(optimiser: str) -> None:
    known = names.OPTIMISERS[optimiser]
    order = parameters(getattr(torch.optim, known.name).__init__)
    assert list(order)[2] == "lr"
    assert float(order["lr"]) == known.learning_rate
    assert known.decays == ("weight_decay" in order)
    assert order.get("weight_decay", 0) == known.weight_decay
    assert set(known.own) <= set(order)


@pytest.mark.parametrize("loss", names.LOSSES)
def test_loss_modules_and_functions_take_what_the_table_says(loss: str) -> None:
    known = names.LOSSES[loss]
    module = parameters(getattr(torch.nn, known.module).__init__)
    function = parameters(getattr(torch.nn.functional, known.function))
    assert {"reduction", *known.own} <= set(module)
    assert {"input", "target", "reduction", *known.own} <= set(function)


@pytest.mark.parametrize("initialiser", names.INITIALISERS)
def test_every_initialiser_can_be_called_as_it_is_written(initialiser: str) -> None:
    function, arguments = names.INITIALISERS[initialiser]
    weight = torch.empty(4, 6)
    eval(f"torch.nn.init.{function}(weight{', ' if arguments else ''}{arguments})", {"torch": torch, "weight": weight})
    assert torch.isfinite(weight).all()


def test_the_default_of_linear_layers_is_narrower_than_he_uniform_by_the_square_root_of_six() -> None:
    torch.manual_seed(0)
    default = torch.nn.Linear(10_000, 20).weight.detach().abs().max()
    he = torch.nn.init.kaiming_uniform_(torch.empty(20, 10_000), nonlinearity="relu").abs().max()
    assert float(he / default) == pytest.approx(6**0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ("torch.nn.Linear", "Linear"),
        ("torch.nn.modules.linear.Linear", "Linear"),
        ("torch.nn.functional.relu", ""),
        ("torch.nn.Parameter", ""),
        ("torch.optim.Adam", ""),
        ("keras.layers.Dense", ""),
    ],
)
def test_module_class(dotted: str, expected: str) -> None:
    assert names.module_class(dotted) == expected
