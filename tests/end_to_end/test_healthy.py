"""A program that learns well is left alone."""

import json
import subprocess
import sys
import textwrap

import pytest

HEALTHY = textwrap.dedent(
    """
    import torch
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split
    from torch import nn

    x, y = load_iris(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)
    x_train, x_test = torch.tensor(x_train).float(), torch.tensor(x_test).float()
    y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(100):
        optimizer.zero_grad()
        loss = criterion(model(x_train), y_train)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean()
    """
)


def repair(folder, *options):
    (folder / "train.py").write_text(HEALTHY)
    command = [sys.executable, "-m", "netmend", "repair", str(folder / "train.py"), "--out", str(folder / "out")]
    run = subprocess.run([*command, "--json", *options], capture_output=True, text=True, check=False)
    return run, json.loads(run.stdout)


@pytest.mark.torch
def test_a_goal_that_is_met_needs_no_search(tmp_path):
    pytest.importorskip("torch")
    run, report = repair(tmp_path, "--goal", "0.85")
    assert run.returncode == 0, run.stderr
    assert report["conclusion"]["nothing_to_repair"] and not report["trials"]


@pytest.mark.torch
def test_without_a_goal_nothing_that_is_no_better_is_confirmed(tmp_path):
    pytest.importorskip("torch")
    run, report = repair(tmp_path, "--budget", "12runs")
    assert run.returncode == 1, run.stderr
    assert report["confirmed"] is None
    assert report["control"]["outcome"] == "no-effect"
