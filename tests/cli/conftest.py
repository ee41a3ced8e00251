"""The command line as a user runs it, and a program for it: tiny, of PyTorch, and faulty."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmend.cli.main import INTERRUPTIONS, main

ROOT = Path(__file__).parents[2]

TRAIN = '''"""Two classes of points, told apart by a small network whose learning rate is far too small."""

import os

import torch
from torch import nn, optim

if "COUNTER" in os.environ:
    with open(os.environ["COUNTER"], "a") as counter:
        counter.write("run\\n")

grid = torch.linspace(-3, 3, 16)
x = torch.cartesian_prod(grid, grid)
y = (x[:, 0] + x[:, 1] > 0.1).long()
x_train, y_train, x_test, y_test = x[::2], y[::2], x[1::2], y[1::2]

model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
loss_function = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=1e-6)

for epoch in range(150):
    optimizer.zero_grad()
    loss = loss_function(model(x_train), y_train)
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
'''


@dataclass(frozen=True)
class Done:
    """A finished command."""

    status: int
    stdout: str
    stderr: str


class Netmend:
    """The command line in a process of its own, and the repair of the tiny program that most tests ask of it."""

    repair = ("repair", "train.py", "--goal", "0.8", "--seeds", "3", "--budget", "20runs", "--lanes", "1")

    def command(self, *arguments):
        return [sys.executable, "-m", "netmend", *map(str, arguments)]

    def environment(self, **more):
        return {**os.environ, "PYTHONPATH": str(ROOT), **more}

    def __call__(self, *arguments, cwd, **variables):
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=200,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def netmend():
    return Netmend()


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """The command line in this process, for what ends before a program is run."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["netmend", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    handlers = {number: signal.getsignal(number) for number in INTERRUPTIONS}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def heard_signals():
    """Signals do what they do in a terminal, though the tests themselves may run where they are ignored (nohup)."""
    handlers = {number: signal.getsignal(number) for number in INTERRUPTIONS}
    for number, handler in handlers.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def home(tmp_path):
    """A folder with the faulty program in it."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    return folder


@dataclass(frozen=True)
class Repaired:
    """One repair from beginning to end, shared by the tests that look at what it left."""

    home: Path
    out: Path
    runs: int
    done: Done


@pytest.fixture(scope="session")
def repaired(tmp_path_factory, netmend):
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("repaired")
    home = folder / "home"
    home.mkdir()
    (home / "train.py").write_text(TRAIN)
    counter = folder / "counter"
    done = netmend(*netmend.repair, "--json", "--out", folder / "out", cwd=home, COUNTER=str(counter))
    return Repaired(home, folder / "out", len(counter.read_text().splitlines()), done)
