"""Layers in a plain list are made known to their model, unless something else does it."""

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.sizes = [8, 8]
        self.layers = nn.ModuleList([nn.Linear(4, 8), nn.Linear(8, 8)])
        self.last = nn.Linear(8, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for x, y in batches:
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
"""
LISTED = "[nn.Linear(4, 8), nn.Linear(8, 8)]"


@pytest.mark.parametrize(
    "right",
    [
        RIGHT,
        RIGHT.replace(LISTED, "[nn.Linear(n, 8) for n in (4, 8)]"),
        RIGHT.replace(f"{LISTED})\n", "[])\n        self.layers.append(nn.Linear(4, 8))\n"),
    ],
)
def test_a_plain_list_becomes_a_list_of_modules(right):
    start = right.index("nn.ModuleList(")
    end = right.index(")\n", start)
    plain = right[:start] + right[start + len("nn.ModuleList(") : end] + right[end + 1 :]
    program = Program.from_text(plain)
    (element,) = kind.find(program)
    assert element.value == "plain list"
    assert program.patched(change(program, element, None)).main.text == right


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        RIGHT.replace(f"nn.ModuleList({LISTED})", f"{LISTED}\n        self.all = nn.Sequential(*self.layers)"),
        RIGHT.replace(
            f"nn.ModuleList({LISTED})",
            f"{LISTED}\n        [self.add_module(str(n), m) for n, m in enumerate(self.layers)]",
        ),
        RIGHT.replace(f"nn.ModuleList({LISTED})", "[nn.ReLU(), nn.Tanh()]"),
        RIGHT.replace("class Net(nn.Module)", "class Net(Base)").replace(f"nn.ModuleList({LISTED})", LISTED),
    ],
)
def test_what_is_known_or_has_no_weights_is_left_alone(text):
    assert kind.find(Program.from_text(text)) == ()
