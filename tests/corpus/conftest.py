"""Small clones of repositories that never were, and models to fill a corpus with."""

import subprocess

import pytest

from netmend.corpus.records import Example
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program

MIT = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software\n"
PROGRAM = """
import keras
from keras import layers
{words} = load({words!r})
model = keras.Sequential([{layers}])
model.compile(optimizer={optimiser!r}, loss="{loss}", metrics=["accuracy"])
model.fit({words}, targets, epochs={epochs}, batch_size={batch})
"""


def _program(words="pictures", layers=(32, 10), optimiser="adam", loss="mse", epochs=5, batch=16, activation="relu"):
    """A Keras program of Dense layers."""
    made = ", ".join(f"layers.Dense({width}, activation='{activation}')" for width in layers)
    return PROGRAM.format(words=words, layers=made, optimiser=optimiser, loss=loss, epochs=epochs, batch=batch)


def _example(repository="a/one", family="a", share="", **options):
    """An example made of such a program."""
    sequence = sequence_of(Program.from_text(_program(**options)))
    return Example(repository, "c" * 40, "MIT", family, "0" * 16, sequence, share)


@pytest.fixture
def program():
    """Writes a Keras program of Dense layers."""
    return _program


@pytest.fixture
def example():
    """Makes an example of such a program."""
    return _example


@pytest.fixture
def mit():
    """The text of a licence."""
    return MIT


@pytest.fixture
def clone_of(tmp_path):
    """Makes a clone of some files: a work tree, or a bare repository."""

    def git(folder, *words):
        subprocess.run(
            [
                "git",
                "-C",
                str(folder),
                "-c",
                "user.name=n",
                "-c",
                "user.email=e@e",
                "-c",
                "commit.gpgsign=false",
                *words,
            ],
            check=True,
            capture_output=True,
        )

    def make(name, files, bare=False):
        folder = tmp_path / str(len(list(tmp_path.iterdir()))) / name
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "all", "--allow-empty")
        if not bare:
            return folder
        other = tmp_path / "bare" / name
        other.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(folder), str(other)], check=True, capture_output=True)
        return other

    return make
