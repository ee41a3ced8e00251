"""Trainings that are played: an executor that reads the patched program and writes what a probe would have written.

Private copies, channel, predictions, journal and statistics are the real ones; only the training itself is a rule that
says which share of the answers is right. A run takes milliseconds, and everything it was asked for is kept.
"""

import hashlib
import math
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.ledger import Ledger
from netmend.program.elements._find import change, find_all
from netmend.program.source import Program
from netmend.repairs.program.measure import Measurer
from netmend.repairs.program.space import Space
from netmend.training import channel
from netmend.training.runs import RunRequest, RunResult
from netmend.training.subject import MetricRequirement, TrainingProgram
from netmend.training.trace import RunEnd

TEXT = '''"""A small classifier."""

import keras
from keras import layers

model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(4, activation="softmax")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=3.0), loss="sparse_categorical_crossentropy")
model.fit(x_train, y_train, epochs=6, batch_size=16)
model.evaluate(x_test, y_test)
'''
ROWS, CLASSES = 400, 4
START_UP = 1.0
"""Seconds a played run says it took beside its training, which takes one second an epoch."""


@dataclass(frozen=True)
class Asked:
    """A request, with the text of the script and the names of the files that lay in its folder."""

    request: RunRequest
    text: str
    files: frozenset[str]


@dataclass
class Played:
    """Fulfils `netmend.training.runs.Executor`.

    Attributes:
        right: share of right answers, given the values of the program's elements by kind.
        ends: a run whose script holds this text ends so.
        trains: something is trained. evaluates: the program shows evaluation data. can_hold_out: or could.
        relabels: scripts that hold this text are measured by other labels.
        interrupt_after: so many runs are made, then comes Ctrl-C.
        pause: real seconds each run takes. setup: seconds it says it took before training.
        most_at_once: how many ran side by side.
    """

    right: object = lambda values: 0.9 if values["learning-rate"] <= 0.2 else 0.3
    ends: dict[str, RunEnd] = field(default_factory=dict)
    trains: bool = True
    evaluates: bool = True
    can_hold_out: bool = True
    relabels: str = "\0"
    interrupt_after: int | None = None
    pause: float = 0.0
    setup: float = math.nan
    name: str = "played"
    closed: bool = False
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _running: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self, request: RunRequest) -> RunResult:
        text = (request.folder / request.script).read_text()
        names = frozenset(path.name for path in request.folder.iterdir())
        with self._guard:
            if self.interrupt_after is not None and len(self.asked) >= self.interrupt_after:
                raise KeyboardInterrupt
            self.asked.append(Asked(request, text, names))
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        time.sleep(self.pause)
        try:
            return self._play(request, text)
        finally:
            with self._guard:
                self._running -= 1

    def close(self) -> None:
        self.closed = True

    def _play(self, request: RunRequest, text: str) -> RunResult:
        request.result.mkdir(parents=True)
        end = next((end for mark, end in self.ends.items() if mark in text), RunEnd.FINISHED)
        elements = {element.kind: element.value for element in reversed(find_all(Program.from_text(text)))}
        seconds = START_UP + float(elements["epochs"])
        trace = None
        if end is RunEnd.FINISHED and self.trains:
            self._write(request, elements, text)
            trace = channel.read(request.result, request.nonce)
            assert trace is not None
        if request.checkpoint_out is not None and trace is not None:
            request.checkpoint_out.write_text("weights")
        detail = "" if end is RunEnd.FINISHED else f"it {end.value} in line 7"
        log = request.result / "log.txt"
        log.write_text("printed\n")
        return RunResult(
            end, detail, seconds, seconds, 0.25, 0 if trace is not None else 1, log, trace, setup_seconds=self.setup
        )

    def _write(self, request: RunRequest, elements: dict[str, object], text: str) -> None:
        chance = random.Random(f"{text}/{request.seed}")
        share = min(max(self.right(elements) + chance.gauss(0, 0.01), 0.0), 1.0)
        epochs = int(elements["epochs"])
        training = {"updates": 20 * epochs, "batch_size": 16, "epochs_planned": epochs, "train_seconds": float(epochs)}
        probe = {"framework": "keras", "backend": "jax", "seed": request.seed, "versions": {"keras": "3"}}
        events = [
            {"event": "start", "schema": channel.SCHEMA},
            {"event": "probe", **probe},
            {
                "event": "model", "model": "m", "framework": "keras", "parameters": 1000,
                "loss": "sparse_categorical_crossentropy", "optimiser": "sgd",
                "learning_rate": elements["learning-rate"],
                "layers": [
                    {"name": "a", "kind": "Dense", "activation": "relu", "units": 16},
                    {"name": "b", "kind": "Dense", "activation": "softmax", "units": 4, "role": "output"},
                ],
            },
            {"event": "training", "model": "m", **training},
            *(
                {"event": "epoch", "model": "m", "number": n, "values": {"loss": 2 - share * n / epochs}, "updates": 20}
                for n in range(1, epochs + 1)
            ),
            *self._evaluation(request, share, chance, text),
            {"event": "end"},
        ]  # fmt: skip
        lines = "".join(channel.line(event, request.nonce) for event in events)
        (request.result / channel.FILE).write_text(lines)

    def _evaluation(
        self, request: RunRequest, share: float, chance: random.Random, text: str
    ) -> list[dict[str, object]]:
        if not (self.evaluates or request.hold_out):
            reason = "nothing is evaluated"
            return [{"event": "no-evaluation", "model": "m", "reason": reason, "arrays": self.can_hold_out}]
        labels = np.arange(ROWS) % CLASSES
        if self.relabels in text:
            labels = np.minimum(labels, 1)
        wrong = chance.sample(range(ROWS), ROWS - round(share * ROWS))
        given = labels.copy()
        given[wrong] = (given[wrong] + 1) % CLASSES
        hashes = np.random.default_rng(5).permutation(ROWS).astype(np.uint32)
        file = request.result / "predictions.npz"
        np.savez(file, y_true=labels, y_pred=np.eye(CLASSES)[given], row_hash=hashes)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        event = {"event": "evaluation", "model": "m", "origin": "evaluate", "file": file.name, "sha256": digest}
        return [{**event, "rows": ROWS}]


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where private copies go; each test has its own, so that it can be seen to be empty again."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def played():
    return Played()


