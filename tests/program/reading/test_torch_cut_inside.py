"""Layers that `forward` cuts off from their gradients are seen; what is kept on purpose is left alone."""

from dataclasses import replace

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.lint.model_not_trained import rule
from netmend.program.source import Program
from netmend.repairs.program.operators.complete_training_step import operator
from netmend.training.symptoms import unchanged_weights
from netmend.training.symptoms._examples import healthy_torch

FIRST = "        x = torch.relu(self.first(x))\n"
RIGHT = f"""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
        self.last = nn.Linear(16, 3)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
{FIRST}        return self.last(x)


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(9):
    for x, y in batches:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
"""
DETACHED = RIGHT.replace(FIRST, f"{FIRST}        x = x.detach()\n")


def found(text):
    return [each for each in kind.find(Program.from_text(text)) if each.value == "gradients end in forward"]


@pytest.mark.parametrize(
    "line",
    [
        f"{FIRST}        x = x.detach()\n",
        f"{FIRST}        x = torch.tensor(x.detach().numpy())\n",
        FIRST.replace("self.first(x))", "self.first(x)).detach()"),
        FIRST.replace("self.first(x))", "self.first(x)).data"),
    ],
)
def test_results_keep_their_gradients(line):
    (element,) = found(RIGHT.replace(FIRST, line))
    program = Program.from_text(RIGHT.replace(FIRST, line))
    assert program.patched(change(program, element, None)).main.text == RIGHT


def test_gradients_are_switched_on():
    text = RIGHT.replace(FIRST, f"        with torch.no_grad():\n    {FIRST}")
    (element,) = found(text)
    program = Program.from_text(text)
    assert program.patched(change(program, element, None)).main.text == text.replace("no_grad", "enable_grad")


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        RIGHT.replace(FIRST, f"        x = x.detach()\n{FIRST}"),
        RIGHT.replace(FIRST, f"{FIRST}        self.seen = x.detach()\n"),
        RIGHT.replace(FIRST, f"{FIRST}        x = x + (x.round() - x).detach()\n"),
        RIGHT.replace(FIRST, f"{FIRST}        with torch.no_grad():\n            x = self.drop(x)\n"),
        DETACHED.replace("model = Net()\n", "model = Net()\nmodel.load_state_dict(torch.load('net.pt'))\n"),
    ],
)
def test_what_is_meant_is_left_alone(text):
    assert found(text) == []


def test_it_is_blamed_and_changed_only_where_weights_stay_as_they_were():
    (element,) = found(DETACHED)
    assert list(rule.check([element])) == []
    stuck = unchanged_weights.symptom.fires_on[0]
    (reading,) = unchanged_weights.symptom.fires(stuck)
    assert max(reading.blames, key=lambda each: each.weight).kind == element.kind
    suggested = [
        [each.value for each in operator.suggest(cut, (cut,), trace)]
        for cut, trace in ((element, stuck), (replace(element, layer=2), stuck), (element, healthy_torch()))
    ]
    assert suggested == [[None], [], []], "where it is the layer that is cut off"
