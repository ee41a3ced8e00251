"""Rates that a loop sets itself are read and taken out; a rate that is set once is left alone."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change
from netmend.program.elements.rate_schedule import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program

STEP = "        optimiser.step()\n"
GROUPS = "for group in optimiser.param_groups:"
FUNCTION = f"""\
def decay(optimiser, epoch):
    {GROUPS}
        group["lr"] = 0.1**epoch


"""
TORCH, LOOP = torch_program(), "for epoch in range(20):\n"
KERAS = keras_program(optimizer="optimiser").replace(
    "model.compile", "optimiser = keras.optimizers.SGD(0.1)\nmodel.compile"
)
FIT = "model.fit(x, y, epochs=20, batch_size=32)\n"
BATCHES = """\
for epoch in range(20):
    for rows, labels in batches:
        model.train_on_batch(rows, labels)
"""


def mended(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    return element.value, program.patched(change(program, element, "none")).main.text


@pytest.mark.parametrize(
    ("lines", "often"),
    [
        (f"        {GROUPS}\n            group['lr'] *= 0.9\n", "each update"),
        (f"    {GROUPS}\n        group['lr'] = 0.1 / (epoch + 1)\n", "each epoch"),
        ("    optimiser.param_groups[0]['lr'] *= 0.5\n", "each epoch"),
    ],
)
def test_a_rate_of_a_pytorch_loop(lines, often):
    assert mended(TORCH.replace(STEP, STEP + lines)) == (often, TORCH)


def test_a_function_that_the_loop_calls():
    text = TORCH.replace("loader =", f"{FUNCTION}loader =").replace(LOOP, f"{LOOP}    decay(optimiser, epoch)\n")
    often, after = mended(text)
    assert often == "each epoch"
    assert after == text.replace(f'    {GROUPS}\n        group["lr"] = 0.1**epoch\n', "    pass\n")


@pytest.mark.parametrize(
    "line",
    [
        "optimiser.learning_rate.assign(optimiser.learning_rate * 0.5)",
        "optimiser.learning_rate = optimiser.learning_rate * 0.5",
        "model.optimizer.lr *= 0.5",
        "keras.backend.set_value(model.optimizer.learning_rate, 0.1 / (epoch + 1))",
    ],
)
def test_a_rate_of_a_keras_loop(line):
    whole = KERAS.replace(FIT, BATCHES)
    assert mended(f"{whole}        {line}\n") == ("each update", whole)


@pytest.mark.parametrize(
    "text",
    [
        TORCH.replace(LOOP, f"optimiser.param_groups[0]['lr'] = 0.1\n{LOOP}"),
        TORCH.replace("loader =", f"{FUNCTION}loader =").replace(LOOP, f"decay(optimiser, 2)\n{LOOP}"),
        TORCH.replace(STEP, f"{STEP}        rate = optimiser.param_groups[0]['lr']\n"),
        KERAS.replace(FIT, f"{FIT}optimiser.learning_rate = 0.01\n{FIT}"),
    ],
)
def test_a_rate_that_is_set_once_is_no_schedule(text):
    assert kind.find(Program.from_text(text)) == ()


def test_nothing_else_can_be_made_of_it():
    program = Program.from_text(TORCH.replace(STEP, f"{STEP}    optimiser.param_groups[0]['lr'] *= 0.5\n"))
    (element,) = kind.find(program)
    with pytest.raises(Unchangeable):
        change(program, element, "each update")
