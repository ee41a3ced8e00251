import pytest

from netmend.program.reading import torch
from netmend.program.source import Program

HEAD = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.body(x))

model = Net()
"""
LOOP = """\
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in batches:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
FREEZE = "for p in model.body.parameters():\n    p.requires_grad = False\n"


def frozen(text):
    program = Program.from_text(text)
    return program, [each for each in torch.read(program) if each.kind == "frozen-weights"]


@pytest.mark.parametrize(
    "lines",
    [
        FREEZE,
        "for name, p in model.body.named_parameters():\n    p.requires_grad = False\n",
        "model.body.requires_grad_(False)\n",
        "for p in model.body.parameters():\n    p.requires_grad_(False)\n",
    ],
)
def test_a_frozen_part_of_the_trained_model_is_seen_and_thawed(lines):
    program, (element,) = frozen(HEAD + lines + LOOP)
    assert (element.value, element.owner) == ("frozen", "model.body")
    thawed = program.patched(torch.write(program, element, "trained")).main.text
    assert thawed == HEAD + lines.replace("False", "True") + LOOP


def test_a_weight_of_a_layer_is_a_part_of_the_model():
    (element,) = frozen(f"{HEAD}model.head.weight.requires_grad = False\n{LOOP}")[1]
    assert element.value == "frozen"


def test_a_part_that_its_own_class_freezes_is_seen():
    text = (HEAD + LOOP).replace("(8, 2)\n", "(8, 2)\n        self.body.requires_grad_(False)\n")
    (element,) = frozen(text)[1]
    assert (element.value, element.owner) == ("frozen", "self.body")


@pytest.mark.parametrize(
    "before",
    [
        "model.load_state_dict(torch.load('a.pt'))\n",
        "model.body[0].weight.data.copy_(vectors)\n",
        "loss = nn.functional.mse_loss(model(a), b)\nloss.backward()\n",
    ],
)
def test_weights_that_something_has_trained_are_frozen_as_loaded(before):
    (element,) = frozen(HEAD + before + FREEZE + LOOP)[1]
    assert element.value == "frozen as loaded"


def test_data_that_is_loaded_is_not_taken_for_weights():
    (element,) = frozen(HEAD + "rows = torch.load('rows.pt')\n" + FREEZE + LOOP)[1]
    assert element.value == "frozen"


@pytest.mark.parametrize("lines", ["teacher = Net()\nteacher.requires_grad_(False)\n", "x.requires_grad = False\n"])
def test_copies_and_inputs_are_left_alone(lines):
    assert not frozen(HEAD + lines + LOOP)[1]
