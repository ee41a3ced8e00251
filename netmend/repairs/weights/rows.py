"""Gradients of rows with respect to a block, held as factors, and what a solver needs of them.

The gradient of row r with respect to the matrix is the sum over positions of v_r a_n', v its cotangent at the layer's
output and a the patches of its point. With one position (a fully connected layer) it is never formed: inner products of
gradients are products of inner products, K_rr' = (v_r . v_r') (a_n . a_n') (Tao et al. solve for all weights instead).
With many positions it is formed, in the coordinates in which the norm is Euclidean; where few channels matter, as in a
last layer, only those are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netmend.repairs.weights.block import Change
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.requirements._base import Array, Indices

if TYPE_CHECKING:
    from netmend.repairs.weights.window import Window

SPARSE = 0.1
"""Share of channels with a cotangent below which gradients are stored sparsely: an entry costs 12 bytes instead of 8,
and its products are slower (own choice)."""


class Weights(Protocol):
    """Gradients with respect to the matrix, in whitened coordinates, m rows."""

    def kernel(self) -> Array:
        """Inner products, (m, m)."""

    def combined(self, multipliers: Array) -> Array:
        """Their sum with these multipliers, (G, o, d)."""

    def along(self, matrix: Array) -> Array:
        """Inner products with a matrix (G, o, d), (m,)."""

    def dense(self) -> Array:
        """As (m, G*o*d)."""

    def select(self, rows: Indices) -> Weights:
        """Some of the rows."""

    def joined(self, other: Any) -> Weights:
        """Followed by others of the same kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Factored:
    """One position: v a' with the cotangents (m, o), the inputs of the points (N, d), and the point of each row."""

    cotangents: Array
    inputs: Array
    points: Indices

    def kernel(self) -> Array:
        """The elementwise product of two small kernels; points that several rows share are multiplied once."""
        distinct, place = np.unique(self.points, return_inverse=True)
        chosen = self.inputs[distinct]
        inner: Array = (chosen @ chosen.T)[np.ix_(place, place)]
        outer: Array = self.cotangents @ self.cotangents.T
        return outer * inner

    def combined(self, multipliers: Array) -> Array:
        """V' diag(multipliers) A."""
        return ((self.cotangents * multipliers[:, None]).T @ self.inputs[self.points])[None]

    def along(self, matrix: Array) -> Array:
        """v . (X a) for each row."""
        distinct, place = np.unique(self.points, return_inverse=True)
        moved: Array = np.einsum("ro,ro->r", self.cotangents, (self.inputs[distinct] @ matrix[0].T)[place])
        return moved

    def dense(self) -> Array:
        """The outer products, written out."""
        whole = self.cotangents[:, :, None] * self.inputs[self.points][:, None, :]
        return whole.reshape(len(whole), -1)

    def select(self, rows: Indices) -> Factored:
        """Some of the rows."""
        return Factored(self.cotangents[rows], self.inputs, self.points[rows])

    def joined(self, other: Factored) -> Factored:
        """With the rows of another one over the same points."""
        cotangents = np.concatenate([self.cotangents, other.cotangents])
        return Factored(cotangents, self.inputs, np.concatenate([self.points, other.points]))


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Many positions: gradients written out, (m, G*o*d), dense or as a SciPy CSR matrix."""

    gradients: Any
    shape: tuple[int, int, int]

    def kernel(self) -> Array:
        """G G'."""
        return _dense(self.gradients @ self.gradients.T)

    def combined(self, multipliers: Array) -> Array:
        """G' multipliers."""
        summed: Array = np.asarray(self.gradients.T @ multipliers)
        return summed.reshape(self.shape)

    def along(self, matrix: Array) -> Array:
        """G x."""
        moved: Array = np.asarray(self.gradients @ matrix.ravel(), dtype=np.float64)
        return moved

    def dense(self) -> Array:
        """G."""
        return _dense(self.gradients)

    def select(self, rows: Indices) -> Written:
        """Some of the rows."""
        return Written(self.gradients[rows], self.shape)

    def joined(self, other: Written) -> Written:
        """With the rows of another one."""
        from scipy import sparse

        pair = [self.gradients, other.gradients]
        if all(sparse.issparse(each) for each in pair):
            return Written(sparse.vstack(pair, format="csr"), self.shape)
        return Written(np.concatenate([_dense(each) for each in pair]), self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """m rows at one state of the network.

    Attributes:
        values: of the rows minus their bounds, (m,). weights, biases: gradients; those of the biases are (m, b).
    """

    values: Array
    weights: Weights
    biases: Array
    metric: Metric

    def __len__(self) -> int:
        return len(self.values)

    def kernel(self) -> Array:
        """K = G M^-1 G', (m, m), M the metric."""
        own: Array = self.biases @ self.biases.T
        return self.weights.kernel() + own

    def combined(self, multipliers: Array) -> Change:
        """M^-1 G' multipliers: the change of least norm among those that move the rows like this."""
        matrix = self.metric.unwhitened(self.weights.combined(multipliers))
        return Change(matrix, self.biases.T @ multipliers)

    def along(self, change: Change) -> Array:
        """How each row moves along a change, to first order, (m,)."""
        matrix = change.matrix if self.metric.factor is None else change.matrix @ self.metric.factor
        own: Array = self.biases @ change.biases
        return self.weights.along(matrix) + own

    def dense(self) -> Array:
        """G, (m, G*o*d + b), for a solver that needs it written out."""
        return np.concatenate([self.weights.dense(), self.biases], axis=1)

    def select(self, rows: Indices) -> Gradients:
        """Some of the rows."""
        return Gradients(self.values[rows], self.weights.select(rows), self.biases[rows], self.metric)

    def joined(self, other: Gradients) -> Gradients:
        """With further rows at the same state."""
        values = np.concatenate([self.values, other.values])
        biases = np.concatenate([self.biases, other.biases])
        return Gradients(values, self.weights.joined(other.weights), biases, self.metric)


def gradients_of(
    window: Window, whitened: Array, points: Indices, pulled: tuple[Array, list[Array], Array], metric: Metric
) -> Gradients:
    """Gradients out of what `Window.pulled` returned.

    Args:
        whitened: the window's patches in the coordinates of the metric, (N, P, G, d).
        points: the point of each row, (m,).
    """
    values, pieces, biases = pulled
    groups, positions = whitened.shape[2], whitened.shape[1]
    if positions == 1 and groups == 1:
        cotangents = np.concatenate(pieces)[:, 0, 0].astype(np.float64)
        return Gradients(values, Factored(cotangents, whitened[:, 0, 0], points), biases, metric)
    shape = window.block.nothing.matrix.shape
    return Gradients(values, Written(_written(pieces, whitened, points, shape), shape), biases, metric)


def _written(pieces: list[Array], whitened: Array, points: Indices, shape: tuple[int, ...]) -> Any:
    """Sums over positions of v a', row by row; sparse where few channels have a cotangent."""
    from scipy import sparse

    groups, outputs, width = shape
    active = np.concatenate([np.any(piece != 0, axis=1) for piece in pieces])
    thin = active.mean() < SPARSE
    whole = None if thin else np.empty((len(points), groups * outputs * width), dtype=np.float64)
    data, columns, starts = [], [], [0]
    every = (cotangents for piece in pieces for cotangents in piece)
    for at, (point, cotangents) in enumerate(zip(points, every, strict=True)):
        if whole is None:
            group, output = np.nonzero(active[at])
            chosen = cotangents[:, group, output].astype(np.float64)
            products = np.einsum("pk,pkd->kd", chosen, whitened[point][:, group])
            first = (group * outputs + output) * width
            data.append(products.ravel())
            columns.append((first[:, None] + np.arange(width)).ravel())
            starts.append(starts[-1] + products.size)
        else:
            turned = cotangents.transpose(1, 2, 0).astype(np.float64, copy=False)
            product = np.matmul(turned, whitened[point].transpose(1, 0, 2))
            whole[at] = product.ravel()
    if whole is not None:
        return whole
    entries = (np.concatenate([np.zeros(0), *data]), np.concatenate([np.zeros(0, np.int64), *columns]), starts)
    return sparse.csr_matrix(entries, shape=(len(points), groups * outputs * width))


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
