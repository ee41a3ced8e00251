"""What keeps a training step from training is seen, and mended by one small edit."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

STEP, BACKWARD = "        optimizer.step()\n", "        loss.backward()\n"
WHOLE = f"""\
import torch
from torch import nn
import torch.nn.functional as F

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(9):
    for x, y in batches:
        optimizer.zero_grad()
        out = model(x)
        loss = criterion(out, y)
{BACKWARD}{STEP}"""
FUNCTION = """\
import torch
from torch import nn


def train(model, loader, criterion, optim):
    model.train()
    for x, y in loader:
        optim.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()


net = nn.Linear(4, 3)
train(net, batches, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1))
"""


def wrong(text):
    program = Program.from_text(text)
    return program, kind.find(program)


def mended(text):
    program, (element,) = wrong(text)
    return element, program.patched(change(program, element, None)).main.text


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (STEP, "", "no step"),
        (BACKWARD, "", "no backward"),
        ("criterion(out, y)", "criterion(y, out)", "labels first"),
        ("out = model(x)", "out = model(x).detach()", "without gradients"),
        ("out = model(x)", "out = model(x).data", "without gradients"),
    ],
)
def test_the_step_becomes_whole_again(old, new, what):
    element, text = mended(WHOLE.replace(old, new, 1))
    assert (element.value, text) == (what, WHOLE)


def test_labels_are_told_from_what_is_made_of_outputs():
    right = WHOLE.replace("criterion(out, y)", "F.binary_cross_entropy(torch.sigmoid(out).squeeze(1), y)")
    wrong = WHOLE.replace("criterion(out, y)", "F.binary_cross_entropy(y, torch.sigmoid(out).squeeze(1))")
    assert mended(wrong)[1] == right


def test_the_optimiser_is_given_the_model_that_is_called():
    right = WHOLE.replace("optimizer =", "draft = nn.Linear(4, 3)\noptimizer =")
    element, text = mended(right.replace("model.parameters()", "draft.parameters()"))
    assert (element.value, text) == ("another model", right)


def test_gradients_that_are_switched_off_around_it_are_switched_on():
    inside = "".join(f"    {line}\n" for line in WHOLE.splitlines()[9:])
    text = "\n".join(WHOLE.splitlines()[:9]) + "\n        with torch.no_grad():\n" + inside
    element, made = mended(text)
    assert element.crashed_only and made == text.replace("no_grad", "enable_grad")


def test_an_optimiser_that_is_handed_over_is_called_as_it_is_there():
    assert mended(FUNCTION)[1] == FUNCTION.replace("loss.backward()\n", "loss.backward()\n        optim.step()\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("optimizer.step()", "scaler.step(optimizer)"),
        ("loss.backward()", "accelerator.backward(loss)"),
        ("loss.backward()", "scaler.scale(loss).backward()"),
        ("criterion(out, y)", "F.mse_loss(y, out)"),
        ("criterion(out, y)", "criterion(out, teacher(x).argmax(1))"),
        ("criterion(out, y)", "criterion(predict(x), out)"),
        ("criterion(out, y)", "F.kl_div(model.forward(x), out)"),
        ("optimizer =", "draft = nn.Linear(4, 3)\noptimizer ="),
        ("criterion = ", "other = torch.optim.SGD(model.parameters(), lr=0.1)\ncriterion = "),
        ("optimizer.step()", "optimizer.step(lambda: loss)"),
    ],
)
def test_other_ways_to_train_are_left_alone(old, new):
    assert WHOLE.replace(old, new, 1) != WHOLE
    assert wrong(WHOLE.replace(old, new, 1))[1] == ()


def test_nothing_else_can_be_written():
    program, (element,) = wrong(WHOLE.replace(STEP, ""))
    with pytest.raises(Unchangeable, match="whole"):
        change(program, element, "no backward")


NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.last = nn.Linear(8, 3)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for x, y in batches:
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
"""


def test_all_of_a_model_with_random_weights_is_trained():
    part = NET.replace("model.parameters", "model.last.parameters")
    element, text = mended(part)
    assert (element.value, text) == ("part only", NET)
    loaded = part.replace("criterion =", "model.load_state_dict(torch.load('a.pt'))\ncriterion =")
    assert wrong(NET)[1] == wrong(loaded)[1] == ()
