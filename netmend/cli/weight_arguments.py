"""The options of `repair` and `diagnose` that are about a trained network and not about a training program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.repairs.weights.given import Options

PANEL = "For a trained network (with --repair-set)"

NETWORKS = (".onnx", ".pt2", ".pt", ".pth", ".th", ".safetensors", ".keras", ".h5", ".hdf5")
"""Endings that are never those of a program; what can be read is for `netmend.network.load` to say."""


def _option(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=PANEL)


RepairSet = Annotated[
    Path | None, _option("FILE", "What must hold: inputs with labels, intervals, conditions; npz, csv, folder, vnnlib.")
]
Reference = Annotated[
    Path | None, _option("FILE", "Ordinary inputs whose answers should change as little as possible.")
]
Keep = Annotated[Path | None, _option("FILE", "Points that are right and must stay right.")]
KeepCertificate = Annotated[
    list[Path] | None, _option("FILE", "Earlier certificate that must stay valid; may be repeated.")
]
HeldOut = Annotated[Path | None, _option("FILE", "Labelled inputs to measure harm on; half choose, half are reported.")]
Generalisation = Annotated[Path | None, _option("FILE", "Unseen inputs like those of the repair set, for the report.")]
Layer = Annotated[
    str, _option("auto|NAME|INDEX", "Layer to edit, or how to choose it; see: netmend explain shortlist.")
]
Norm = Annotated[str, _option("NAME", "What is kept small: l2, covariance or l1-linf. Default: covariance, if it can.")]
Method = Annotated[str, _option("NAME", "How a change is found; see: netmend explain linearise-solve-verify.")]
Margin = Annotated[float | None, _option("VALUE", "By how much it must hold, in units of the outputs. Default: 0.001.")]
Precision = Annotated[str, _option("float64|deployed|exact", "In which arithmetic it must be shown.")]
Harm = Annotated[str | None, _option("SHARE", "Largest loss on held-out inputs that is accepted: 1%.")]
TimeLimit = Annotated[str | None, _option("AMOUNT", "Of the whole repair: 90s, 10m or 1h.")]
MemoryLimit = Annotated[float, _option("GIB", "Of one layer's repair, estimated before it starts.")]
Architecture = Annotated[
    str, _option("FILE:CALLABLE", "What builds the module, for a file of weights alone. The file is executed.")
]
Mean = Annotated[str, _option("A,B,C", "Mean of pictures' channels, of pixels in [0, 1].")]
Std = Annotated[str, _option("A,B,C", "Standard deviation of pictures' channels.")]
Size = Annotated[int | None, _option("PIXELS", "Width and height of pictures.")]


def is_network(path: Path, repair_set: Path | None) -> bool:
    """Whether a trained network is meant: by a repair set, or by the ending of the file.

    Raises:
        UsageError: a network without a repair set, or a program with one.
    """
    network = path.name.lower().endswith(NETWORKS)
    if network and repair_set is None:
        hint = "say what must hold with --repair-set: an npz file with inputs x and labels y, for example"
        raise UsageError(f"{path.name} is a trained network, and nothing is required of it", hint=hint)
    if repair_set is not None and path.suffix in (".py", ".ipynb"):
        raise UsageError(f"{path.name} is a program; --repair-set goes with a trained network", hint="leave it out")
    return repair_set is not None


def options(
    repair_set: Path,
    reference: Path | None,
    keep: Path | None,
    keep_certificate: list[Path] | None,
    held_out: Path | None,
    generalisation: Path | None,
    layer: str,
    norm: str,
    method: str,
    margin: float | None,
    precision: str,
    harm: str | None,
    time_limit: str | None,
    memory_limit: float,
    architecture: str,
    mean: str,
    std: str,
    size: int | None,
    seed: int,
) -> Options:
    """The options of a weight repair.

    Raises:
        UsageError: one of them is not understood.
    """
    from netmend.repairs.weights.certify import Level
    from netmend.repairs.weights.given import NO_LIMIT, Options
    from netmend.repairs.weights.reading._base import Images

    if precision not in [level.value for level in Level]:
        raise UsageError(f"--precision {precision} is not understood", hint="write float64, deployed or exact")
    return Options(
        repair_set=repair_set,
        reference=reference,
        keep=keep,
        held_out=held_out,
        generalisation=generalisation,
        keep_certificates=tuple(keep_certificate or ()),
        layer=layer,
        norm=norm,
        method=method,
        margin=margin,
        level=Level(precision),
        harm=None if harm is None else _share(harm),
        seconds=NO_LIMIT if time_limit is None else _seconds(time_limit),
        memory=memory_limit * 2**30,
        architecture=architecture,
        seed=seed,
        images=Images(_numbers("--mean", mean), _numbers("--std", std), size),
    )


def _share(text: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    share = float("nan") if match is None else float(match[1]) / (100 if match[2] else 1)
    if not 0 <= share <= 1:
        raise UsageError(f"--harm {text} is not understood", hint="write 1% or 0.01")
    return share


def _seconds(text: str) -> float:
    from netmend.core.budget import Budget

    budget = Budget.parse(text)
    if budget.kind != "seconds":
        raise UsageError(f"--time-limit {text} is not understood", hint="write 90s, 10m or 1h")
    return budget.amount


def _numbers(name: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"{name} {text} is not understood", hint="write one number, or one for each channel"
        ) from error
