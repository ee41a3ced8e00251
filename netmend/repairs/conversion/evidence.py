"""What a trial of an edited target showed."""

from __future__ import annotations

from dataclasses import dataclass

from netmend.core.records import Draw
from netmend.repairs.conversion.requirement._base import Agreement


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The target's answers in its own runtime beside the source's.

    Attributes:
        draw: its purpose says which rows were looked at.
        agreement: by the requirement; None if the target could not be written or does not run, as `failure` says.
        numbers: by the tensors' tolerance, whatever the requirement is; None likewise.
        mends: how many segments that are wrong on right inputs are mended.
    """

    draw: Draw
    agreement: Agreement | None
    numbers: Agreement | None
    failure: str = ""
    mends: int = 0
