"""Where a training step loses its gradients is seen, told from what is meant, and mended by one edit."""

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

LOSS, BACKWARD = "        loss = criterion(out, y)\n", "        loss.backward()\n"
WHOLE = f"""\
import torch
from torch import nn
from torch.autograd import Variable

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(9):
    for x, y in batches:
        optimizer.zero_grad()
        out = model(x)
{LOSS}{BACKWARD}        optimizer.step()
    with torch.no_grad():
        for x, y in tests:
            out = model(x)
            print(criterion(out, y))
"""


def mended(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    return element, program.patched(change(program, element, None)).main.text


@pytest.mark.parametrize(
    ("old", "new", "silent"),
    [
        (BACKWARD, f"        loss = torch.tensor(loss, requires_grad=True)\n{BACKWARD}", True),
        (BACKWARD, f"        loss = torch.tensor(loss.item(), requires_grad=True)\n{BACKWARD}", True),
        (BACKWARD, f"        loss = Variable(loss.data, requires_grad=True)\n{BACKWARD}", True),
        (BACKWARD, f"        loss = loss.detach().requires_grad_()\n{BACKWARD}", True),
        (BACKWARD, f"        loss = loss.detach()\n{BACKWARD}", False),
        (LOSS, f"        out = torch.tensor(out.detach().numpy(), requires_grad=True)\n{LOSS}", True),
        (LOSS, f"        out = torch.from_numpy(out.detach().numpy())\n{LOSS}", False),
        ("criterion(out, y)\n", "criterion(out, y).item()\n", False),
        ("criterion(out, y)\n", "torch.tensor(criterion(out, y), requires_grad=True)\n", True),
        ("loss.backward()", "torch.tensor(loss.item(), requires_grad=True).backward()", True),
        ("out = model(x)\n", "out = model(x).detach()\n", False),
        ("criterion(out, y)\n", "criterion(out.detach(), y)\n", False),
    ],
)
def test_gradients_come_back(old, new, silent):
    element, text = mended(WHOLE.replace(old, new, 1))
    assert (element.value, element.crashed_only) == ("without gradients", not silent)
    assert text.replace("torch.tensor(criterion", "criterion") == WHOLE


def test_a_loss_that_is_told_to_require_gradients_runs_and_learns_nothing():
    right = WHOLE.replace(BACKWARD, f"        loss.requires_grad = True\n{BACKWARD}")
    element, text = mended(right.replace("criterion(out, y)\n", "criterion(out, y).detach()\n", 1))
    assert not element.crashed_only and text == right


def test_gradients_are_switched_on_for_a_forward_pass_in_training_only():
    text = WHOLE.replace("        out = model(x)\n", "        with torch.no_grad():\n            out = model(x)\n", 1)
    element, made = mended(text)
    assert element.crashed_only and made == text.replace("no_grad", "enable_grad", 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        optimizer.step()\n", "        optimizer.step()\n        total = loss.item()\n"),
        (LOSS, f"        y = torch.tensor(y)\n{LOSS}"),
        (LOSS, f"        x = torch.tensor(x, requires_grad=True)\n{LOSS}"),
        (LOSS, "        loss = criterion(out, teacher(x).detach())\n"),
        (LOSS, "        loss = criterion(out, y) + torch.tensor(0.1)\n"),
        (LOSS, "        loss = torch.tensor(0.0)\n        loss = loss + criterion(out, y)\n"),
        ("print(criterion(out, y))", "loss = criterion(out, y).item()"),
        ("            out = model(x)\n", "            out = model(x).detach()\n"),
    ],
)
def test_what_is_meant_is_left_alone(old, new):
    assert old in WHOLE
    assert kind.find(Program.from_text(WHOLE.replace(old, new, 1))) == ()
