"""Fixed-point numbers of any length as rows of float64 limbs, on which matrix products make no rounding error.

A limb is an integer of some 20 bits. Products of limbs and sums of these stay below 2^53, so torch computes them
exactly; then carries are passed on. Limbs lie along a first axis, the lowest first. Each is signed and at most half the
base, so that the sign of a number is that of its highest limb, and no two limbs of it cancel.

References: Ozaki, Ogita, Oishi, Rump, Error-free transformations of matrix multiplication, Numerical Algorithms 59,
2012 (products of slices without rounding); Knuth, The Art of Computer Programming, volume 2, section 4.3.1 (carries,
long division).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, log2
from typing import TYPE_CHECKING

from netmend.core.errors import NoErrorBound

if TYPE_CHECKING:
    from torch import Tensor

WHOLE = 3
"""Most limbs before the point: numbers up to about 2^57."""

MOST_LIMBS = 16
"""Limbs of a weight for which sums are sized: float32 weights down to 1e-30 have no more. More are refused."""


@dataclass(frozen=True, slots=True)
class Point:
    """How numbers are held.

    Attributes:
        width: bits of a limb. below, whole: limbs after and before the point. terms: most terms of a sum of products.
    """

    width: int
    below: int
    terms: int
    whole: int = WHOLE

    @classmethod
    def of(cls, bits: int, terms: int, whole: int = WHOLE) -> Point:
        """At least so many bits after the point, where sums have at most so many terms."""
        width = (52 - ceil(log2(max(1, terms) * MOST_LIMBS))) // 2
        return cls(width, ceil(bits / width), max(1, terms), whole)

    @property
    def unit(self) -> float:
        """The smallest positive number: what is cut off is less."""
        return 2.0 ** (-self.width * self.below)

    def limbs(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Limbs of float64 numbers, and what is cut off."""
        parts, rest = self._slices(value, self.below, self.whole)
        return self.carried(parts), rest

    def of_fractions(self, values: Sequence[Fraction], below: int | None = None) -> Tensor:
        """Limbs of rational numbers, cut off."""
        import torch

        below = self.below if below is None else below
        wholes = [int(value * 2 ** (self.width * below) // 1) for value in values]
        rows = [[whole >> (self.width * place) for whole in wholes] for place in range(below + self.whole)]
        lower = [[float(each % 2**self.width) for each in row] for row in rows[:-1]]
        return torch.tensor([*lower, [float(each) for each in rows[-1]]], dtype=torch.float64)

    def carried(self, levels: Tensor, dropped: int = 0) -> Tensor:
        """Limbs from sums of limbs, which are used up: carries passed on, the lowest dropped, the highest put together.

        Raises:
            NoErrorBound: a number is too large.
        """
        import torch

        base, rows, kept = 2.0**self.width, list(levels), dropped + self.below + self.whole
        for row, above in pairwise(rows):
            # In place, because the time goes into reading and writing memory.
            carry = torch.add(row, base / 2).mul_(1 / base).floor_()
            row.sub_(carry, alpha=base)
            above.add_(carry)
        top = rows[kept - 1]
        for place in range(kept, len(rows)):
            top.add_(rows[place], alpha=base ** (place - kept + 1))
        if bool((top.abs() >= base).any()):
            raise NoErrorBound("a number of the network is too large for fixed-point arithmetic")
        return levels[dropped:kept]

    def rounded(self, limbs: Tensor) -> Tensor:
        """Float64 numbers, right to a few units in the last place, with the right sign."""
        total = limbs[0] * self.unit
        for place, part in enumerate(limbs[1:], start=1):
            total.add_(part, alpha=2.0 ** (self.width * (place - self.below)))
        return total

    def at_least(self, left: Tensor, right: Tensor) -> Tensor:
        """Where left >= right."""
        return self.rounded(self.carried(left - right)) >= 0

    def times(self, limbs: Tensor, factor: Tensor, apply: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Sums of products with float64 numbers, of which no digit is cut off.

        Args:
            apply: the bilinear operation, on a tensor whose first axis is the batch and on the factor.
        """
        below = 0
        parts, rest = self._slices(factor, below, WHOLE)
        while bool((rest != 0).any()):
            below += 1
            parts, rest = self._slices(factor, below, WHOLE)
        while len(parts) > below + self.whole and not bool(parts[-1].any()):
            parts = parts[:-1]
        return self.times_limbs(limbs, parts, below, self.terms, apply)

    def times_limbs(
        self, limbs: Tensor, parts: Tensor, below: int, terms: int, apply: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Sums of so many products with numbers that have so many limbs after the point; otherwise as `times`.

        Raises:
            NoErrorBound: a factor is too large, or too many limbs of it would meet in one sum.
        """
        used = sum(bool(part.any()) for part in parts)
        if used * terms > self.terms * MOST_LIMBS or bool((parts.abs() >= 2.0**self.width).any()):
            raise NoErrorBound("factors of the network are too far apart in size for fixed-point arithmetic")
        levels: Tensor | None = None
        for place, part in enumerate(parts):
            if levels is not None and not bool(part.any()):
                continue
            # All limbs of the tensor go through as one long batch.
            product = apply(limbs.flatten(0, 1), part)
            product = product.reshape(len(limbs), -1, *product.shape[1:])
            if levels is None:
                levels = product.new_zeros(len(limbs) + len(parts) - 1, *product.shape[1:])
            levels[place : place + len(limbs)].add_(product)
        assert levels is not None
        return self.carried(levels, below)

    def divided(self, limbs: Tensor, count: int) -> Tensor:
        """A quotient by a positive integer below 2^30, cut off: long division from the top."""
        import torch

        base, rest, parts = 2.0**self.width, torch.zeros_like(limbs[0]), []
        for part in reversed(limbs):
            whole = rest * base + part
            quotient = torch.floor(whole / count)
            # Where float64 rounded a quotient up to the next integer, the rest is negative.
            quotient = quotient - (whole - quotient * count < 0).double()
            parts.append(quotient)
            rest = whole - quotient * count
        return self.carried(torch.stack(parts[::-1]))

    def _slices(self, value: Tensor, below: int, whole: int) -> tuple[Tensor, Tensor]:
        """Slices of magnitudes, each with the number's sign, which is exact in float64; and what is left."""
        import torch

        rest, parts = value.abs(), []
        for place in reversed(range(-below, whole)):
            unit = 2.0 ** (self.width * place)
            parts.append(torch.floor(rest / unit))
            rest = rest - parts[-1] * unit
        sign = torch.sign(value)
        return torch.stack(parts[::-1]) * sign, rest * sign
