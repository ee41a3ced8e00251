"""The shape of a converter: which formats it joins, what it needs, and how it is driven. One file per converter."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.network.backends._base import EXTRAS, Network

PATIENCE = 1800
"""Seconds that a converter in a process of its own may take: onnx2tf needs 200 for EfficientNet-Lite0 on a busy machine
(own measurement), and is given nine times that."""


class ConversionFailed(UsageError):
    """A converter did not convert a network; the message is its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One conversion.

    Attributes:
        source: file. network: what it holds. target: where the result goes.
        opset: of ONNX files that are made; None for the converter's own choice.
        python: interpreter of the environment in which a converter lives that has one of its own.
    """

    source: Path
    network: Network
    target: Path
    opset: int | None = None
    python: Path = Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Converter:
    """One converter.

    Attributes:
        takes: format of sources, as `Network.format` names it. makes: ending of targets.
        rank: order in which they are tried where none is named; the maintained default of its project comes first.
        convert: writes the target or raises ConversionFailed or EnvironmentFault.
    """

    takes: str
    makes: str
    rank: int
    convert: Callable[[Asked], None]


def needed(package: str) -> Any:
    """A package of this environment.

    Raises:
        EnvironmentFault: it is not installed.
    """
    if importlib.util.find_spec(package) is None:
        wanted = f'"netmend[{EXTRAS[package]}]"' if package in EXTRAS else package
        raise EnvironmentFault(f"the converter needs the package {package}", hint=f"pip install {wanted}")
    return importlib.import_module(package)


def lives_there(asked: Asked, package: str, what: str) -> None:
    """Look for a package in the environment that was named for a conversion.

    Raises:
        EnvironmentFault: it is not installed there.
    """
    known = subprocess.run(
        [asked.python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"],
        check=False,
        capture_output=True,
    )
    if known.returncode:
        raise EnvironmentFault(
            f"{what} needs the package {package}, which {asked.python} does not have",
            hint=f"pip install {package}, there or elsewhere, and name that interpreter with --python",
        )


def first_line(error: BaseException) -> str:
    """What a converter says when it fails."""
    cause = error.__cause__ or error
    lines = [line for line in str(cause).splitlines() if line.strip()]
    return f"{type(cause).__name__}: {lines[0].strip() if lines else ''}"


def ran(command: list[str], target: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run a converter in a process of its own.

    Raises:
        ConversionFailed: it failed, took too long or made no file.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConversionFailed(f"{Path(command[0]).name} was not done after {PATIENCE} seconds") from error
    if done.returncode or not target.is_file():
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise ConversionFailed(f"the converter failed: {said[-1].strip() if said else f'status {done.returncode}'}")
