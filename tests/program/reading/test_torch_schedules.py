import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

HEAD = """\
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
"""
BODY = """\
for epoch in range(3):
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
"""
EACH_UPDATE = HEAD + BODY + "        scheduler.step()\n    print(epoch)\n"
EACH_EPOCH = HEAD + BODY + "    scheduler.step()\n    print(epoch)\n"
IN_A_METHOD = """\
import torch
from torch import nn

class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters())
        self.decay = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, 0.5)

    def batch(self, x, y):
        self.optimizer.zero_grad()
        nn.functional.mse_loss(self.model(x), y).backward()
        self.optimizer.step()
        self.decay.step()

    def fit(self, batches):
        for epoch in range(3):
            for x, y in batches:
                self.batch(x, y)

Trainer(nn.Linear(3, 1)).fit(batches)
"""
IN_A_METHOD_EACH_EPOCH = IN_A_METHOD.replace("        self.decay.step()\n", "").replace(
    "                self.batch(x, y)\n", "                self.batch(x, y)\n            self.decay.step()\n"
)


def schedules(text):
    program = Program.from_text(text)
    return program, [each for each in torch.read(program) if each.kind == "rate-schedule"]


def written(text, value):
    program, (element,) = schedules(text)
    return program.patched(torch.write(program, element, value)).main.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (EACH_UPDATE, "each update"),
        (EACH_EPOCH, "each epoch"),
        (HEAD + BODY, "none"),
        (IN_A_METHOD, "each update"),
        (IN_A_METHOD_EACH_EPOCH, "each epoch"),
    ],
)
def test_how_often_it_steps_is_seen(text, value):
    (element,) = schedules(text)[1]
    assert element.value == value


def test_the_step_is_moved_behind_the_loop_over_batches():
    assert written(EACH_UPDATE, "each epoch") == EACH_EPOCH


def test_a_step_that_is_not_the_last_of_its_loop_is_moved_too():
    text = EACH_UPDATE.replace("    print(epoch)\n", "        print(x)\n    print(epoch)\n")
    moved = EACH_EPOCH.replace("    scheduler.step()\n", "        print(x)\n    scheduler.step()\n")
    assert written(text, "each epoch") == moved


@pytest.mark.parametrize("text", [EACH_UPDATE, EACH_EPOCH])
def test_the_step_is_taken_out(text):
    assert written(text, "none") == HEAD + BODY + "    print(epoch)\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (EACH_EPOCH, "each update"),
        (HEAD + BODY, "each epoch"),
        (EACH_UPDATE.replace("scheduler.step()", "print(scheduler.step())"), "none"),
        (IN_A_METHOD, "each epoch"),
    ],
)
def test_what_cannot_be_followed_is_refused(text, value):
    with pytest.raises(Unchangeable):
        written(text, value)


def test_a_schedule_that_is_handed_on_is_no_element():
    text = (
        HEAD.replace("scheduler =", "scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [")[:-1] + "], [5])\n"
    )
    (element,) = schedules(text + BODY)[1]
    assert element.owner == "SequentialLR"
