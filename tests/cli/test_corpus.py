import subprocess

import pytest
from typer.testing import CliRunner

from netmend.cli.main import app
from netmend.core.errors import UsageError

PROGRAM = """
import keras
model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=10)
"""
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "clones" / "owner+name"
    folder.mkdir(parents=True)
    (folder / "LICENSE").write_text(MIT)
    (folder / "train.py").write_text(PROGRAM)
    who = ["-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", "-C", folder, *words], check=True)
    return folder


def run(*words):
    return CliRunner().invoke(app, ["corpus", *map(str, words)], catch_exceptions=False)


def test_a_corpus_is_built_and_shown(clone, tmp_path):
    out, manifest, kept = tmp_path / "c.jsonl.gz", tmp_path / "m.csv", tmp_path / "kept"
    words = ("--out", out, "--manifest", manifest, "--extracts", kept)
    first = run("build", clone.parent, *words)
    assert "owner/name: MIT, 1 models" in first.output
    assert "1 models in" in first.output
    assert manifest.read_text().splitlines()[1].startswith("owner/name,")

    before = out.read_bytes()
    again = run("build", *words)  # from what was kept, without the clone
    assert "owner/name:" not in again.output
    assert out.read_bytes() == before

    shown = run("show", out).output.splitlines()
    assert shown[0].split() == ["train", "validation", "test"]
    row = {line.split()[0]: [int(count) for count in line.split()[1:]] for line in shown[1:]}
    assert sum(row["keras"]) == sum(row["families"]) == 1
    assert sum(row["layer"]) == 2


def test_licences_can_be_named(clone, tmp_path):
    words = ("--out", tmp_path / "c.jsonl", "--manifest", tmp_path / "m.csv")
    assert "refused: 1 MIT" in run("build", clone, *words, "--licences", "Apache-2.0,ISC").output


def test_a_folder_without_clones_is_refused(tmp_path):
    with pytest.raises(UsageError):
        run("build", tmp_path, "--out", tmp_path / "c.jsonl", "--manifest", tmp_path / "m.csv")
