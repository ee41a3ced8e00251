"""Where a PyTorch model lacks a flattening."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

TEXT = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 36, 10)
    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.fc({})
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in batches:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y.view(-1)).backward()
    optimizer.step()
"""


def missing(given):
    program = Program.from_text(TEXT.format(given))
    return program, [each for each in torch.read(program) if each.kind == "flattening"]


@pytest.mark.parametrize("given", ["torch.flatten(x, 1)", "x.view(x.size(0), -1)", "x.reshape(len(x), -1)"])
def test_what_joins_places(given):
    assert not missing(given)[1]


@pytest.mark.torch
def test_the_layer_becomes_one_that_flattens_first():
    module = pytest.importorskip("torch")
    program, (element,) = missing("x")
    assert element.role == "output"
    text = program.patched(torch.write(program, element, "flatten")).main.text
    assert "self.fc = nn.Sequential(nn.Flatten(), nn.Linear(8 * 36, 10))" in text
    made = {"__name__": "train"}
    exec(compile(text.partition("optimizer")[0], "train.py", "exec"), made)
    assert made["model"](module.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_other_values_are_refused():
    program, (element,) = missing("x")
    with pytest.raises(Unchangeable, match="pool"):
        torch.write(program, element, "pool")
