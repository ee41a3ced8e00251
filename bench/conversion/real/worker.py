"""Converts one network after another, in the environment of one converter: tasks come as lines, answers go as lines.

    python -m bench.conversion.real.worker CONVERTER < tasks > answers

A task is {"family", "name", "source", "target"}; an answer is {"name", "failure"}, after {"begins": name}.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.conversion.real.converters import CONVERTERS, Converter, quiet
from bench.conversion.real.sources import Source, sources, write

KEEP = 300
"""Characters kept of what a converter says when it fails (own choice)."""

FOLDERS = re.compile(r"(?<!\S)/(?:[\w.@+-]+/)+|(?<=[\"'(])/(?:[\w.@+-]+/)+")
"""Where files lie on the machine that converts, which is nothing to keep."""


def main(name: str) -> None:
    """Answer every task."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    quiet()
    converter = None if name == "source" else CONVERTERS[name]
    os.environ["KERAS_BACKEND"] = "torch" if converter is None else converter.backend
    warnings.simplefilter("ignore")

    def say(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    say(versions=_versions(("torch", "keras", "onnx") if converter is None else converter.packages))
    for line in sys.stdin:
        task = json.loads(line)
        say(begins=task["name"])
        failure = ""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                _done(
                    converter,
                    _known(task["family"])[task["name"].rpartition("/")[2]],
                    Path(task["source"]),
                    Path(task["target"]),
                )
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a converter may raise anything, SystemExit too
            said = [each.strip() for each in str(error.__cause__ or error).splitlines() if each.strip()]
            failure = FOLDERS.sub("", f"{type(error).__name__}: {said[0] if said else ''}")[:KEEP]
            Path(task["target"]).unlink(missing_ok=True)
        say(name=task["name"], failure=failure)


@cache
def _known(family: str) -> Any:
    return sources(family)


def _done(converter: Converter | None, source: Source, given: Path, made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    if converter is None:
        write(source, made)
        return
    live = None
    if converter.live:
        live = source.made()
        if source.family == "keras":
            keras: Any = import_module("keras")

            live = keras.saving.load_model(given, compile=False)
    converter.convert(source, live, given, made)
    if not made.is_file():
        raise FileNotFoundError("the converter made no file")


def _versions(packages: tuple[str, ...]) -> str:
    found = []
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return ", ".join(found)


if __name__ == "__main__":
    main(sys.argv[1])
