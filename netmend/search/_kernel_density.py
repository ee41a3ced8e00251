"""A density over a box of numbers and choices, from a few of its points.

A product of kernels around each point: for a number a normal kernel cut off at the ends of [0, 1], for a choice the
kernel of Aitchison & Aitken (Biometrika 63, 1976), which keeps the choice with 1 - h and spreads h over the others.
Bandwidths follow the normal reference rule (Scott, Multivariate Density Estimation, 1992, section 6.3; the factor 1.06
is that of one dimension, Silverman, Density Estimation, 1986, eq. 3.28, as in the code of Falkner et al., ICML 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmend.search._rows import Array

SMALLEST_BANDWIDTH = 1e-3
"""So that points which all agree in a coordinate do not fix it for ever: the default of hpbandster 0.7.4."""


class KernelDensity:
    """A density from points.

    Args:
        rows: one point in each row; numbers in [0, 1], choices as indices.
        choices: how many choices each coordinate has; 0 for a number.
    """

    def __init__(self, rows: Array, choices: Sequence[int]) -> None:
        self._rows = rows
        self._choices = np.array(choices)
        shrink = 1.06 * len(rows) ** (-1 / (4 + len(choices)))
        bandwidths = np.maximum(shrink * self._spread(), SMALLEST_BANDWIDTH)
        count = np.maximum(self._choices, 1)
        # Beyond this a kernel would prefer the choices that were not seen to the one that was.
        even = np.where(self._choices > 0, (count - 1) / count, np.inf)
        self.bandwidths = np.minimum(bandwidths, even)

    def log_density(self, rows: Array) -> Array:
        """Logarithm of the density at each row."""
        from scipy.special import logsumexp, ndtr

        kernels = np.zeros((len(rows), len(self._rows)))
        for column, (width, count) in enumerate(zip(self.bandwidths, self._choices, strict=True)):
            at, centre = rows[:, column, None], self._rows[None, :, column]
            if count:
                with np.errstate(divide="ignore"):
                    kernels += np.log(np.where(at == centre, 1 - width, width / max(count - 1, 1)))
            else:
                inside = ndtr((1 - centre) / width) - ndtr(-centre / width)
                kernels += -0.5 * ((at - centre) / width) ** 2 - np.log(inside * width * np.sqrt(2 * np.pi))
        return np.asarray(logsumexp(kernels, axis=1) - np.log(len(self._rows)))

    def sample(self, rng: np.random.Generator, count: int, *, widen: float) -> Array:
        """Rows drawn from the density, the kernels of its numbers widened by a factor."""
        from scipy.special import ndtr, ndtri

        centres = self._rows[rng.integers(len(self._rows), size=count)]
        drawn = centres.copy()
        for column, (width, choices) in enumerate(zip(self.bandwidths, self._choices, strict=True)):
            chance, centre = rng.random(count), centres[:, column]
            if choices:
                other = (centre + rng.integers(1, max(choices, 2), size=count)) % choices
                drawn[:, column] = np.where(chance < width, other, centre)
            else:
                low, high = ndtr(-centre / (widen * width)), ndtr((1 - centre) / (widen * width))
                drawn[:, column] = np.clip(centre + widen * width * ndtri(low + chance * (high - low)), 0, 1)
        return drawn

    def _spread(self) -> Array:
        """Standard deviation of each coordinate.

        The index of a choice means nothing, so for a choice the spread is that of its indicators: half the sum of their
        variances, under the root, which is the standard deviation of the index where there are two choices.
        """
        spread = np.std(self._rows, axis=0)
        for column, count in enumerate(self._choices):
            if count:
                shares = np.bincount(self._rows[:, column].astype(int), minlength=count) / len(self._rows)
                spread[column] = np.sqrt((1 - np.sum(shares**2)) / 2)
        return np.asarray(spread)
