import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

HEAD = """\
import torch
from torch import nn
net = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
"""
LOOP = """\
for epoch in range(3):
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
"""
CHECK = "def check():\n    net.eval()\n    print(net(x))\n\n\n"
FUNCTIONS = f"""\
{HEAD}
def train():
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()


{CHECK}for epoch in range(3):
    train()
    check()
"""


def mode(text):
    program = Program.from_text(text)
    found = [each for each in torch.read(program) if each.kind == "train-mode"]
    return program, found[0] if found else None


def written(text):
    program, element = mode(text)
    return program.patched(torch.write(program, element, "each epoch")).main.text


PROGRAMS = {
    "in the loop": (HEAD + LOOP + "    net.eval()\n", "until the first evaluation"),
    "in a function": (HEAD + CHECK + LOOP + "    check()\n", "until the first evaluation"),
    "called before, too": (HEAD + CHECK + "check()\n" + LOOP + "    check()\n", "until the first evaluation"),
    "before": (HEAD + "net.eval()\n" + LOOP, "never"),
    "put back": (HEAD + LOOP.replace("    for x", "    net.train()\n    for x") + "    net.eval()\n", "each epoch"),
    "in functions": (FUNCTIONS, "until the first evaluation"),
}


@pytest.mark.parametrize(("text", "value"), PROGRAMS.values(), ids=list(PROGRAMS))
def test_when_the_model_is_in_training_mode_is_seen(text, value):
    assert mode(text)[1].value == value


@pytest.mark.parametrize("name", ["in the loop", "in a function", "called before, too", "before"])
def test_it_is_put_back_at_the_start_of_each_epoch(name):
    text = PROGRAMS[name][0]
    assert written(text) == text.replace("    for x, y", "    net.train()\n    for x, y")


def test_it_is_put_back_in_the_function_that_trains():
    assert written(FUNCTIONS) == FUNCTIONS.replace("    for x, y", "    net.train()\n    for x, y")


@pytest.mark.parametrize(
    "text",
    [
        HEAD + LOOP,
        HEAD + LOOP + "net.eval()\n",
        (HEAD + LOOP + "    net.eval()\n").replace("nn.Dropout(0.2)", "nn.ReLU()"),
        HEAD + CHECK + LOOP + "check()\n",
    ],
)
def test_a_model_that_is_never_taken_out_of_it_in_time_is_no_element(text):
    assert mode(text)[1] is None


def test_a_model_without_a_name_is_left_alone():
    text = (HEAD + LOOP + "    net.eval()\n").replace("net(x), y", "predict(x), y")
    with pytest.raises(Unchangeable, match="by a name"):
        written(text)
