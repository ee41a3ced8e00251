import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

ITEMS = """\
import torch
from torch import nn
model = nn.Sequential(
    nn.Linear(4, 4),  # wide
    nn.ReLU(),
    nn.Linear(4, 1),
)
torch.optim.SGD(model.parameters(), lr=0.1)
"""
CLASS = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, width=5):
        super().__init__()
        self.fc = nn.Linear(4, width)
        self.out = nn.Linear(width, 1)
    def forward(self, x):
        return self.out(torch.relu(self.fc(x)))
model = Net()
torch.optim.SGD(model.parameters(), lr=0.1)
"""
PARTS = (
    "import torch\nfrom torch import nn\nlayers = []\nlayers.append(nn.Linear(4, 4))\nlayers.append(nn.Linear(4, 1))\n"
)
APPENDED = PARTS + "model = nn.Sequential(*layers)\ntorch.optim.SGD(model.parameters(), lr=0.1)\n"


def element(text, kind):
    program = Program.from_text(text)
    return program, next((each for each in torch.read(program) if each.kind == kind), None)


def written(text, kind, value):
    program, found = element(text, kind)
    return program.patched(torch.write(program, found, value)).main.text


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        ("normalisation", "batch_normalization", "nn.BatchNorm1d(4)"),
        ("normalisation", "layer_normalization", "nn.LayerNorm(4)"),
        ("dropout-rate", 0.25, "nn.Dropout(0.25)"),
        ("layer-repeats", 2, "nn.ReLU(), nn.Linear(4, 4)"),
    ],
)
def test_an_item_is_added_behind(kind, value, line):
    assert written(ITEMS, kind, value) == ITEMS.replace("# wide\n", f"# wide\n    {line},\n")


def test_an_attribute_becomes_a_sequential():
    text = written(CLASS, "normalisation", "batch_normalization")
    assert text == CLASS.replace("nn.Linear(4, width)", "nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width))")
    assert element(text, "normalisation")[1].value == "batch_normalization"


def test_copies_that_are_appended_stand_in_a_sequential():
    text = written(APPENDED, "layer-repeats", 3)
    copies = ", ".join(["nn.Linear(4, 4)"] * 3)
    assert text == APPENDED.replace("append(nn.Linear(4, 4))", f"append(nn.Sequential({copies}))")
    assert element(text, "layer-repeats")[1].value == 3


def test_a_normalisation_is_taken_away():
    assert written(written(ITEMS, "normalisation", "batch_normalization"), "normalisation", "none") == ITEMS


def test_a_layer_whose_inputs_and_outputs_differ_is_not_repeated():
    _, found = element(CLASS, "layer-repeats")
    assert found.form == "fixed"
    with pytest.raises(Unchangeable):
        written(CLASS, "layer-repeats", 2)


def test_a_layer_that_is_asked_for_its_weights_stays_what_it_is():
    with pytest.raises(Unchangeable):
        written(CLASS.replace("model = Net()", "model = Net()\nprint(model.fc.weight)"), "dropout-rate", 0.5)


@pytest.mark.torch
@pytest.mark.parametrize("text", [ITEMS, CLASS, APPENDED])
def test_the_changed_model_computes_something_of_the_same_shape(text):
    package = pytest.importorskip("torch")
    for kind, value in (("normalisation", "batch_normalization"), ("dropout-rate", 0.5), ("layer-repeats", 2)):
        if text is not CLASS or kind != "layer-repeats":
            names = {}
            exec(written(text, kind, value), names)
            assert names["model"](package.ones(7, 4)).shape == (7, 1)
