"""Activations: where they are found, and the text before and after a change."""

from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def activations(text: str) -> list[Element]:
    return [element for element in read(Program.from_text(text)) if element.kind == "activation"]


def changed(text: str, value: Value, index: int = 0) -> str:
    program = Program.from_text(text)
    return program.patched(write(program, activations(text)[index], value)).main.text


def in_forward(expression: str) -> str:
    return (
        f"{HEAD}class N(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a = nn.Linear(2, 3)\n"
        f"    def forward(self, x):\n        return {expression}\nnet = N()\n"
    )


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("F.relu(self.a(x))", "tanh", "torch.tanh(self.a(x))"),
        ("F.relu(self.a(x))", "leaky_relu", "F.leaky_relu(self.a(x))"),
        ("F.relu(self.a(x))", "linear", "self.a(x)"),
        ("F.relu(self.a(x) + 1) * 2", "linear", "(self.a(x) + 1) * 2"),
        ("F.relu(\n            self.a(x),  # why\n        )", "linear", "(\n            self.a(x)  # why\n        )"),
        ("F.relu(  # note\n            self.a(x))", "sigmoid", "torch.sigmoid(  # note\n            self.a(x))"),
        ("F.relu(self.a(x).view(\n            -1))", "linear", "self.a(x).view(\n            -1)"),
        ("F.relu(self.a(x)\n            .view(-1), True)", "linear", "(self.a(x)\n            .view(-1))"),
        ("F.leaky_relu(input=self.a(x), negative_slope=0.2)", "linear", "self.a(x)"),
        ("F.leaky_relu(self.a(x), 0.2)", "softmax", "F.softmax(self.a(x), dim=1)"),
        ("F.leaky_relu(input=self.a(x), negative_slope=0.2)", "elu", "F.elu(input=self.a(x))"),
        ("F.softmax((self.a(x)), (-1))", "relu", "F.relu((self.a(x)))"),
        ("F.softmax(self.a(x), -1)", "log_softmax", "F.log_softmax(self.a(x), -1)"),
        ("F.relu(((self.a(x))))", "linear", "self.a(x)"),
        ("(self.a(x) + 1).relu().mean()", "linear", "(self.a(x) + 1).mean()"),
        ("(self.a(x) + 1).relu().mean()", "gelu", "F.gelu((self.a(x) + 1)).mean()"),
        ("self.a(x).softmax(dim=-1)", "log_softmax", "self.a(x).log_softmax(dim=-1)"),
        ("self.a(x).softmax(dim=-1)", "tanh", "self.a(x).tanh()"),
        ("self.a(x).relu()", "softmax", "self.a(x).softmax(dim=1)"),
        ("self.a(x)", "softmax", "F.softmax(self.a(x), dim=1)"),
        ("self.a(x).squeeze(-1)", "sigmoid", "torch.sigmoid(self.a(x)).squeeze(-1)"),
    ],
)
def test_activations_in_forward(before: str, value: Value, after: str) -> None:
    assert changed(in_forward(before), value) == in_forward(after)


@pytest.mark.parametrize(
    ("before", "index", "value", "after"),
    [
        ("nn.Linear(1, 2), nn.Linear(2, 1)", 0, "relu", "nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)"),
        ("nn.Linear(1, 2), nn.Linear(2, 1)", 1, "sigmoid", "nn.Linear(1, 2), nn.Linear(2, 1), nn.Sigmoid()"),
        (
            "nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1)",
            0,
            "relu",
            "nn.Linear(1, 2), nn.BatchNorm1d(2), nn.ReLU(), nn.Linear(2, 1)",
        ),
        ("nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)", 0, "linear", "nn.Linear(1, 2), nn.Linear(2, 1)"),
        ("nn.Linear(1, 2), nn.ReLU(inplace=True)", 0, "softmax", "nn.Linear(1, 2), nn.Softmax(dim=1)"),
        ("nn.Linear(1, 2), nn.Softmax(-1)", 0, "log_softmax", "nn.Linear(1, 2), nn.LogSoftmax(-1)"),
        ("nn.Linear(1, 2), nn.ReLU()", 0, "silu", "nn.Linear(1, 2), nn.SiLU()"),
        ("nn.ReLU()", 0, "linear", "nn.Identity()"),
    ],
)
def test_activations_of_a_sequential(before: str, index: int, value: Value, after: str) -> None:
    assert changed(f"{HEAD}m = nn.Sequential({before})\n", value, index) == f"{HEAD}m = nn.Sequential({after})\n"


