import json

import pytest


@pytest.mark.torch
def test_a_diagnosis_names_the_fault_and_its_line_and_tries_nothing(netmend, home, tmp_path):
    pytest.importorskip("torch")
    counter, out = tmp_path / "counter", tmp_path / "out"
    done = netmend("diagnose", "train.py", "--out", out, "--json", cwd=home, COUNTER=str(counter))
    assert done.status == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((out / "report.json").read_text())
    assert report["suspects"][0]["label"].startswith("learning-rate of SGD")
    assert report["suspects"][0]["place"].startswith("train.py:19:")
    assert len(counter.read_text().splitlines()) == 3
    assert not (out / "patch.diff").exists()
    assert [path.name for path in home.iterdir()] == ["train.py"]


@pytest.mark.torch
def test_a_notebook_is_watched_and_what_was_left_out_of_it_is_said(netmend, home, tmp_path):
    pytest.importorskip("torch")
    source = ["%matplotlib inline\n", *(home / "train.py").read_text().splitlines(keepends=True)]
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": source}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (home / "train.ipynb").write_text(json.dumps(notebook))
    done = netmend("diagnose", "train.ipynb", "--out", tmp_path / "out", "--json", cwd=home)
    assert done.status == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["suspects"][0]["label"].startswith("learning-rate of SGD")
    assert any("%matplotlib inline" in warning for warning in report["warnings"])


def test_a_program_that_cannot_be_watched_is_an_error(cli, tmp_path):
    (tmp_path / "train.py").write_text("raise ValueError('no data')\n")
    done = cli("diagnose", "train.py", "--out", tmp_path / "out")
    assert done.status == 5
    assert done.stdout == ""
    assert "netmend: the program crashed: ValueError: no data (train.py:1)" in done.stderr
    assert str(tmp_path / "out" / "study" / "runs") in done.stderr


def test_a_folder_that_holds_a_study_is_left_alone(cli, tmp_path):
    (tmp_path / "train.py").write_text("raise ValueError('no data')\n")
    cli("diagnose", "train.py", "--out", tmp_path / "out")
    done = cli("diagnose", "train.py", "--out", tmp_path / "out")
    assert done.status == 2
    assert "there is a study in this folder already" in done.stderr


def test_a_program_can_be_diagnosed_without_running_it(cli, tmp_path):
    text = """import keras
from keras import layers
open("ran", "w").close()
model = keras.Sequential([layers.Dense(64, activation="tanh"), layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=10)
"""
    (tmp_path / "train.py").write_text(text)
    done = cli("diagnose", "train.py", "--no-run", "--out", tmp_path / "out")
    assert done.status == 0, done.stderr
    assert done.stdout.startswith("Read, not run: nothing suspicious found")
    assert "activation of Dense 1: tanh" in done.stdout
    assert "expects relu here" in " ".join(done.stdout.split())
    assert "Nothing was run" in done.stdout
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out" / "study").exists()
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["reproduce"] == ["netmend diagnose train.py --no-run"]
    assert any(reference["key"] == "mlm4dnn" for reference in report["references"])
