"""Faults of loops and data, which no setting of layer or optimiser mends, are found and mended in few trials."""

import json
import subprocess
import sys
import textwrap

import pytest

CORRECT = textwrap.dedent(
    """
    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    images, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(images / 16, labels, random_state=0)
    order = y_train.argsort()
    x_train, y_train = torch.tensor(x_train[order]).float(), torch.tensor(y_train[order])
    x_test, y_test = torch.tensor(x_test).float(), torch.tensor(y_test)
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(5):
        model.train()
        for rows, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(rows), targets)
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x_test).argmax(1) == y_test).float().mean())
    """
)
FAULTS = {
    "sorted rows": ("batch_size=16, shuffle=True", "batch_size=16", "shuffling"),
    "gradients add up": ("        optimizer.zero_grad()\n", "", "gradient-reset"),
}


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_mended_where_it_is(name, tmp_path):
    pytest.importorskip("torch")
    right, wrong, kind = FAULTS[name]
    (tmp_path / "train.py").write_text(CORRECT.replace(right, wrong))
    assert right in CORRECT
    command = [sys.executable, "-m", "netmend", "repair", str(tmp_path / "train.py"), "--out", str(tmp_path / "out")]
    options = ["--json", "--goal", "0.8", "--seeds", "3", "--budget", "10x"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["confirmed"]["outcome"] == "plausible"
    assert kind in json.dumps(report["confirmed"])


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("x_train[order]", "x_train[order][::-1].copy()", True),  # the rows turned round, and the labels not
        ("x_train[order]", "x_train[order].T.reshape(-1, 64)", True),
        ("lr=0.1", "lr=1e-6", False),  # it does not learn either, but from labels that are those of its rows
    ],
)
def test_labels_of_other_rows_are_told_from_what_else_keeps_a_program_from_learning(right, wrong, found, tmp_path):
    pytest.importorskip("torch")
    text = CORRECT.replace("y_train.argsort()", "slice(None)")
    assert right in text
    (tmp_path / "train.py").write_text(text.replace(right, wrong))
    command = [sys.executable, "-m", "netmend", "diagnose", str(tmp_path / "train.py"), "--out", str(tmp_path / "out")]
    run = subprocess.run([*command, "--json", "--seeds", "3"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    first = json.loads(run.stdout)["findings"][0]["finding"]["name"]
    assert (first == "labels-unrelated-to-inputs") == found
