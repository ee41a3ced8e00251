"""Lanes as answers: what comes back of a run that trained them, or did not; and one real run beside an ordinary one."""

import hashlib
import textwrap
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from netmend.program.source import Program
from netmend.training import channel, lanes
from netmend.training.executors import FreshExecutor
from netmend.training.lanes import Trained, Unsuitable, train_lanes
from netmend.training.preload import Preload
from netmend.training.runs import Lane, Limits, RunRequest, RunResult
from netmend.training.trace import RunEnd

TWO = [Lane(3, {"learning_rate": 0.1}), Lane(4, {"learning_rate": 0.2})]

SCRIPT = """
    import os
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import numpy as np
    draw = np.random.default_rng(0)
    x = draw.normal(size=(90, 3)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.evaluate(x[60:], y[60:], verbose=0)
    past = model.fit(x[:60], y[:60], epochs=2, verbose=0, validation_split=0.1)
    print("last", past.history["val_accuracy"][-1])
    model.evaluate(x[60:], y[60:], verbose=0)
    """


def request_for(folder, text="import keras\n"):
    (folder / "user").mkdir()
    (folder / "user" / "train.py").write_text(textwrap.dedent(text))
    given = {"environment": {"KERAS_BACKEND": "torch", "X": "1"}, "limits": Limits(seconds=240)}
    asked = RunRequest(folder=folder / "user", script="train.py", seed=1, result=folder / "result", **given)
    return asked, Program.read(folder / "user" / "train.py")


@pytest.fixture
def played(monkeypatch, tmp_path):
    """Asks for two lanes of a run that tells the given events."""
    asked = []

    def ask(*events, end=RunEnd.FINISHED, missing=""):
        class Told(FreshExecutor):
            def run(self, request):
                asked.append(request)
                request.result.mkdir()
                lines = [{"event": "start", "schema": channel.SCHEMA}, *events, {"event": "end"}]
                (request.result / channel.FILE).write_text("".join(channel.line(e, request.nonce) for e in lines))
                for number in range(2):
                    write(request.result, number)
                return RunResult(end, "crashed", 4.0, 4.0, 1.5, 0, request.result / "log.txt", missing=missing)

        monkeypatch.setattr(lanes, "FreshExecutor", Told)
        return train_lanes(*request_for(tmp_path), TWO)

    ask.asked = asked
    return ask


def write(folder, number):
    arrays = {"y_true": np.arange(2), "y_pred": np.full(2, number), "row_hash": np.arange(2)}
    np.savez(folder / f"lane{number}.npz", **arrays)


def lane(tmp_path, number, **other):
    write(tmp_path, number)
    digest = hashlib.sha256((tmp_path / f"lane{number}.npz").read_bytes()).hexdigest()
    told = {"losses": [0.5, 0.25 + number], "origin": "evaluate", "rows": 2, "logits": False}
    return {"event": "lane", "number": number, "file": f"lane{number}.npz", "sha256": digest, **told, **other}


DONE = {"event": "lanes", "seconds": {"first": 2.0}}


def test_each_lane_comes_back_with_its_losses_and_predictions_in_the_order_asked_for(played, tmp_path):
    found = played(lane(tmp_path, 1), lane(tmp_path, 0), DONE)
    assert isinstance(found, Trained)
    assert found.seconds == 5.5
    assert found.parts == {"first": 2.0}
    assert [answer.lane for answer in found.answers] == TWO
    assert [answer.trace.series("loss") for answer in found.answers] == [(0.5, 0.25), (0.5, 1.25)]
    assert [np.load(answer.trace.evaluation.file)["y_pred"][0] for answer in found.answers] == [0, 1]


def test_lanes_are_trained_on_jax_whatever_the_program_uses(played, tmp_path):
    played(DONE)
    (request,) = played.asked
    assert request.environment == {"KERAS_BACKEND": "jax", "X": "1"}
    assert request.lanes == tuple(TWO)


@pytest.mark.parametrize(
    ("events", "how", "reason"),
    [
        ([{"event": "lanes-unsuitable", "reason": "its net has a Conv2D layer"}], {}, "its net has a Conv2D layer"),
        ([], {"end": RunEnd.CRASHED, "missing": "jax"}, "jax is not installed where it runs: pip install"),
        ([DONE], {"end": RunEnd.CRASHED}, "on JAX it crashed"),
        ([], {}, "it trains no Keras model"),
        ([{"event": "probe-error", "where": "here", "error": "ValueError: 1"}, DONE], {}, "here failed: ValueError: 1"),
        ([DONE], {}, "the predictions of a lane are damaged"),
    ],
)
def test_whatever_else_happens_is_unsuitable_with_the_reason(played, events, how, reason):
    found = played(*events, **how)
    assert isinstance(found, Unsuitable)
    assert found.reason.startswith(reason)
    assert found.seconds == 5.5


def test_predictions_that_are_not_those_told_of_are_not_believed(played, tmp_path):
    found = played(lane(tmp_path, 0), lane(tmp_path, 1, sha256="0" * 64), DONE)
    assert isinstance(found, Unsuitable)


@pytest.mark.keras
@pytest.mark.skipif(not (find_spec("keras") and find_spec("jax") and find_spec("torch")), reason="needs Keras backends")
def test_lanes_predict_the_rows_that_a_run_of_the_program_on_its_own_backend_is_measured_on(tmp_path):
    request, program = request_for(tmp_path, SCRIPT)
    found = train_lanes(request, program, TWO)
    assert isinstance(found, Trained), found
    ordinary = FreshExecutor(Preload()).run(replace(request, result=tmp_path / "ordinary"))
    assert ordinary.ok, ordinary.detail
    assert ordinary.trace.backend == "torch"
    for answer in found.answers:
        with np.load(answer.trace.evaluation.file) as ours, np.load(ordinary.trace.evaluation.file) as theirs:
            assert (ours["row_hash"] == theirs["row_hash"]).all()
            assert (ours["y_true"] == theirs["y_true"]).all()
            assert ours["y_pred"].shape == theirs["y_pred"].shape
    assert answer.trace.evaluation.origin == ordinary.trace.evaluation.origin == "evaluate"
    assert "last nan" in (tmp_path / "result" / "log.txt").read_text(), "metrics of lanes are unknown, not missing"