def test_an_item_of_a_sequential_that_is_indexed_by_number_is_replaced_and_not_removed() -> None:
    text = f"{HEAD}m = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))\nprint(m[2].weight)\n"
    assert changed(text, "linear") == text.replace("nn.ReLU()", "nn.Identity()")


def test_an_attribute_becomes_identity() -> None:
    text = in_forward("self.r(self.a(x))").replace("Linear(2, 3)\n", "Linear(2, 3)\n        self.r = nn.ReLU()\n")
    assert changed(text, "linear") == text.replace("nn.ReLU()", "nn.Identity()")


def test_an_import_is_added_only_where_none_can_be_reused() -> None:
    text = "from torch.nn import Linear, Sequential\n\nm = Sequential(Linear(1, 2), Linear(2, 1))\n"
    assert changed(text, "relu") == (
        "from torch.nn import Linear, Sequential\nimport torch\n\n"
        "m = Sequential(Linear(1, 2), torch.nn.ReLU(), Linear(2, 1))\n"
    )


def test_an_activation_between_model_and_loss_is_the_output_activation() -> None:
    text = (
        f"{HEAD}m = nn.Sequential(nn.Linear(1, 2))\no = torch.optim.SGD(m.parameters())\n"
        "for e in range(2):\n    p = torch.sigmoid(m(x))\n    q = p.view(-1)\n"
        "    F.binary_cross_entropy(q, y).backward()\n"
        "print(torch.tanh(m(x)))\n"
    )
    (found,) = activations(text)
    assert (found.value, found.role, found.owner, found.layer) == ("sigmoid", "output", "training step", None)
    assert changed(text, "linear") == text.replace("torch.sigmoid(m(x))", "m(x)")


def test_branches_that_meet_before_the_next_layer_each_lack_an_activation() -> None:
    text = in_forward("self.o(self.q(x) * self.a(x))").replace(
        "super().__init__()\n", "super().__init__()\n        self.q, self.o = nn.Linear(2, 3), nn.Linear(3, 1)\n"
    )
    found = {(each.owner, each.role): changed(text, "relu", index) for index, each in enumerate(activations(text))}
    assert found == {
        ("Linear 1", "hidden"): text.replace("self.q(x)", "F.relu(self.q(x))"),
        ("Linear 3", "hidden"): text.replace("self.a(x)", "F.relu(self.a(x))"),
        ("Linear 2", "output"): text.replace("self.o(self.q(x) * self.a(x))", "F.relu(self.o(self.q(x) * self.a(x)))"),
    }


@pytest.mark.parametrize(
    ("text", "index", "value"),
    [
        (f"{HEAD}m = nn.Sequential(nn.Linear(1, 2), nn.ReLU())\n", 0, "exponential"),
        (f"{HEAD}m = nn.Sequential(nn.Linear(1, 2), nn.ReLU())\n", 0, "no such thing"),
        (f"{HEAD}m = nn.Sequential(*[nn.Linear(2, 2) for _ in range(3)])\n", 0, "relu"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_reason(text: str, index: int, value: Value) -> None:
    program = Program.from_text(text)
    with pytest.raises(Unchangeable, match=r"train\.py:4"):
        write(program, activations(text)[index], value)


def test_an_activation_in_forward_is_named_by_what_it_follows() -> None:
    (found,) = activations(in_forward("F.relu(self.a(x))"))
    assert found.label == "activation of a in forward: relu"


SHARED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 8), nn.Linear(8, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc1(x))
        return self.relu(self.fc2(x))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
"""


@pytest.mark.parametrize(("value", "expected"), [("linear", "self.fc2(x)"), ("sigmoid", "torch.sigmoid(self.fc2(x))")])
def test_a_module_that_hidden_layers_use_too_is_changed_at_the_end_alone(value: Value, expected: str) -> None:
    program = Program.from_text(SHARED)
    found = [each for each in read(program) if each.kind == "activation"]
    assert [(each.value, each.role) for each in found] == [("relu", "hidden"), ("relu", "output")]
    text = program.patched(write(program, found[1], value)).main.text
    assert text == SHARED.replace("self.relu(self.fc2(x))", expected)
