"""What is repaired here: a network and its conversion, what both are fed, and what must hold of their answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netmend.network.backends._base import Network
from netmend.network.graph import Signature
from netmend.repairs.conversion.feeding import PairInputs
from netmend.repairs.conversion.requirement._base import Requirement


@dataclass(frozen=True, slots=True, eq=False)
class ConvertedPair:
    """A source and the target that was made of it.

    Attributes:
        paths: of the source and of the target. source, target: as they were read.
        outputs: pairs that must agree, the source's first.
        inputs: rows from which everything is found out and chosen. held_out: rows that only the report looks at.
        requirement: what must hold. architecture: what builds the target, where its file holds weights alone.
        wrap: preprocessing that is wrong may be mended inside the network.
        keep: numbers that are stored with fewer digits are meant to be, and are no fault.
    """

    paths: tuple[Path, Path]
    source: Network
    target: Network
    outputs: tuple[tuple[Signature, Signature], ...]
    inputs: PairInputs
    held_out: PairInputs
    requirement: Requirement
    architecture: str = ""
    wrap: bool = True
    keep: bool = True
