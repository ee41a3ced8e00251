"""A parameter of a mutation that is searched: from the original value, which changes nothing, to the extreme.

The search is DeepCrime's (Humbatova, Jahangirova and Tonella, ISSTA 2021): the extreme first; if it is
killed, bisect between original and extreme until the interval is no wider than the precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The values between original and extreme.

    Attributes:
        original: value of the unmutated program. extreme: the strongest mutation.
        precision: width of the interval at which bisecting stops; a ratio if `log`.
        log: steps are ratios. whole: values are integers.
    """

    original: float
    extreme: float
    precision: float
    log: bool = False
    whole: bool = False

    def middle(self, alive: float, killed: float) -> float | None:
        """The value half-way between a surviving and a killed one; None if they are close enough."""
        wide = max(alive, killed) / min(alive, killed) if self.log else abs(killed - alive)
        if wide <= self.precision:
            return None
        found = math.sqrt(alive * killed) if self.log else (alive + killed) / 2
        return self._rounded(found)

    def ladder(self) -> tuple[float, ...]:
        """Values that stand for the scale where nothing is run: the extreme, and three between it and the original.

        Quarters of the way, an own choice.
        """
        quarters = [self.extreme]
        for share in (0.75, 0.5, 0.25):
            if self.log:
                value = self.original * (self.extreme / self.original) ** share
            else:
                value = self.original + (self.extreme - self.original) * share
            quarters.append(self._rounded(value))
        return tuple(value for value in dict.fromkeys(quarters) if value != self.original)

    def _rounded(self, value: float) -> float:
        """A whole number, or one of three digits, as a person would write it."""
        return round(value) if self.whole else float(f"{value:.3g}")


def bisect(scale: Scale, is_killed: Callable[[float], bool]) -> Iterator[tuple[float, bool]]:
    """Every value tried and whether it was killed, the extreme first; the last killed one is the mildest.

    Exact only if what is killed stays killed further towards the extreme, as the paper assumes.
    """
    killed = scale.extreme
    dead = is_killed(killed)
    yield killed, dead
    if not dead:
        return
    alive = scale.original
    while (value := scale.middle(alive, killed)) is not None and value not in (alive, killed):
        dead = is_killed(value)
        yield value, dead
        alive, killed = (alive, value) if dead else (value, killed)
