"""Where a PyTorch program states how many inputs its layers take, and what changes with it."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\n"


def found(text):
    program = Program.from_text(HEAD + text)
    return program, [each for each in torch.read(program) if each.kind == "input-width"]


def changed(text, value, index=0):
    program, elements = found(text)
    patched = program.patched(torch.write(program, elements[index], value)).main.text
    compile(patched, "train.py", "exec")
    return patched.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        ("nn.Linear(4, 8)", 4),
        ("nn.Linear(out_features=8, in_features=2 * 2)", 4),
        ("nn.Conv2d(3, 16, 5)", 3),
        ("nn.BatchNorm2d(16)", 16),
        ("nn.LSTM(10, 32, batch_first=True)", 10),
        ("nn.LayerNorm(64)", 64),
        ("nn.Linear(size(), 8)", None),
    ],
)
def test_the_number_of_inputs_is_read(layer, value):
    (element,) = found(f"m = nn.Sequential({layer})\n")[1]
    assert (element.value, element.crashed_only) == (value, True)


@pytest.mark.parametrize("layer", ["nn.LazyLinear(8)", "nn.Embedding(10, 4)", "nn.ReLU()", "nn.PReLU()"])
def test_layers_that_state_none_have_none(layer):
    assert not found(f"m = nn.Sequential({layer})\n")[1]


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        (
            "m = nn.Sequential(nn.Linear(4, 8), nn.Linear(6, 2))\n",
            1,
            "m = nn.Sequential(nn.Linear(4, 8), nn.Linear(9, 2))\n",
        ),
        ("m = nn.Sequential(nn.Linear(16 * 5 * 5, 8))\n", 0, "m = nn.Sequential(nn.Linear(9, 8))\n"),
        ("N = 4\nm = nn.Sequential(nn.Linear(N, 8))\n", 0, "N = 9\nm = nn.Sequential(nn.Linear(N, 8))\n"),
        (
            "H = 8\nm = nn.Sequential(nn.Linear(4, H), nn.Linear(H, H), nn.Linear(H, 2))\n",
            2,
            "H = 8\nm = nn.Sequential(nn.Linear(4, H), nn.Linear(H, H), nn.Linear(9, 2))\n",
        ),
    ],
)
def test_it_is_written_where_it_is_wrong_alone(before, index, after):
    assert changed(before, 9, index) == after


CLASS = """\
class Net(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(inputs, 10)
    def forward(self, x):
        x = self.conv(x).view(-1, 400)
        return self.fc(x.reshape((x.size(0), 20 * 20)))
model = Net(400)
"""


def test_it_is_followed_to_who_makes_the_model_and_reshapes_change_with_it():
    expected = CLASS.replace("400", "288").replace("20 * 20", "288")
    assert changed(CLASS, 288, 1) == expected


def test_reshapes_to_another_number_stay():
    text = CLASS.replace("view(-1, 400)", "view(-1, 100)").replace("20 * 20", "100")
    assert changed(text, 288, 1) == text.replace("Net(400)", "Net(288)")


@pytest.mark.parametrize("value", [0, 2.5, True, "many"])
def test_only_numbers_of_inputs_are_written(value):
    with pytest.raises(Unchangeable, match="no number of inputs"):
        changed(CLASS, value)
