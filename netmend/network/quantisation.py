"""Integers that stand for real numbers: value = scale * (code - zero point).

References: B. Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference, CVPR 2018, section 2.1; the TFLite 8-bit quantization specification for scales along an axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """The grid of real numbers that a tensor's integers stand for.

    Attributes:
        scale: distance of neighbours, one number, or one for each entry of `axis`; float32.
        zero_point: the integers that stand for 0, as many; int64.
        dtype: NumPy type name of the integers: "uint8", "int8", "int16", "int32".
        axis: along which scales differ, where there are several.
    """

    scale: Array
    zero_point: Array
    dtype: str
    axis: int = 0
    _limits: tuple[int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = np.iinfo(self.dtype)
        object.__setattr__(self, "_limits", (int(limits.min), int(limits.max)))

    def values(self, codes: Array) -> Array:
        """The real numbers of integers, in float64."""
        scale, zero = self._along(codes.ndim)
        values: Array = (codes.astype(np.float64) - zero) * scale
        return values

    def codes(self, values: Array) -> Array:
        """The integers nearest to real numbers, halves away from zero, in the stored type; beyond the grid its ends."""
        scale, zero = self._along(np.ndim(values))
        steps = np.asarray(values, np.float64) / scale
        nearest = np.sign(steps) * np.floor(np.abs(steps) + 0.5) + zero
        limited: Array = np.clip(nearest, *self._limits).astype(self.dtype)
        return limited

    def real(self, codes: Tensor) -> Tensor:
        """As `values`, on tensors; in float64."""
        from netmend.network.tensors import torch

        scale, zero = (torch.from_numpy(each) for each in self._along(codes.ndim))
        return (codes.to(torch.float64) - zero) * scale

    def on_grid(self, values: Tensor) -> Tensor:
        """The numbers of the grid nearest to real numbers, as `codes` chooses them."""
        from netmend.network.tensors import torch

        scale, zero = (torch.from_numpy(each) for each in self._along(values.ndim))
        steps = values.to(torch.float64) / scale
        # In place, because this is most of the work of evaluating a network in integers.
        nearest = steps.add_(torch.copysign(torch.tensor(0.5, dtype=steps.dtype), steps)).trunc_().add_(zero)
        return nearest.clamp_(*self._limits).sub_(zero).mul_(scale).to(values.dtype)

    def _along(self, rank: int) -> tuple[Array, Array]:
        """Scale and zero point in a shape that broadcasts over a tensor with so many axes."""
        shape = [1] * rank
        if self.scale.size > 1:
            shape[self.axis] = -1
        scale, zero = self.scale.astype(np.float64), self.zero_point.astype(np.float64)
        return scale.reshape(shape), zero.reshape(shape)
