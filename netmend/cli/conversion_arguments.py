"""The options of `repair` and `diagnose` that are about a network and its conversion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netmend.cli.weight_arguments import NETWORKS as WEIGHTS
from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.repairs.conversion.given import Options
    from netmend.repairs.conversion.pictures import Preparation

PANEL = "For a converted network (SOURCE TARGET)"

SAVED_MODEL = "saved_model.pb"
"""As `netmend.network.load.SAVED_MODEL`, which the command line does not import."""

NETWORKS = (*WEIGHTS, ".tflite", ".bin", ".ckpt")
"""Endings of networks; what can be read is for `netmend.network.load` to say."""


def _option(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=PANEL)


Inputs = Annotated[
    Path | None, _option("FILE|FOLDER", "What both sides are fed: npz, npy, or a folder of pictures. Default: random.")
]
LabelsOf = Annotated[str | None, _option("top-K", "Labels must agree: top-1, top-5. Default: all numbers must.")]
AtLeast = Annotated[
    str, _option("SHARE", "Share of inputs whose labels must agree: less leaves room for quantisation.")
]
Task = Annotated[
    str, _option("FILE:CALLABLE", "Metric that must not fall: takes outputs and names of inputs. The file is executed.")
]
Tolerance = Annotated[
    str, _option("auto|VALUE", "Largest difference of numbers, or loss of the metric; auto derives it.")
]
Match = Annotated[
    list[str] | None, _option("SOURCE=TARGET", "Names of an input or output that correspond; may be repeated.")
]
TargetArchitecture = Annotated[str, _option("FILE:CALLABLE", "As --architecture, for the target.")]
Channels = Annotated[str, _option("rgb|bgr", "Order of the channels that the source takes.")]
TargetMean = Annotated[str | None, _option("A,B,C", "As --mean, where the target's pictures are prepared otherwise.")]
TargetStd = Annotated[str | None, _option("A,B,C", "As --std, for the target.")]
TargetChannels = Annotated[str | None, _option("rgb|bgr", "As --channels, for the target.")]
Preprocessing = Annotated[
    str, _option("wrap|recipe", "Mend wrong preprocessing inside the network, or say only what to do.")
]
Quantisation = Annotated[
    str, _option("keep|undo", "Numbers stored with fewer digits are meant to be, or are to be the source's again.")
]
Most = Annotated[int, _option("N", "Inputs that are read at most.")]
Patience = Annotated[float, _option("SECONDS", "For explaining one stretch that is wrong.")]


def is_network(path: Path) -> bool:
    """Whether a file is a network by its ending, or a folder one of TensorFlow."""
    return path.name.lower().endswith(NETWORKS) or (path / SAVED_MODEL).is_file()


def conversion_of(path: Path, arguments: list[str] | None, repair_set: Path | None) -> tuple[Path, Path] | None:
    """Source and target, where two networks are given; None for everything else.

    Raises:
        UsageError: more than two, or a repair set besides.
    """
    if not is_network(path) or not arguments:
        return None
    others = [Path(each) for each in arguments]
    if len(others) > 1 or not is_network(others[0]):
        hint = "netmend repair SOURCE TARGET takes two networks"
        raise UsageError(f"{' '.join(arguments)} is not understood beside {path.name}", hint=hint)
    if repair_set is not None:
        hint = "give one network with --repair-set, or two without"
        raise UsageError("--repair-set is about one network, and two are given", hint=hint)
    return path, others[0]


def options(
    inputs: Path | None,
    labels_of: str | None,
    at_least: str,
    task: str,
    tolerance: str,
    match: list[str] | None,
    architecture: str,
    target_architecture: str,
    mean: str,
    std: str,
    channels: str,
    size: int | None,
    target_mean: str | None,
    target_std: str | None,
    target_channels: str | None,
    preprocessing: str,
    most: int,
    patience: float,
    seed: int,
    quantisation: str = "keep",
) -> Options:
    """The options of a conversion repair.

    Raises:
        UsageError: one of them is not understood.
    """
    from netmend.repairs.conversion.given import Options
    from netmend.repairs.conversion.reading import FEWEST, How

    if preprocessing not in ("wrap", "recipe"):
        raise UsageError(f"--preprocessing {preprocessing} is not understood", hint="write wrap or recipe")
    if quantisation not in ("keep", "undo"):
        raise UsageError(f"--quantisation {quantisation} is not understood", hint="write keep or undo")
    if most < FEWEST:
        raise UsageError(f"--most {most} is too few", hint=f"at least {FEWEST} inputs are needed")
    target = None
    if target_mean is not None or target_std is not None or target_channels is not None:
        target = _preparation(target_mean or mean, target_std or std, target_channels or channels, size, "target-")
    return Options(
        inputs=inputs,
        how=How(_preparation(mean, std, channels, size, ""), target, most, seed),
        match=tuple(_pair(each) for each in match or ()),
        labels=None if labels_of is None else _top(labels_of),
        at_least=_share(at_least),
        task=task,
        tolerance=_tolerance(tolerance),
        architecture=architecture,
        target_architecture=target_architecture,
        wrap=preprocessing == "wrap",
        keep=quantisation == "keep",
        seconds=patience,
    )


def _preparation(mean: str, std: str, channels: str, size: int | None, prefix: str) -> Preparation:
    from netmend.repairs.conversion.pictures import Preparation

    if channels not in ("rgb", "bgr"):
        raise UsageError(f"--{prefix}channels {channels} is not understood", hint="write rgb or bgr")
    return Preparation(_numbers(f"--{prefix}mean", mean), _numbers(f"--{prefix}std", std), channels, size)


def _pair(text: str) -> tuple[str, str]:
    one, sign, other = text.partition("=")
    if not sign or not one or not other:
        raise UsageError(f"--match {text} is not understood", hint="write --match SOURCE=TARGET")
    return one, other


def _top(text: str) -> int:
    found = re.fullmatch(r"top-?([1-9]\d*)", text)
    if found is None:
        raise UsageError(f"--labels-of {text} is not understood", hint="write top-1 or top-5")
    return int(found[1])


def _share(text: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    share = float("nan") if found is None else float(found[1]) / (100 if found[2] else 1)
    if not 0 < share <= 1:
        raise UsageError(f"--at-least {text} is not understood", hint="write 97% or 0.97")
    return share


def _tolerance(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"--tolerance {text} is not understood", hint="write auto, or a number") from error


def _numbers(name: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        hint = "write one number, or one for each channel"
        raise UsageError(f"{name} {text} is not understood", hint=hint) from error
