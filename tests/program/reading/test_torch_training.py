from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\nm = nn.Sequential(nn.Linear(4, 8))\n"
LOOP = "for e in range(3):\n    loss = {}\n    loss.backward()\n"


def of_kind(kind: str, text: str) -> list[Element]:
    return [element for element in read(Program.from_text(HEAD + text)) if element.kind == kind]


def changed(kind: str, text: str, value: Value, index: int = 0) -> str:
    program = Program.from_text(HEAD + text)
    return program.patched(write(program, of_kind(kind, text)[index], value)).main.text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (
            "torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True)",
            "adam",
            "torch.optim.Adam(m.parameters(), lr=0.1)",
        ),
        ("torch.optim.SGD(m.parameters(), 0.1, 0.9)", "rmsprop", "torch.optim.RMSprop(m.parameters(), 0.1)"),
        (
            "torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)",
            "adamw",
            "torch.optim.AdamW(m.parameters(), lr=0.1, weight_decay=1e-4)",
        ),
        (
            "torch.optim.Adam(m.parameters(), betas=(0.9, 0.99), eps=1e-8, lr=0.1)",
            "sgd",
            "torch.optim.SGD(m.parameters(), lr=0.1)",
        ),
        (
            "torch.optim.Adam(m.parameters(), betas=(0.9, 0.99))",
            "nadam",
            "torch.optim.NAdam(m.parameters(), betas=(0.9, 0.99))",
        ),
        (
            "torch.optim.Adam(\n    m.parameters(),\n    lr=0.1,  # rate\n    amsgrad=True,\n)",
            "sgd",
            "torch.optim.SGD(\n    m.parameters(),\n    lr=0.1,  # rate\n)",
        ),
        ("torch.optim.LBFGS(m.parameters(), lr=1, max_iter=5)", "adam", "torch.optim.Adam(m.parameters(), lr=1)"),
    ],
)
def test_an_optimiser_keeps_parameters_and_rate_and_drops_what_the_new_one_lacks(
    before: str, value: str, after: str
) -> None:
    assert changed("optimiser", f"o = {before}\n", value) == f"o = {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SGD(m.parameters(), 0.1, 0.9)", "Adam(m.parameters(), 0.01)"),
        ("SGD(m.parameters(), lr=0.1)", "Adam(m.parameters(), lr=0.01)"),
        ("SGD(m.parameters())", "Adam(m.parameters(), lr=0.01)"),
        ("SGD(m.parameters(), momentum=0.9, nesterov=True)", "Adam(m.parameters(), lr=0.01)"),
        ("SGD(\n    m.parameters(),\n    momentum=0.9,\n)", "Adam(\n    m.parameters(),\n    lr=0.01,\n)"),
    ],
)
def test_an_optimiser_with_a_rate_sets_both(before: str, after: str) -> None:
    assert changed("optimiser", f"o = torch.optim.{before}\n", "adam(0.01)") == f"o = torch.optim.{after}\n"


def test_an_optimiser_is_named_as_the_program_imports_it() -> None:
    text = "from torch import optim\nfrom torch.optim import SGD\no = SGD(m.parameters())\n"
    assert changed("optimiser", text, "adagrad").endswith("o = optim.Adagrad(m.parameters())\n")


