"""The options of `repair` and `diagnose` that are about a network and its conversion."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from netmend.cli.network_arguments import NETWORKS as WEIGHTS
from netmend.cli.network_arguments import Reading, is_saved_model, numbers, option, share
from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.repairs.conversion.given import Options
    from netmend.repairs.conversion.pictures import Preparation

PANEL = "For a converted network (SOURCE TARGET)"

NETWORKS = (*WEIGHTS, ".tflite", ".bin", ".ckpt")
"""Endings of networks; what can be read is for `netmend.network.load` to say."""


_option = partial(option, PANEL)


Inputs = Annotated[
    Path | None, _option("FILE|FOLDER", "What both sides are fed: npz, npy, or a folder of pictures. Default: random.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What is asked of a conversion repair, as it is written."""

    inputs: Inputs = None
    labels_of: Annotated[
        str | None, _option("top-K", "Labels must agree: top-1, top-5. Default: all numbers must.")
    ] = None
    at_least: Annotated[
        str, _option("SHARE", "Share of inputs whose labels must agree: less leaves room for quantisation.")
    ] = "100%"
    task: Annotated[
        str,
        _option("FILE:CALLABLE", "Metric that must not fall: takes outputs and names of inputs. The file is executed."),
    ] = ""
    tolerance: Annotated[
        str, _option("auto|VALUE", "Largest difference of numbers, or loss of the metric; auto derives it.")
    ] = "auto"
    match: Annotated[
        list[str] | None, _option("SOURCE=TARGET", "Names of an input or output that correspond; may be repeated.")
    ] = None
    target_architecture: Annotated[str, _option("FILE:CALLABLE", "As --architecture, for the target.")] = ""
    channels: Annotated[str, _option("rgb|bgr", "Order of the channels that the source takes.")] = "rgb"
    target_mean: Annotated[
        str | None, _option("A,B,C", "As --mean, where the target's pictures are prepared otherwise.")
    ] = None
    target_std: Annotated[str | None, _option("A,B,C", "As --std, for the target.")] = None
    target_channels: Annotated[str | None, _option("rgb|bgr", "As --channels, for the target.")] = None
    preprocessing: Annotated[
        str, _option("wrap|recipe", "Mend wrong preprocessing inside the network, or say only what to do.")
    ] = "wrap"
    quantisation: Annotated[
        str, _option("keep|undo", "Numbers stored with fewer digits are meant to be, or are to be the source's again.")
    ] = "keep"
    most: Annotated[int, _option("N", "Inputs that are read at most.")] = 256
    patience: Annotated[float, _option("SECONDS", "For explaining one stretch that is wrong.")] = 60

    def options(self, reading: Reading, seed: int) -> Options:
        """What it means.

        Raises:
            UsageError: one of them is not understood.
        """
        from netmend.repairs.conversion.given import Options
        from netmend.repairs.conversion.reading import FEWEST, How

        if self.preprocessing not in ("wrap", "recipe"):
            raise UsageError(f"--preprocessing {self.preprocessing} is not understood", hint="write wrap or recipe")
        if self.quantisation not in ("keep", "undo"):
            raise UsageError(f"--quantisation {self.quantisation} is not understood", hint="write keep or undo")
        if self.most < FEWEST:
            raise UsageError(f"--most {self.most} is too few", hint=f"at least {FEWEST} inputs are needed")
        return Options(
            inputs=self.inputs,
            how=How(_preparation(reading, self.channels), self._of_target(reading), self.most, seed),
            match=tuple(_pair(each) for each in self.match or ()),
            labels=None if self.labels_of is None else _top(self.labels_of),
            at_least=_share(self.at_least),
            task=self.task,
            tolerance=_tolerance(self.tolerance),
            architecture=reading.architecture,
            target_architecture=self.target_architecture,
            wrap=self.preprocessing == "wrap",
            keep=self.quantisation == "keep",
            seconds=self.patience,
        )

    def _of_target(self, reading: Reading) -> Preparation | None:
        """How the target's pictures are prepared; None if as the source's."""
        mean, std, channels = self.target_mean, self.target_std, self.target_channels
        if mean is None and std is None and channels is None:
            return None
        changed = replace(reading, mean=mean or reading.mean, std=std or reading.std)
        return _preparation(changed, channels or self.channels, "target-")


def is_network(path: Path) -> bool:
    """Whether a file is a network by its ending, or a folder one of TensorFlow."""
    return path.name.lower().endswith(NETWORKS) or is_saved_model(path)


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


def _preparation(reading: Reading, channels: str, prefix: str = "") -> Preparation:
    from netmend.repairs.conversion.pictures import Preparation

    if channels not in ("rgb", "bgr"):
        raise UsageError(f"--{prefix}channels {channels} is not understood", hint="write rgb or bgr")
    mean, std = numbers(f"--{prefix}mean", reading.mean), numbers(f"--{prefix}std", reading.std)
    return Preparation(mean, std, channels, reading.size)


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
    if share("--at-least", text, "97% or 0.97") == 0:
        raise UsageError(f"--at-least {text} requires nothing", hint="write 97% or 0.97")
    return share("--at-least", text, "97% or 0.97")


def _tolerance(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"--tolerance {text} is not understood", hint="write auto, or a number") from error
