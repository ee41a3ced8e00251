"""Programs that crash before they train, or whose loss compares the wrong pairs, are told why and mended."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

TORCH = textwrap.dedent(
    """
    import torch
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import scale
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    rows, classes = load_breast_cancer(return_X_y=True)
    x, y = torch.tensor(scale(rows)).float(), torch.tensor(classes).float()
    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(10):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets.unsqueeze(1))
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        print(((model(x_test)[:, 0] > 0.5).float() == y_test).float().mean())
    """
)
WORDS = textwrap.dedent(
    """
    import torch
    from torch import nn

    torch.manual_seed(0)
    texts = torch.randint(1, 100, (800, 4))
    classes = (texts < 50).sum(1).gt(1).long()
    words = range(1, 100)
    model = nn.Sequential(nn.Embedding(len(words) + 1, 8), nn.Flatten(), nn.Linear(32, 2))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(12):
        for i in range(0, 600, 50):
            optimizer.zero_grad()
            loss = criterion(model(texts[i:i + 50]), classes[i:i + 50])
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(texts[600:]).argmax(1) == classes[600:]).float().mean())
    """
)
KERAS = textwrap.dedent(
    """
    import keras
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    model = keras.Sequential([
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images / 16, labels, epochs=8, batch_size=32, validation_split=0.3, verbose=0)
    """
)
CRASHES = [
    pytest.param(TORCH, ", nn.Sigmoid())", ")", "between 0 and 1", "activation", id="no end", marks=pytest.mark.torch),
    pytest.param(TORCH, ".unsqueeze(1)", "", "size", "loss-target", id="other shape", marks=pytest.mark.torch),
    pytest.param(TORCH, "Linear(16,", "Linear(17,", "given 16", "input-width", id="misfit", marks=pytest.mark.torch),
    pytest.param(
        WORDS, "(words) + 1", "(words)", "asked for row 99", "vocabulary-size", id="word", marks=pytest.mark.torch
    ),
    pytest.param(
        TORCH, ")).float(), torch", ")), torch", "(float)", "tensor-type", id="double", marks=pytest.mark.torch
    ),
    pytest.param(
        TORCH, "(classes).float()", "(classes)", "(float)", "tensor-type", id="whole labels", marks=pytest.mark.torch
    ),
    pytest.param(KERAS, "Dense(10,", "Dense(4,", "labels ask for 10", "units", id="few", marks=pytest.mark.keras),
    pytest.param(
        KERAS,
        '"adam"',
        "keras.optimizers.Adam(lr=0.01)",
        "(now learning_rate=)",
        "outdated-names",
        id="old name",
        marks=pytest.mark.keras,
    ),
    pytest.param(KERAS, "sparse_", "", "same shape", "loss", id="not one-hot", marks=pytest.mark.keras),
]


def netmend(command, text, folder, *options):
    (folder / "train.py").write_text(text)
    words = [sys.executable, "-m", "netmend", command, str(folder / "train.py"), "--out", str(folder / "out"), "--json"]
    environment = {**os.environ, "KERAS_BACKEND": "torch"}  # JAX takes any label, and trains on it
    return subprocess.run([*words, *options], capture_output=True, text=True, check=False, env=environment)


def found(report):
    return {each["finding"]["name"]: each["finding"]["message"] for each in report["findings"]}


@pytest.mark.slow
@pytest.mark.parametrize(("correct", "right", "wrong", "said", "kind"), CRASHES)
def test_a_program_that_crashes_is_told_why_and_mended(correct, right, wrong, said, kind, tmp_path):
    assert right in correct
    text = correct.replace(right, wrong)
    run = netmend("repair", text, tmp_path, "--goal", "0.85", "--seeds", "3", "--budget", "10x")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert said in found(report)["crash"]
    assert report["confirmed"]["outcome"] == "plausible"
    assert kind in json.dumps(report["confirmed"])
    assert (tmp_path / "train.py").read_text() == text


@pytest.mark.slow
@pytest.mark.torch
def test_a_crash_that_no_single_change_mends_is_refused(tmp_path):
    text = TORCH.replace("nn.Linear(16, 1)", "nn.Linear(17, 1)").replace("nn.Linear(30, 16)", "nn.Linear(31, 16)")
    run = netmend("diagnose", text, tmp_path, "--seeds", "3")
    assert run.returncode == 5
    assert "shapes cannot be multiplied" in run.stderr


@pytest.mark.slow
@pytest.mark.torch
def test_a_loss_that_compares_all_pairs_is_mended_where_the_labels_are_given(tmp_path):
    text = TORCH.replace(", nn.Sigmoid())", ")").replace("nn.BCELoss()", "nn.MSELoss()").replace(".unsqueeze(1)", "")
    run = netmend("repair", text, tmp_path, "--seeds", "3", "--budget", "10x")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert "pairs" in found(report)["broadcast-loss"]
    assert "loss-target" in json.dumps(report["confirmed"])
