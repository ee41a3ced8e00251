"""What the options about trained networks share, whether one is given or two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from netmend.core.errors import UsageError

PANEL = "For a trained network (with --repair-set)"

NETWORKS = (".onnx", ".pt2", ".pt", ".pth", ".th", ".safetensors", ".keras", ".h5", ".hdf5")
"""Endings that are never those of a program; what can be read is for `netmend.network.load` to say."""


def option(panel: str, metavar: str, text: str) -> Any:
    """An option in a panel of the help."""
    return typer.Option(metavar=metavar, help=text, rich_help_panel=panel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a network and the pictures that it takes are read."""

    architecture: Annotated[
        str,
        option(PANEL, "FILE:CALLABLE", "What builds the module, for a file of weights alone. The file is executed."),
    ] = ""
    mean: Annotated[str, option(PANEL, "A,B,C", "Mean of pictures' channels, of pixels in [0, 1].")] = "0"
    std: Annotated[str, option(PANEL, "A,B,C", "Standard deviation of pictures' channels.")] = "1"
    size: Annotated[int | None, option(PANEL, "PIXELS", "Width and height of pictures.")] = None


def share(name: str, text: str, example: str) -> float:
    """A share in [0, 1], written as such or in percent.

    Raises:
        UsageError: it is none; `example` is the hint.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    read = float("nan") if found is None else float(found[1]) / (100 if found[2] else 1)
    if not 0 <= read <= 1:
        raise UsageError(f"{name} {text} is not understood", hint=f"write {example}")
    return read


def numbers(name: str, text: str) -> tuple[float, ...]:
    """One number, or one for each channel.

    Raises:
        UsageError: it is something else.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        hint = "write one number, or one for each channel"
        raise UsageError(f"{name} {text} is not understood", hint=hint) from error


def is_saved_model(path: Path) -> bool:
    """As `netmend.network.load.is_saved_model`, which the command line does not import: it loads slowly."""
    return (path / "saved_model.pb").is_file()
