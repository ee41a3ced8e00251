"""What stands for `torch.nn.functional`: activations, padding, pooling and sampling."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod, sqrt

import numpy as np
from scipy import special

from netmend.network.without_torch._arithmetic import product, together
from netmend.network.without_torch._sampling import sampled
from netmend.network.without_torch._types import Array
from netmend.network.without_torch._windows import framed, pooled
from netmend.network.without_torch.tensor import Tensor


def pad(planes: Tensor, pads: Sequence[int], value: float = 0.0) -> Tensor:
    """A filler around: before and after the last axis, then the one before it; what is negative is cut off."""
    around = [(pads[place], pads[place + 1]) for place in range(0, len(pads), 2)][::-1]
    front, sizes = planes.ndim - len(around), planes.shape
    kept = [
        slice(max(0, -before), size - max(0, -after))
        for (before, after), size in zip(around, sizes[front:], strict=True)
    ]
    if any(size + before + after < 0 for (before, after), size in zip(around, sizes[front:], strict=True)):
        raise RuntimeError(f"more is cut off than there is of {list(sizes)}")
    inner = planes.array[(slice(None),) * front + tuple(kept)]
    return Tensor(framed(inner, [(max(0, before), max(0, after)) for before, after in around], value))


def leaky_relu(value: Tensor, slope: float = 0.01) -> Tensor:
    """Negative numbers by a factor."""
    return Tensor(together(lambda own: np.where(own > 0, own, own * own.dtype.type(slope)), value))


def elu(value: Tensor, alpha: float = 1.0) -> Tensor:
    """Exponentials less one below zero."""
    return Tensor(together(lambda own: np.where(own > 0, own, alpha * np.expm1(np.minimum(own, 0))), value))


def celu(value: Tensor, alpha: float = 1.0) -> Tensor:
    """The same, with the slope 1 at zero."""
    return Tensor(together(lambda own: np.where(own > 0, own, alpha * np.expm1(np.minimum(own, 0) / alpha)), value))


def gelu(value: Tensor, approximate: str = "none") -> Tensor:
    """Numbers times the share of a normal distribution below them."""
    if approximate == "tanh":
        return Tensor(
            together(lambda own: 0.5 * own * (1 + np.tanh(sqrt(2 / pi) * (own + 0.044715 * own * own * own))), value)
        )
    return Tensor(together(lambda own: own * 0.5 * (1 + special.erf(own * sqrt(0.5))), value))


def softplus(value: Tensor, threshold: float = 20.0) -> Tensor:
    """Logarithms of one and an exponential; numbers beyond the threshold are their own."""
    return Tensor(together(lambda own: np.where(own > threshold, own, np.log1p(np.exp(own))), value))


def softsign(value: Tensor) -> Tensor:
    """Numbers by one more than their magnitudes."""
    return Tensor(together(lambda own: own / (1 + np.abs(own)), value))


def mish(value: Tensor) -> Tensor:
    """Numbers times the hyperbolic tangent of their softplus."""
    return value * Tensor(together(np.tanh, softplus(value)))


def linear(value: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A product with the rows of a matrix."""
    made: Array = together(lambda own, rows: product(own, rows.T), value, weight)
    return Tensor(made) if bias is None else Tensor(made) + bias


def max_pool(
    planes: Tensor, window: Sequence[int], strides: Sequence[int], around: int = 0, steps: Sequence[int] | int = 1
) -> Tensor:
    """The largest number of each window, without padding."""
    apart = [steps] * len(window) if isinstance(steps, int) else steps
    return Tensor(pooled(planes.array, window, strides, apart, np.maximum))


def avg_pool(planes: Tensor, window: Sequence[int], strides: Sequence[int]) -> Tensor:
    """The mean of each window, without padding."""
    total = pooled(planes.array, window, strides, [1] * len(window), np.add)
    return Tensor(total) / prod(window)


def grid_sample(planes: Tensor, grid: Tensor, mode: str, outside: str, corners: bool) -> Tensor:
    """Values between the points of images."""
    return Tensor(together(lambda own, places: sampled(own, places, mode, outside, corners), planes, grid))


max_pool1d = max_pool2d = max_pool3d = max_pool
avg_pool1d = avg_pool2d = avg_pool3d = avg_pool
