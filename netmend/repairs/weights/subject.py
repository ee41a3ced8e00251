"""What is repaired by changing weights: a trained network, what must hold of it, and what it is judged by elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netmend.network.backends._base import Network
from netmend.repairs.weights.certify import Level
from netmend.repairs.weights.harm import LabelledInputs
from netmend.repairs.weights.methods._base import Limits
from netmend.repairs.weights.specification import Inputs, Specification


@dataclass(frozen=True, slots=True, eq=False)
class NetworkUnderRepair:
    """A network and its requirement.

    Attributes:
        path: its file. architecture: what built it, where the file holds weights only.
        specification: what must hold after. keep: what must go on to hold, such as earlier repairs.
        reference: unlabelled ordinary inputs: what the covariance norm weighs by, and where drift is looked at.
        clean: what the points of the specification were before they were corrupted, in the same order.
        held_out: inputs no repair may use; halved into those for choosing and those for the report.
        generalisation: inputs like those of the specification, only for the report.
        harm: largest loss on held-out inputs that is accepted, a fraction; None if nothing is limited.
        level: in which arithmetic the requirement must be shown.
    """

    path: Path
    network: Network
    specification: Specification
    keep: Specification | None = None
    reference: Inputs | None = None
    clean: Inputs | None = None
    held_out: LabelledInputs | None = None
    generalisation: LabelledInputs | None = None
    harm: float | None = None
    level: Level = Level.DEPLOYED
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    architecture: str = ""
