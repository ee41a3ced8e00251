"""What stands behind the loop over batches is moved into it, unless gradients or losses are added up on purpose."""

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

STEP = "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
WHOLE = f"""\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(9):
    for x, y in batches:
        loss = criterion(model(x), y)
{STEP}        total = total + loss.item()
    print(total)
"""


def moved(text):
    program = Program.from_text(text)
    found = kind.find(program)
    return [element.value for element in found], [
        program.patched(change(program, each, None)).main.text for each in found
    ]


def outdented(*statements):
    """The program with these statements behind the loop over batches."""
    text = WHOLE
    for each in statements:
        text = text.replace(f"        {each}\n", "", 1)
    return text.replace("    print", "".join(f"    {each}\n" for each in statements) + "    print")


ZERO, BACK, STEP = "optimizer.zero_grad()", "loss.backward()", "optimizer.step()"


def test_a_step_behind_the_loop_is_moved_behind_backward():
    assert moved(outdented(STEP)) == (["behind the loop"], [WHOLE])


def test_so_is_all_of_it():
    assert moved(outdented(ZERO, BACK, STEP)) == (["behind the loop"], [WHOLE])


def test_the_last_statement_of_the_loop_may_be_the_one_it_belongs_to():
    text = outdented(STEP).replace("        total = total + loss.item()\n", "")
    assert moved(text)[1] == [WHOLE.replace("        total = total + loss.item()\n", "")]


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        outdented(ZERO, STEP),  # the gradients of all batches are added up
        outdented(ZERO, BACK, STEP)
        .replace("loss = crit", "loss = loss + crit")
        .replace("0.01)\n", "0.01)\nloss = 0\n"),
        outdented(ZERO, BACK, STEP).replace("loss = criterion(model(x), y)", "losses.append(criterion(model(x), y))"),
        WHOLE.replace("    print(total)", "    scheduler.step()"),
        WHOLE.replace("for x, y in batches:", "if True:"),
    ],
)
def test_what_is_meant_is_left_alone(text):
    assert moved(text) == ([], [])
