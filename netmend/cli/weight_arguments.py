"""The options of `repair` and `diagnose` that are about a trained network and not about a training program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from netmend.cli.network_arguments import NETWORKS, PANEL, Reading, is_saved_model, numbers, option, share
from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.repairs.weights.given import Options

_option = partial(option, PANEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What is asked of a weight repair, as it is written."""

    repair_set: Annotated[
        Path | None,
        _option("FILE", "What must hold: inputs with labels, intervals, conditions; npz, csv, folder, vnnlib."),
    ] = None
    reference: Annotated[
        Path | None, _option("FILE", "Ordinary inputs whose answers should change as little as possible.")
    ] = None
    keep: Annotated[Path | None, _option("FILE", "Points that are right and must stay right.")] = None
    keep_certificate: Annotated[
        list[Path] | None, _option("FILE", "Earlier certificate that must stay valid; may be repeated.")
    ] = None
    held_out: Annotated[
        Path | None, _option("FILE", "Labelled inputs to measure harm on; half choose, half are reported.")
    ] = None
    generalisation: Annotated[
        Path | None, _option("FILE", "Unseen inputs like those of the repair set, for the report.")
    ] = None
    layer: Annotated[
        str, _option("auto|NAME|INDEX", "Layer to edit, or how to choose it; see: netmend explain shortlist.")
    ] = "auto"
    norm: Annotated[
        str, _option("NAME", "What is kept small: l2, covariance or l1-linf. Default: covariance, if it can.")
    ] = "auto"
    method: Annotated[str, _option("NAME", "How a change is found; see: netmend explain linearise-solve-verify.")] = (
        "linearise-solve-verify"
    )
    margin: Annotated[
        float | None, _option("VALUE", "By how much it must hold, in units of the outputs. Default: 0.001.")
    ] = None
    precision: Annotated[str, _option("float64|deployed|exact", "In which arithmetic it must be shown.")] = "deployed"
    harm: Annotated[str | None, _option("SHARE", "Largest loss on held-out inputs that is accepted: 1%.")] = None
    time_limit: Annotated[str | None, _option("AMOUNT", "Of the whole repair: 90s, 10m or 1h.")] = None
    memory_limit: Annotated[float, _option("GIB", "Of one layer's repair, estimated before it starts.")] = 8

    def options(self, reading: Reading, seed: int) -> Options:
        """What it means.

        Raises:
            UsageError: one of them is not understood.
        """
        from netmend.repairs.weights.certify import Level
        from netmend.repairs.weights.given import NO_LIMIT, Options
        from netmend.repairs.weights.reading._base import Images

        assert self.repair_set is not None, "a network without one is refused before"
        if self.precision not in [level.value for level in Level]:
            raise UsageError(f"--precision {self.precision} is not understood", hint="write float64, deployed or exact")
        return Options(
            repair_set=self.repair_set,
            reference=self.reference,
            keep=self.keep,
            held_out=self.held_out,
            generalisation=self.generalisation,
            keep_certificates=tuple(self.keep_certificate or ()),
            layer=self.layer,
            norm=self.norm,
            method=self.method,
            margin=self.margin,
            level=Level(self.precision),
            harm=None if self.harm is None else share("--harm", self.harm, "1% or 0.01"),
            seconds=NO_LIMIT if self.time_limit is None else _seconds(self.time_limit),
            memory=self.memory_limit * 2**30,
            architecture=reading.architecture,
            seed=seed,
            images=Images(numbers("--mean", reading.mean), numbers("--std", reading.std), reading.size),
        )


def is_network(path: Path, repair_set: Path | None) -> bool:
    """Whether a trained network is meant: by a repair set, or by the ending of the file.

    Raises:
        UsageError: a network without a repair set, or a program with one.
    """
    network = path.name.lower().endswith(NETWORKS) or is_saved_model(path)
    if network and repair_set is None:
        hint = "say what must hold with --repair-set: an npz file with inputs x and labels y, for example"
        raise UsageError(f"{path.name} is a trained network, and nothing is required of it", hint=hint)
    if repair_set is not None and path.suffix in (".py", ".ipynb"):
        raise UsageError(f"{path.name} is a program; --repair-set goes with a trained network", hint="leave it out")
    return repair_set is not None


def _seconds(text: str) -> float:
    from netmend.core.budget import Budget

    budget = Budget.parse(text)
    if budget.kind != "seconds":
        raise UsageError(f"--time-limit {text} is not understood", hint="write 90s, 10m or 1h")
    return budget.amount
