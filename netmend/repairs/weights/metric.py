"""How large a change of a layer is: what a repair makes as small as it can.

    l2           the Euclidean norm of all changed numbers.
    covariance   the root mean squared change that the layer's output undergoes on reference inputs, plus a little of
                 the Euclidean norm: ||dW L||, L L' = C / tau + rho I, C the second moment of the layer's patches on
                 the reference inputs, tau its mean diagonal. Biases count as in l2.
    l1-linf      mean absolute change plus largest absolute change, the objective of APRNN and PRDNN (Tao et al.,
                 PLDI 2023; Sotoudeh and Thakur, PLDI 2021): a linear program, and for small layers only.

The covariance norm asks that what the layer says of ordinary inputs stays as it was. The same weighting, by the second
moment of keys, is used by closed-form editors of language models (Meng et al., ROME, NeurIPS 2022; MEMIT, ICLR 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements._base import Array

RHO = 0.1
"""Weight of the Euclidean norm beside the covariance: on three MNIST networks 0.01, 0.1 and 1 lose about the same on
held-out images, 0.1 the least at the last layers (own measurement, docs/weights.md)."""

NORMS = ("l2", "covariance", "l1-linf")


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """The norm of a change of one layer.

    Attributes:
        name: one of `NORMS`.
        factor: L, (G, d, d) lower triangular, of the covariance norm; None for the others.
        inverse: the inverse of L.
    """

    name: str = "l2"
    factor: Array | None = None
    inverse: Array | None = None

    def whitened(self, patches: Array) -> Array:
        """L^-1 a for patches (..., G, d): in these coordinates the norm is Euclidean."""
        if self.inverse is None:
            return patches
        whitened: Array = np.einsum("gij,...gj->...gi", self.inverse, patches, optimize=True)
        return whitened

    def unwhitened(self, matrix: Array) -> Array:
        """X L^-1 for matrices (G, o, d): a change found in those coordinates, as a change of the weights."""
        return matrix if self.inverse is None else matrix @ self.inverse

    def norm(self, matrix: Array, biases: Array) -> float:
        """The norm of a change of the matrix (G, o, d) and of the biases (b,)."""
        if self.name == "l1-linf":
            every = np.abs(np.concatenate([matrix.ravel(), biases]))
            return float(every.mean() + every.max())
        weighted = matrix if self.factor is None else matrix @ self.factor
        return float(np.sqrt(np.sum(weighted**2) + np.sum(biases**2)))


def covariance(moment: Array, rho: float = RHO) -> Metric:
    """The covariance norm.

    Args:
        moment: C, (G, d, d), mean of a a' over patches of the reference inputs.

    Raises:
        UsageError: the layer's input is zero on every reference input, so that nothing there says what to keep.
    """
    from scipy.linalg import solve_triangular

    width = moment.shape[-1]
    tau = np.trace(moment, axis1=1, axis2=2).mean() / width
    if not tau > 0:
        hint = "give other reference inputs, another --layer, or --norm l2"
        raise UsageError("this layer's input is zero on every reference input", hint=hint)
    factor = np.linalg.cholesky(moment / tau + rho * np.eye(width))
    inverse = np.stack([solve_triangular(each, np.eye(width), lower=True, check_finite=False) for each in factor])
    return Metric("covariance", factor, inverse)
