"""The type of the tensors of a PyTorch program: read, and written where they are made."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

TEXT = """\
import numpy as np
import torch
from torch import nn
x, y = np.load("x.npy"), np.load("y.npy")
x_train, x_test = {inputs}
y_train, y_test = {labels}
model = nn.Linear(3, 2)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    optimizer.zero_grad()
    output = model{call}(x_train)
    loss = criterion(output, y_train)
    loss.backward()
    optimizer.step()
print(criterion(model(x_test), y_test))
"""
PLAIN = "torch.tensor(x[:9]), torch.tensor(x[9:])"
LABELS = PLAIN.replace("x", "y")


def found(inputs=PLAIN, labels=LABELS, call=""):
    program = Program.from_text(TEXT.format(inputs=inputs, labels=labels, call=call))
    elements = [each for each in torch.read(program) if each.kind == "tensor-type"]
    return program, elements[0] if elements else None


def written(value, **how):
    program, element = found(**how)
    lines = program.patched(torch.write(program, element, value)).main.text.splitlines()
    compile("\n".join(lines), "train.py", "exec")
    return lines[4].removeprefix("x_train, x_test = "), lines[5].removeprefix("y_train, y_test = ")


@pytest.mark.parametrize(
    ("inputs", "value"),
    [
        (PLAIN, "none"),
        ("torch.tensor(x[:9]).float(), torch.tensor(x[9:]).float()", "inputs.float()"),
        ("torch.tensor(x[:9]).float(), torch.tensor(x[9:])", "none"),
        ("torch.tensor(x, dtype=torch.float64), torch.tensor(x, dtype=torch.double)", "inputs.double()"),
        ("torch.FloatTensor(x), torch.Tensor(x)", "inputs.float()"),
    ],
)
@pytest.mark.parametrize("call", ["", ".forward"])
def test_the_type_of_training_and_evaluation_is_read(inputs, value, call):
    assert found(inputs, call=call)[1].value == value


@pytest.mark.parametrize(
    ("value", "inputs", "expected"),
    [
        ("inputs.float()", PLAIN, "torch.tensor(x[:9]).float(), torch.tensor(x[9:]).float()"),
        ("inputs.long()", "torch.FloatTensor(x), torch.Tensor(x)",
         "torch.FloatTensor(x).long(), torch.Tensor(x).long()"),
        ("inputs.float()", "torch.tensor(x).double(), torch.tensor(x)",
         "torch.tensor(x).float(), torch.tensor(x).float()"),
        ("inputs.float()", "torch.tensor(x, dtype=torch.float64), torch.tensor(x)",
         "torch.tensor(x, dtype=torch.float32), torch.tensor(x).float()"),
    ],
)  # fmt: skip
def test_it_is_written_wherever_such_a_tensor_is_made(value, inputs, expected):
    assert written(value, inputs=inputs) == (expected, LABELS)


def test_inputs_and_labels_may_change_together():
    both = written("inputs.float(), labels.long()")
    assert [part.count(name) for part, name in zip(both, (".float()", ".long()"), strict=True)] == [2, 2]


def test_an_expression_is_put_in_parentheses_first():
    text = TEXT.format(inputs=PLAIN, labels=LABELS, call="").replace("model(x_test)", "model(load() + 1)")
    program = Program.from_text(text)
    element = next(each for each in torch.read(program) if each.kind == "tensor-type")
    patched = program.patched(torch.write(program, element, "inputs.float()")).main.text
    assert "model((load() + 1).float())" in patched


@pytest.mark.parametrize("value", ["inputs.half()", "labels.double()"])
def test_other_types_are_refused(value):
    program, element = found()
    with pytest.raises(Unchangeable, match="no type"):
        torch.write(program, element, value)


def test_a_program_without_a_loss_that_can_be_seen_has_none():
    text = TEXT.format(inputs=PLAIN, labels=LABELS, call="").replace("    loss.backward()\n", "")
    text = text.replace("criterion(output, y_train)", "0")
    assert not [each for each in torch.read(Program.from_text(text)) if each.kind == "tensor-type"]


def test_a_loss_that_two_callers_pass_is_found_by_the_backward_pass():
    text = """\
import torch
def run(model, rows, labels, criterion):
    loss = criterion(model(rows), labels)
    loss.backward()
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
run(model, torch.tensor(x), torch.tensor(y), torch.nn.MSELoss())
run(model, torch.tensor(x), torch.tensor(y), torch.nn.L1Loss())
"""
    program = Program.from_text(text)
    element = next(each for each in torch.read(program) if each.kind == "tensor-type")
    patched = program.patched(torch.write(program, element, "labels.float()")).main.text
    assert patched == text.replace("torch.tensor(y)", "torch.tensor(y).float()")