@pytest.fixture
def make_subject(tmp_path):
    """A training program of one file in a folder of its own."""

    def make(text=TEXT, goal=None, metric=None, name="train.py", **more):
        folder = tmp_path / "user"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        program = Program.read(folder / name)
        return TrainingProgram(program, "python3", MetricRequirement(metric, goal), **more)

    return make


@pytest.fixture
def make_measurer(tmp_path, played, make_subject):
    """A measurer over the played executor; what is opened is closed at the end of the test."""
    opened = []

    def make(subject=None, folder=None, budget="100runs", lanes=2):
        ledger = Ledger(folder or tmp_path / "study")
        meter = Meter(Budget.parse(budget))
        measurer = Measurer(subject or make_subject(), played, ledger, meter, ledger.folder, lanes)
        opened.append(measurer)
        return measurer

    yield make
    for measurer in opened:
        measurer.close()
        measurer.ledger.close()


@pytest.fixture
def patch_of():
    """A patch that sets elements of a program, given by kind, to values."""

    def make(program, **values):
        elements = find_all(program)
        wanted = {kind.replace("_", "-"): value for kind, value in values.items()}
        chosen = {next(e for e in elements if e.kind == kind).id: value for kind, value in wanted.items()}
        assert all(change(program, e, chosen[e.id]) for e in elements if e.id in chosen), (
            "a change that changes nothing"
        )
        return Space(program, elements).patch(chosen)

    return make


@pytest.fixture
def user_text(tmp_path):
    """What the user's file holds now."""
    return (tmp_path / "user" / "train.py").read_text


@pytest.fixture(autouse=True)
def _counts_as_prior(monkeypatch):
    """The quickest model of programs: what models expect is tested with them."""
    from netmend.repairs.program import inspection, repairer
    from netmend.repairs.program.infill import counts

    monkeypatch.setattr(repairer, "scorer", counts.read)
    monkeypatch.setattr(inspection, "scorer", counts.read)
