"""What is made anew in each epoch is made once, before them; a model for each fold is left alone."""

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

MADE = "model = Net()\n"
OPTIMISER = "optimizer = torch.optim.Adam(model.parameters(), lr=0.01)\n"
RIGHT = f"""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(8, 3)

    def forward(self, x):
        return self.last(x)


criterion = nn.CrossEntropyLoss()
{MADE}{OPTIMISER}for epoch in range(9):
    for x, y in batches:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
"""
LOOP = "for epoch in range(9):\n"


def inside(*lines):
    """The program with these lines moved into the loop over epochs."""
    text = RIGHT
    for line in lines:
        text = text.replace(line, "", 1)
    return text.replace(LOOP, LOOP + "".join(f"    {line}" for line in lines))


def mended(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    assert element.value == "made anew"
    return program.patched(change(program, element, None)).main.text


def test_model_and_optimiser_are_made_before_the_loop():
    assert mended(inside(MADE, OPTIMISER)) == RIGHT


def test_a_second_model_that_the_optimiser_does_not_know_goes():
    assert mended(RIGHT.replace(LOOP, f"{LOOP}    {MADE}")) == RIGHT


def test_weights_are_drawn_once():
    drawn = "model.apply(draw)\n"
    assert mended(RIGHT.replace(LOOP, f"{LOOP}    {drawn}")) == RIGHT.replace(LOOP, f"{drawn}{LOOP}")


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        inside(MADE, OPTIMISER).replace("for epoch", "for fold"),
        inside(MADE, OPTIMISER).replace("Net()\n", "Net(epoch)\n"),
        RIGHT.replace(LOOP, f"{LOOP}    model = model.to(device)\n"),
        RIGHT.replace(LOOP, f"{LOOP}    model.apply(lambda part: part.train())\n"),
    ],
)
def test_what_is_meant_is_left_alone(text):
    assert kind.find(Program.from_text(text)) == ()
