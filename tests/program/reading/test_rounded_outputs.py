import pytest

from netmend.program.elements._find import find_all
from netmend.program.lint._examples import torch_program
from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.rounded_outputs import rounds_outputs
from netmend.program.source import Program

START = "import numpy as np, random, torch\nfrom torch import nn\nmodel = nn.Linear(3, 1)\n"


def rounds(text):
    return rounds_outputs(bindings_of(Program.from_text(START + text + "\n")))


@pytest.mark.parametrize(
    "text",
    [
        "y_pred = model(x)\nprint((y_pred.round() == y).float().mean())",
        "print((model(x) > 0.5).sum())",
        "shown = model(x).squeeze().detach().numpy()\nprint(np.round(shown[:, 0]))",
        "def right(outputs, y):\n    return (torch.round(outputs) == y).sum()",
        "y = model.predict(x)\nprint(np.where(y >= 0.5, 1, 0))",
        "p = torch.sigmoid(model(a))\np = model(x)\nprint(p > 0.5)",
    ],
)
def test_outputs_that_are_made_classes_are_seen(text):
    assert rounds(text)


@pytest.mark.parametrize(
    "text",
    [
        "print((torch.sigmoid(model(x)) > 0.5).sum())",
        "p = model(x)\np = torch.sigmoid(p)\nprint(p.round())",
        "print((model(x) > 0).sum())",
        "print(model(x).argmax(1), round(loss.item(), 3), np.round(model(x), 2))",
        "if random.random() > 0.5:\n    x = x.flip(1)",
    ],
)
def test_other_roundings_and_comparisons_are_not(text):
    assert not rounds(text)


def test_only_a_sigmoid_at_the_end_is_marked():
    text = torch_program("Linear(20, 32)", "Sigmoid()", "Linear(32, 1)", "Sigmoid()")
    for end, expected in (("print(model(x).round())\n", [False, True]), ("", [False, False])):
        found = find_all(Program.from_text(text + end))
        assert [each.read_as_shares for each in found if each.value == "sigmoid"] == expected