@pytest.mark.parametrize(
    ("call", "value", "reason"),
    [
        ("torch.optim.SGD(m.parameters(), lr=1)", "lbfgs", "closure"),
        ("torch.optim.SGD(m.parameters(), lr=1)", "ftrl", "no optimiser ftrl"),
        ("torch.optim.SGD(m.parameters(), **settings)", "adam", "cannot all be seen"),
    ],
)
def test_optimisers_that_cannot_be_written_are_refused(call: str, value: str, reason: str) -> None:
    with pytest.raises(Unchangeable, match=reason):
        changed("optimiser", f"o = {call}\n", value)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("nn.CrossEntropyLoss()", "mean_squared_error", "nn.MSELoss()"),
        (
            "nn.CrossEntropyLoss(torch.ones(3), label_smoothing=0.1, reduction='sum')",
            "poisson",
            "nn.PoissonNLLLoss(reduction='sum')",
        ),
        ("nn.CrossEntropyLoss(weight=w)", "negative_log_likelihood", "nn.NLLLoss(weight=w)"),
        ("nn.BCELoss()", "binary_crossentropy(from_logits)", "nn.BCEWithLogitsLoss()"),
        ("nn.MSELoss()", "sparse_categorical_crossentropy(from_logits)", "nn.CrossEntropyLoss()"),
        ("torch.nn.SmoothL1Loss(beta=2)", "mean_absolute_error", "nn.L1Loss()"),
    ],
)
def test_loss_modules(before: str, value: str, after: str) -> None:
    text = f"c = {{}}\n{LOOP.format('c(m(x), y)')}"
    assert changed("loss", text.format(before), value) == text.format(after)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("F.mse_loss(m(x), y)", "huber", "F.huber_loss(m(x), y)"),
        ("F.cross_entropy(m(x), y, w, label_smoothing=0.1)", "mean_squared_error", "F.mse_loss(m(x), y)"),
        ("nn.functional.mse_loss(input=m(x), target=y)", "mean_absolute_error", "F.l1_loss(input=m(x), target=y)"),
        ("((m(x) - y) ** 2).mean()", "mean_absolute_error", "F.l1_loss(m(x), y)"),
        ("torch.mean((m(x) - y) ** 2)", "huber", "F.huber_loss(m(x), y)"),
        ("(m(x) - y).pow(2).mean()", "huber", "F.huber_loss(m(x), y)"),
        ("torch.mean(torch.abs(m(x) - y))", "mean_squared_error", "F.mse_loss(m(x), y)"),
        ("(m(x) - y).abs().mean() * 2", "mean_squared_error", "F.mse_loss(m(x), y) * 2"),
    ],
)
def test_loss_functions_and_expressions(before: str, value: str, after: str) -> None:
    assert changed("loss", LOOP.format(before), value) == LOOP.format(after)


def test_a_loss_pytorch_has_not_is_refused() -> None:
    with pytest.raises(Unchangeable, match="no loss categorical_crossentropy"):
        changed("loss", LOOP.format("F.mse_loss(m(x), y)"), "categorical_crossentropy")


def test_an_expression_beside_a_loss_is_no_loss() -> None:
    found = of_kind("loss", LOOP.format("F.mse_loss(m(x), y)") + "    print(((m(x) - y) ** 2).mean())\n")
    assert [each.text for each in found] == ["F.mse_loss"]


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("torch.optim.SGD(m.parameters())", 1e-3),
        ("torch.optim.Adadelta(m.parameters())", 1.0),
        ("torch.optim.Adam(m.parameters(), 0.2)", 0.2),
        ("torch.optim.Adam(m.parameters(), lr=rate())", None),
        ("torch.optim.Adam([{'params': m.parameters(), 'lr': 0.3}])", 0.3),
        ("torch.optim.Adam([{'params': m.parameters()}], lr=0.4)", 0.4),
    ],
)
def test_learning_rates(call: str, value: Value) -> None:
    assert [each.value for each in of_kind("learning-rate", f"o = {call}\n")] == [value]


@pytest.mark.parametrize(
    ("before", "old", "value", "after"),
    [
        ("SGD(m.parameters(), lr=1)", "none", "l2(0.01)", "SGD(m.parameters(), lr=1, weight_decay=0.01)"),
        ("AdamW(m.parameters())", "l2(0.01)", "none", "AdamW(m.parameters(), weight_decay=0)"),
        ("Adam(m.parameters(), weight_decay=0.5)", "l2(0.5)", "l2(1e-4)", "Adam(m.parameters(), weight_decay=1e-4)"),
        ("Adam(m.parameters(), weight_decay=0.5)", "l2(0.5)", "none", "Adam(m.parameters(), weight_decay=0)"),
        ("Adam(m.parameters(), weight_decay=0)", "none", "l2(0.1)", "Adam(m.parameters(), weight_decay=0.1)"),
    ],
)
def test_weight_decay_is_the_regulariser(before: str, old: str, value: str, after: str) -> None:
    (found,) = of_kind("regulariser", f"o = torch.optim.{before}\n")
    assert found.value == old
    assert changed("regulariser", f"o = torch.optim.{before}\n", value) == f"o = torch.optim.{after}\n"


def test_other_penalties_are_refused_and_optimisers_without_decay_have_none() -> None:
    with pytest.raises(Unchangeable, match="penalty"):
        changed("regulariser", "o = torch.optim.SGD(m.parameters())\n", "l1(0.01)")
    assert of_kind("regulariser", "o = torch.optim.Rprop(m.parameters())\n") == []
