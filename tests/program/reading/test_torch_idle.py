"""What leaves a loop without an update is found in programs that crash or train nothing, and mended by one edit."""

import pytest

from netmend.program.elements._find import change, find_all
from netmend.program.elements.training_step import kind
from netmend.program.source import Program

WHOLE = """\
import torch
from torch import nn
from torch.utils.data import DataLoader

model = nn.Linear(4, 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loader = DataLoader(rows, batch_size=256, shuffle=True)
for epoch in range(9):
    for i, (x, y) in enumerate(loader):
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
"""
RARE = WHOLE.replace(
    "        optimizer.step()\n        optimizer.zero_grad()\n",
    "        if (i + 1) % 64 == 0:\n            optimizer.step()\n            optimizer.zero_grad()\n",
)


def mended(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    assert element.crashed_only and not [each for each in find_all(program) if each.kind == "training-step"]
    return element.value, program.patched(change(program, element, None)).main.text


def test_incomplete_batches_are_kept():
    dropping = WHOLE.replace("shuffle=True", "shuffle=True, drop_last=True")
    assert mended(dropping) == ("batches dropped", dropping.replace("drop_last=True", "drop_last=False"))


def test_a_last_step_is_made_for_the_rest_of_the_batches():
    assert mended(RARE) == ("rare steps", RARE.replace("% 64 == 0", "% 64 == 0 or i + 1 == len(loader)"))


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE.replace("shuffle=True", "shuffle=True, drop_last=False"),
        RARE.replace("enumerate(loader)", "enumerate(zip(loader, others))"),
        WHOLE.replace(
            "        optimizer.zero_grad()\n", "        optimizer.zero_grad()\n        if i % 9 == 0: print(i)\n"
        ),
    ],
)
def test_nothing_is_said_of_others(text):
    assert kind.find(Program.from_text(text)) == ()
