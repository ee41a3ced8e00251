import pytest

from netmend.mutation.operators._base import NotApplicable, Reason
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.training_data import training_data
from netmend.program.source import Program

LOADER = """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from data import xt, yt, xe, ye


def main():
    x, y = torch.tensor(xt), torch.tensor(yt)
    test = DataLoader(TensorDataset(xe, ye), batch_size=8)
    train = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
    model = nn.Linear(4, 3)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        for rows, labels in train:
            loss = criterion(model(rows), labels)
            loss.backward()
            optimizer.step()


main()
"""


def found(text):
    data = training_data(Program.from_text(text))
    return data if isinstance(data, NotApplicable) else (data.framework, data.inputs, data.labels, data.place.line)


def lines(text, start):
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def test_the_arrays_that_fit_is_given():
    assert found(keras()) == ("keras", "x_train", "y_train", lines(keras(), "model.fit"))
    named = keras(fit="y=y_train, x=x_train, epochs=2")
    assert found(named) == ("keras", "x_train", "y_train", lines(named, "model.fit"))


def test_a_fit_of_something_else_is_none():
    text = keras(before_fit="scaler = StandardScaler()\nscaler.fit(x_train, y_train)\n")
    assert found(text)[3] == lines(text, "model.fit")


def test_the_tensors_that_a_training_step_takes_rows_from():
    assert found(torch()) == ("torch", "x_train", "y_train", lines(torch(), "for epoch"))
    sliced = torch().replace(
        "    loss = criterion(model(x_train), y_train)\n",
        "    for at in range(0, 80, 8):\n"
        "        rows, labels = x_train[at : at + 8].to(device), y_train[at : at + 8]\n"
        "        loss = criterion(model(rows), labels.view(-1))\n",
    )
    assert found(sliced) == ("torch", "x_train", "y_train", lines(sliced, "for epoch"))


def test_the_tensors_of_the_data_set_that_is_shuffled():
    assert found(LOADER) == ("torch", "x", "y", lines(LOADER, "train = "))


def test_data_bound_in_a_loop_are_changed_in_it():
    text = torch().replace(
        "for epoch in range(20):\n", "for fold in folds:\n  x_train, y_train = fold\n  for epoch in [1]:\n"
    )
    text = text.replace("\n    optimizer.zero", "\n      optimizer.zero").replace("\n    loss", "\n      loss")
    text = text.replace("\n    optimizer.step", "\n      optimizer.step")
    assert found(text) == ("torch", "x_train", "y_train", lines(text, "for epoch"))


@pytest.mark.parametrize(
    "text",
    [
        keras(fit="training_set, epochs=2"),
        keras(fit="scaler.transform(x_train), y_train, epochs=2"),
        keras().replace("model.fit", "def train():\n    model.fit"),
        torch().replace("model(x_train), y_train", "model(batch()), labels()"),
        torch().replace("for epoch in range(20)", "for x_train, y_train in source"),
        LOADER.replace("TensorDataset(x, y)", "Own(x, y)").replace("TensorDataset(xe, ye)", "Own(xe, ye)"),
        torch().replace("    loss = criterion(model(x_train)", "    x = z\n    z = x\n    loss = criterion(model(x)"),
        "print('no training')\n",
    ],
)
def test_data_that_cannot_be_named_in_their_scope_are_refused_with_a_reason(text):
    refused = found(text)
    assert isinstance(refused, NotApplicable)
    assert refused.reason is Reason.DATA_NOT_NAMED


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        (keras(), True),
        (torch(), True),
        (keras(loss="mse"), True),  # softmax
        (keras(loss="mse", output="layers.Dense(1)"), False),
        (keras(loss="mse", output='layers.Dense(1, activation="sigmoid")'), None),
        (torch(criterion="nn.MSELoss()"), False),
        (keras().replace('loss="sparse_categorical_crossentropy"', "loss=own_loss"), None),
    ],
)
def test_whether_labels_are_classes_is_read_off_loss_and_last_activation(text, classes):
    assert training_data(Program.from_text(text)).classes is classes


def test_inputs_of_an_embedding_are_tokens():
    assert training_data(Program.from_text(keras(hidden="layers.Embedding(50, 4)"))).tokens
    assert not training_data(Program.from_text(keras())).tokens
