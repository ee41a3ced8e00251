"""An optimiser that is made for every batch is made once; one for each epoch, fold or model is left alone."""

import pytest

from netmend.program.elements._find import change
from netmend.program.elements.training_step import kind
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program

MADE = "optimiser = torch.optim.Adam(model.parameters(), lr=0.001)\n"
ZERO = "        optimiser.zero_grad()\n"
RIGHT, LOOP = torch_program(), "for epoch in range(20):\n"
ANEW = RIGHT.replace(MADE, "").replace(ZERO, f"        {MADE}{ZERO}")
STEP = """\
        optimiser.zero_grad()
        loss = criterion(model(rows), labels)
        loss.backward()
        optimiser.step()
"""
CALLED = RIGHT.replace(STEP, "        update(rows, labels)\n").replace(
    LOOP, "def update(rows, labels):\n" + STEP.replace("        ", "    ") + f"\n\n{LOOP}"
)


def found(text):
    program = Program.from_text(text)
    return program, [each for each in kind.find(program) if each.value == "optimiser made anew"]


def mended(text):
    program, (element,) = found(text)
    return program.patched(change(program, element, None)).main.text


def test_it_is_made_before_the_loops():
    assert mended(ANEW) == RIGHT


def test_it_is_made_before_the_loop_that_calls_a_function():
    text = CALLED.replace(MADE, "").replace("    optimiser.zero", f"    {MADE}    optimiser.zero")
    assert mended(text) == CALLED.replace(MADE, "").replace(LOOP, f"{MADE}{LOOP}")


def test_it_stays_behind_what_it_depends_on():
    text = ANEW.replace("lr=0.001", "lr=0.1 / (epoch + 1)")
    line = MADE.replace("lr=0.001", "lr=0.1 / (epoch + 1)")
    assert mended(text) == RIGHT.replace(MADE, "").replace(LOOP, f"{LOOP}    {line}")


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        ANEW.replace("Adam(model.parameters(), lr=0.001)", "SGD(model.parameters(), lr=0.1)"),
        RIGHT.replace(MADE, "").replace(LOOP, f"{LOOP}    {MADE}"),
        ANEW.replace(f"        {MADE}", f"        model = nn.Sequential(nn.Linear(20, 10))\n        {MADE}"),
    ],
)
def test_what_is_meant_is_left_alone(text):
    assert found(text)[1] == []
