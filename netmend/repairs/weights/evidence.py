"""What a trial of a changed network showed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.core.records import Draw
from netmend.repairs.weights.certify import Checked
from netmend.repairs.weights.harm import Harm
from netmend.repairs.weights.requirements._base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The points of the specification, those to keep, and the cost on held-out inputs.

    Attributes:
        draw: its purpose says which half of the held-out inputs was looked at.
        kept: of the points to keep; None if there are none. harm: None without held-out inputs.
        generalisation: the same on inputs like those of the specification; None if not given, or not to be looked at.
    """

    draw: Draw
    checked: Checked
    kept: Checked | None = None
    harm: Harm | None = None
    generalisation: Harm | None = None

    @property
    def proved(self) -> Array:
        """Points to mend and to keep at which everything asked for is shown, (N,)."""
        return self._both("holds")

    @property
    def shown(self) -> Array:
        """Points with their slack by evaluation and in the network's own runtime, error bounds left aside, (N,)."""
        return self._both("evaluated")

    def _both(self, what: str) -> Array:
        parts = [getattr(part, what) for part in (self.checked, self.kept) if part is not None]
        return np.concatenate(parts)
