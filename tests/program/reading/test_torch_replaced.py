import pytest

from netmend.program.reading.torch_program import reading_of
from netmend.program.reading.torch_replaced import replaced_parts
from netmend.program.source import Program

MODEL = "import torch\nfrom torch import nn\nfrom nets import Net\n\nmodel = Net()\n"
OPTIMISER = "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
NEW = "model.fc = nn.Linear(model.fc.in_features, 2)\n"
REST = "for x, y in batches:\n    loss(model(x), y).backward()\n    optimizer.step()\n"


def found(text):
    return list(replaced_parts(reading_of(Program.from_text(text))))


@pytest.mark.parametrize("between", ["", "width = model.fc.in_features\n"])
def test_an_optimiser_that_is_made_before_a_part_is_replaced_is_made_after_it(between):
    text = MODEL + OPTIMISER + between + NEW + REST
    ((_, edits),) = found(text)
    assert Program.from_text(text).patched(edits).main.text == MODEL + between + NEW + OPTIMISER + REST


def test_other_trainings_before_it_do_not_hide_it():
    first = "def pretrained(net):\n    other = torch.optim.Adam(net.parameters())\n    return net\n"
    text = MODEL + first + "model = pretrained(model)\n" + OPTIMISER + NEW + REST
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        MODEL + NEW + OPTIMISER + REST,
        MODEL + OPTIMISER + "model.fc = nn.Identity()\n" + REST,
        MODEL + OPTIMISER + "model.scale = 3\nother.fc = nn.Linear(3, 2)\n" + REST,
        MODEL + OPTIMISER + NEW + "optimizer.add_param_group({'params': model.fc.parameters()})\n" + REST,
        MODEL + OPTIMISER + REST + NEW + OPTIMISER + REST,
        MODEL + OPTIMISER + NEW + "head = torch.optim.Adam(model.fc.parameters())\n" + REST,
        MODEL + OPTIMISER.replace("model.", "model.features.") + NEW + REST,
        MODEL + OPTIMISER + "schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)\n" + NEW + REST,
        MODEL
        + "for p in model.parameters():\n    p.requires_grad = False\n"
        + NEW
        + OPTIMISER.replace("model.", "model.fc.")
        + REST,
        MODEL
        + "critic = Net()\n"
        + OPTIMISER
        + OPTIMISER.replace("model", "critic").replace("optimizer", "second")
        + REST,
    ],
)
def test_optimisers_that_have_the_weights_or_are_meant_for_others_are_left_alone(text):
    assert not found(text)
