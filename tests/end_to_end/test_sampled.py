"""A small Keras program repaired by random search from the command line, at its best and as published."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

PROGRAM = """import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers

x = np.random.default_rng(0).normal(size=(400, 4)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("int32")
model = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-6), loss="sparse_categorical_crossentropy")
model.fit(x[:200], y[:200], epochs=3, batch_size=16, verbose=0)
model.evaluate(x[200:], y[200:], verbose=0)
"""


def repair(folder, *options):
    (folder / "train.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "netmend", "repair", str(folder / "train.py"), "--out", str(folder / "out")]
    command += ["--proposer", "random", "--budget", "4runs", "--seeds", "3", "--lanes", "1", "--json", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    facts = dict(fact for exhibit in report["exhibits"] for fact in exhibit.get("facts", ()))
    return report, facts["search"]


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.skipif(not all(map(find_spec, ("keras", "jax"))), reason="needs Keras and JAX")
@pytest.mark.parametrize("options", [(), ("--as-published",)], ids=["best", "published"])
def test_random_search_tries_points_of_its_space_and_a_resumed_study_the_same_again(tmp_path, options):
    report, search = repair(tmp_path, *options)
    tried = [trial for trial in report["trials"] if trial["proposed_by"].startswith("point ")]
    assert tried and all(trial["size"] for trial in tried)
    assert search.startswith("netmend's own even draws, over ")
    assert ("the published space" in search) == bool(options)
    if options:
        assert {trial["runs"] for trial in tried} == {1} and len(tried) == 4
    began = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "study" / "runs").rglob("*")}
    again, _ = repair(tmp_path, *options, "--resume")
    assert [trial["patch"] for trial in again["trials"]] == [trial["patch"] for trial in report["trials"]]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "study" / "runs").rglob("*")} == began
