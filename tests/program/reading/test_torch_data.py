import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.reading.torch_data import input_uses, label_uses
from netmend.program.reading.torch_program import reading_of
from netmend.program.source import Program

TEXT = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x, y, x_test, y_test = load()
loader = DataLoader(TensorDataset(torch.tensor(x), y), batch_size=2)
others = DataLoader(TensorDataset(torch.tensor(x_test), y_test))
model = nn.Sequential(nn.Flatten(), nn.Linear(3, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for rows, labels in loader:
    criterion(model(rows), labels).backward()
    optimizer.step()
"""
WHOLE = """\
import torch
from torch import nn
x, y, x_test = load()
model = nn.Conv2d(3, 3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(9):
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
print(model(x_test[:100]))
"""


def element(text):
    program = Program.from_text(text)
    return program, next((each for each in torch.read(program) if each.kind == "input-scaling"), None)


def written(text, value):
    program, found = element(text)
    return program.patched(torch.write(program, found, value)).main.text


def test_arrays_are_those_of_data_sets_and_of_calls_of_the_model():
    for text, inputs, labels in (
        (TEXT, [("torch.tensor(x)", True), ("torch.tensor(x_test)", False)], [("y", True), ("y_test", False)]),
        (WHOLE, [("x", True), ("x_test[:100]", False)], [("y", True)]),
    ):
        reading = reading_of(Program.from_text(text))
        assert [(use.site.text, use.training) for use in input_uses(reading)] == inputs
        assert [(use.site.text, use.training) for use in label_uses(reading)] == labels


def test_inputs_are_scaled_before_their_first_use():
    line = "x, x_test = x / 255.0, x_test / 255.0\n"
    assert written(TEXT, "divide(255)") == TEXT.replace("loader =", f"{line}loader =", 1)
    assert written(WHOLE, "divide(255)") == WHOLE.replace("for epoch", f"{line}for epoch")
    assert element(written(WHOLE, "divide(255)"))[1].value == "divide(255)"


def test_a_first_module_normalises():
    text = written(TEXT, "batch_normalization")
    assert "nn.Sequential(nn.Flatten(), nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3)))" in text
    assert "model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1))" in written(WHOLE, "batch_normalization")


def test_where_arrays_have_no_name_a_module_is_all_that_can_be_added():
    text = TEXT.replace("torch.tensor(x)", "read(1)")
    assert element(text)[1].form == "layers"
    with pytest.raises(Unchangeable):
        written(text, "divide(255)")


def test_names_are_not_scaled():
    assert element(TEXT.replace("nn.Linear(3, 3)", "nn.Embedding(9, 3), nn.Linear(3, 3)"))[1] is None
