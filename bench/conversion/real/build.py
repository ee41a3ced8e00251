"""Builds the pairs: sources, what each converter makes of them, and whether that is right in its own runtime."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.architecture.results import Row, append, read
from bench.conversion.real.converters import CONVERTERS
from bench.conversion.real.sources import ENDINGS, sources

TABLE = Path(__file__).parent / "conversions.csv"
PATIENCE = 300
"""Seconds for one network of a few operators, after which a converter is taken to hang (own choice)."""

FROM_TORCH = ("torch-onnx-traced-17",)
"""Whose results are sources of the converters that take ONNX."""


def build(names: Sequence[str], work: Path, python: str, cases: Sequence[str] = ()) -> None:
    """Convert whatever has no row in the table yet, and judge it.

    Args:
        names: of converters. work: folder of all files. python: interpreter with the converters.
        cases: only these networks, as FAMILY/NAME.
    """
    done = {(row["converter"], row["network"]) for row in read(TABLE)}
    for name in names:
        tasks = [
            each for each in _tasks(name, work) if (name, each["name"]) not in done and _wanted(each["name"], cases)
        ]
        version, failures = "", {}
        for answer in _answers([python, "-m", "bench.conversion.real.worker", name], tasks):
            version = answer.get("versions", version)
            if "failure" in answer:
                failures[answer["name"]] = answer["failure"]
        # A worker knows networks by the name in their family: two families may share one.
        made = [each for each in tasks if not failures.get(each["name"], "not tried")]
        outcomes = {
            answer["name"]: answer
            for answer in _answers([sys.executable, "-m", "bench.conversion.real.judge"], made)
            if "outcome" in answer or "failure" in answer
        }
        for task in tasks:
            key = task["name"]
            judged = outcomes.get(key, {})
            failed = failures.get(key, "not tried")
            append(TABLE, {
                "converter": name, "network": key, "versions": version,
                "outcome": "fails" if failed else judged.get("outcome", "does not run"),
                "difference": failed or judged.get("difference", judged.get("failure", "")),
                "source": str(Path(task["source"]).relative_to(work)),
                "target": str(Path(task["target"]).relative_to(work)),
            })  # fmt: skip
        print(name, _counted([row["outcome"] for row in read(TABLE) if row["converter"] == name]), flush=True)


def write_sources(work: Path, families: Sequence[str] = ("torch", "keras", "onnx")) -> None:
    """Write the files that are converted, where they are not there yet."""
    for family in families:
        tasks = [
            {"family": family, "name": f"{family}/{name}", "source": "", "target": str(path)}
            for name in sources(family)
            if not (path := work / "sources" / family / f"{name}{ENDINGS[family]}").exists()
        ]
        for answer in _answers([sys.executable, "-m", "bench.conversion.real.worker", "source"], tasks):
            if answer.get("failure"):
                print(f"{answer['name']} cannot be written: {answer['failure']}", flush=True)


def _tasks(name: str, work: Path) -> Iterator[dict[str, str]]:
    converter = CONVERTERS[name]
    for family, key, given in _given(converter.takes, work):
        made = work / "made" / name / f"{key.replace('/', '-')}{converter.makes}"
        yield {"family": family, "name": key, "source": str(given), "target": str(made)}


def _given(takes: str, work: Path) -> Iterator[tuple[str, str, Path]]:
    """Family and name of networks, with the file that is converted."""
    if takes != "tflite":
        for path in sorted((work / "sources" / takes).iterdir()):
            yield takes, f"{takes}/{path.stem}", path
    befores = {"onnx": FROM_TORCH, "tflite": ("keras-tflite",)}.get(takes, ())
    for before in befores:
        for row in read(TABLE):
            if row["converter"] == before and row["outcome"] == "right":
                yield row["network"].partition("/")[0], row["network"], work / row["target"]


def _wanted(name: str, cases: Sequence[str]) -> bool:
    return not cases or name in cases


def _answers(command: Sequence[str], tasks: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """What a worker says; one that dies or hangs is begun again behind the task that it was at."""
    left = list(tasks)
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path.cwd()),
        "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}",
    }
    while left:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("".join(json.dumps(each) + "\n" for each in left))
        process.stdin.close()
        at, hung = None, False
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not waiting.select(PATIENCE):
                    hung = True
                    process.kill()
                    break
                line = process.stdout.readline()
                if not line:
                    break
                answer = json.loads(line)
                if "begins" in answer:
                    at = answer["begins"]
                else:
                    yield answer
                    if "name" in answer:
                        left, at = [each for each in left if each["name"] != answer["name"]], None
        process.wait()
        if at is None and not hung and left:
            at = left[0]["name"]
        if at is not None:
            yield {"name": at, "failure": "it hangs" if hung else f"its process ends with status {process.returncode}"}
            left = [each for each in left if each["name"] != at]


def _counted(outcomes: Sequence[str]) -> Row:
    return {each: str(outcomes.count(each)) for each in sorted(set(outcomes))}
