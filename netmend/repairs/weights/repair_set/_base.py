"""The shape of an analysis: what a repair set is like, before anything is solved.

The names of the values are stable; `netmend diagnose` shows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netmend.core.discover import contributions
from netmend.core.records import Finding
from netmend.network.backends._base import Network
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, Specification


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an analysis may look at.

    Attributes:
        slack: of each point beyond its margin, (N,). outputs: (N, C) of the unchanged network,
            as the requirement reads them.
        features: input of a layer at the points, (N, d), positions averaged. reference_features: the same for the
            reference inputs; None without any.
        width: how many numbers a feature vector really has, where d is fewer because it was turned; 0 if it is d.
        layer: the one whose features these are; None for the raw input.
        network: for what needs gradients or signs of units; None leaves that out. output: the tensor that the
            requirement reads; empty for the network's own output.
    """

    specification: Specification
    slack: Array
    outputs: Array
    features: Array
    reference_features: Array | None = None
    reference: Inputs | None = None
    held_out: Inputs | None = None
    layer: LinearLayer | None = None
    seed: int = 0
    network: Network | None = None
    output: str = ""
    width: int = 0

    @property
    def numbers(self) -> int:
        """Of a feature vector."""
        return self.width or self.features.shape[1]


@dataclass(frozen=True, slots=True)
class Measured:
    """What an analysis found: named numbers, and findings where one of them is worth a sentence.

    Attributes:
        skipped: what was left out because it would take too long or is not there, and why, by name of the value.
        points: recommended points or batches of them, by name, as indices into the specification.
    """

    values: Mapping[str, float]
    findings: tuple[Finding, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis.

    Attributes:
        measure: values and findings. needs: "reference" or nothing.
    """

    measure: Callable[[Look], Measured]
    needs: tuple[str, ...] = ()


def analyses() -> dict[str, Analysis]:
    """All analyses by name."""
    found = contributions("netmend.repairs.weights.repair_set", Analysis)
    return {name: each.value for name, each in found.items()}


def measured(look: Look) -> dict[str, Measured]:
    """What every analysis that can be made says."""
    have = {"reference"} if look.reference_features is not None else set()
    return {name: each.measure(look) for name, each in analyses().items() if set(each.needs) <= have}
