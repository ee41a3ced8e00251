"""The last call on the labels where a PyTorch loss takes them."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

TEXT = """\
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.MSELoss()
for x, y in batches:
    optimizer.zero_grad()
    loss = {}
    loss.backward()
    optimizer.step()
"""


def found(loss):
    program = Program.from_text(TEXT.format(loss))
    return program, next(each for each in torch.read(program) if each.kind == "loss-target")


def written(loss, value):
    program, element = found(loss)
    text = program.patched(torch.write(program, element, value)).main.text
    compile(text, "train.py", "exec")
    return text.splitlines()[7].strip().removeprefix("loss = ")


@pytest.mark.parametrize(
    ("loss", "value"),
    {
        "criterion(model(x), y)": "none",
        "criterion(model(x), target=y)": "none",
        "nn.functional.mse_loss(model(x), y.to(device))": "none",
        "criterion(model(x), y.float())": "float()",
        "criterion(model(x), y.float().unsqueeze(1))": "unsqueeze(-1)",
        "criterion(model(x), y.unsqueeze(dim=-1))": "unsqueeze(-1)",
        "criterion(model(x), y.view(-1, 1))": "unsqueeze(-1)",
        "criterion(model(x), y.squeeze())": "squeeze(-1)",
    }.items(),
)
def test_the_last_call_is_seen(loss, value):
    assert found(loss)[1].value == value


@pytest.mark.parametrize(
    ("loss", "value", "expected"),
    [
        ("criterion(model(x), y)", "unsqueeze(-1)", "criterion(model(x), y.unsqueeze(-1))"),
        ("criterion(model(x), y.to(device))", "squeeze(-1)", "criterion(model(x), y.to(device).squeeze(-1))"),
        ("criterion(model(x), y - 1)", "unsqueeze(-1)", "criterion(model(x), (y - 1).unsqueeze(-1))"),
        ("criterion(model(x), (y - 1))", "unsqueeze(-1)", "criterion(model(x), ((y - 1).unsqueeze(-1)))"),
        ("criterion(model(x), y.view(-1, 1))", "none", "criterion(model(x), y)"),
        ("criterion(model(x), y.view(-1, 1))", "float()", "criterion(model(x), y.view(-1, 1).float())"),
        ("criterion(model(x), y.long())", "float()", "criterion(model(x), y.float())"),
        ("criterion(model(x), (y - 1).float())", "none", "criterion(model(x), y - 1)"),
    ],
)
def test_it_is_appended_and_taken_away(loss, value, expected):
    assert written(loss, value) == expected


def test_a_loss_that_is_written_out_has_none():
    program = Program.from_text(TEXT.format("((model(x) - y) ** 2).mean()"))
    assert not [each for each in torch.read(program) if each.kind == "loss-target"]


def test_other_values_are_refused():
    program, element = found("criterion(model(x), y)")
    with pytest.raises(Unchangeable, match="half"):
        torch.write(program, element, "half()")


IN_LOOP = "    print(criterion(model(x), y).item())\n"
IN_FUNCTION = "def check():\n    for x, y in others:\n        print(criterion(model(x), y))\n"


@pytest.mark.parametrize("validation", [IN_LOOP, IN_FUNCTION])
def test_a_validation_loop_gets_labels_of_the_same_form(validation):
    program = Program.from_text(TEXT.format("criterion(model(x), y)") + validation)
    (element,) = (each for each in torch.read(program) if each.kind == "loss-target")
    text = program.patched(torch.write(program, element, "unsqueeze(-1)")).main.text
    assert text.count("criterion(model(x), y.unsqueeze(-1))") == 2 and "y)" not in text


@pytest.mark.parametrize(
    "other", ["criterion(model(a), b)", "other(model(x), y)", "criterion(model(x), y.view(-1, 1))"]
)
def test_another_loss_and_other_labels_stay_as_they_are(other):
    program = Program.from_text(TEXT.format("criterion(model(x), y)") + f"def check():\n    print({other})\n")
    element = next(each for each in torch.read(program) if each.kind == "loss-target")
    assert f"print({other})" in program.patched(torch.write(program, element, "unsqueeze(-1)")).main.text
