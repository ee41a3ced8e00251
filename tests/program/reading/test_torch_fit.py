import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

TEXT = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x, y = load()
loader = DataLoader(TensorDataset(x, y), batch_size=2)
model = nn.Linear(3, 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for rows, labels in loader:
    optimizer.zero_grad()
    criterion(model(rows), labels).backward()
    optimizer.step()
"""


def element(text, kind):
    program = Program.from_text(text)
    return program, next((each for each in torch.read(program) if each.kind == kind), None)


def written(text, kind, value):
    program, found = element(text, kind)
    return program.patched(torch.write(program, found, value)).main.text


def test_a_loader_does_not_shuffle_unless_told():
    assert element(TEXT, "shuffling")[1].value is False
    shuffled = written(TEXT, "shuffling", True)
    assert shuffled == TEXT.replace("batch_size=2", "batch_size=2, shuffle=True")
    assert element(shuffled, "shuffling")[1].value is True
    with pytest.raises(Unchangeable):
        written(TEXT, "shuffling", 1.5)


def test_a_sampler_sets_the_order():
    assert element(TEXT.replace("batch_size=2", "batch_size=2, sampler=mine"), "shuffling")[1] is None


def test_weights_are_counted_from_the_labels_of_the_data_set():
    text = written(TEXT, "class-weight", "balanced")
    assert "CrossEntropyLoss(weight=len(y) / (len(y.unique()) * y.bincount()))" in text
    assert element(text, "class-weight")[1].value == "balanced"
    assert written(text, "class-weight", "none") == TEXT


def test_a_binary_loss_weighs_its_ones():
    text = written(TEXT.replace("CrossEntropyLoss", "BCEWithLogitsLoss"), "class-weight", "balanced")
    assert "BCEWithLogitsLoss(pos_weight=(len(y) - y.sum()) / y.sum())" in text


def test_labels_that_come_later_cannot_be_counted():
    line = "criterion = nn.CrossEntropyLoss()\n"
    with pytest.raises(Unchangeable):
        written(TEXT.replace(line, "").replace("x, y = load()", f"{line}x, y = load()"), "class-weight", "balanced")


@pytest.mark.torch
def test_weights_average_to_one():
    package = pytest.importorskip("torch")
    text = written(
        TEXT.replace("load()", "torch.ones(9, 3), torch.tensor([0] * 6 + [1, 1, 2])"), "class-weight", "balanced"
    )
    names = {}
    exec(text, names)
    weight = names["criterion"].weight
    assert weight.tolist() == pytest.approx([9 / 18, 9 / 6, 9 / 3])
    assert float(weight[names["y"]].mean()) == pytest.approx(1)
    assert weight.dtype == package.float32
