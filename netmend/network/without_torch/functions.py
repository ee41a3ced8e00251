"""What stands for the module `torch`: `torch.where` is `namespace.where`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import ceil
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy import special

from netmend.network.without_torch import functional
from netmend.network.without_torch._arithmetic import Arithmetic, divided, together
from netmend.network.without_torch._types import TYPES, Array, Type
from netmend.network.without_torch._windows import convolved, spread
from netmend.network.without_torch.tensor import Tensor

# --- tensors made -----------------------------------------------------------------------------------------------------


def from_numpy(array: Array) -> Tensor:
    """An array as a tensor, not copied.

    Raises:
        TypeError: it is none, or of a type that tensors do not have.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected an array, not {type(array).__name__}")
    made = Tensor(array)
    assert made.dtype
    return made


def tensor(data: Any, dtype: Type | None = None) -> Tensor:
    """Numbers as a tensor; real ones in single precision, if nothing else is said."""
    made = np.array(data) if dtype is None else np.array(data).astype(dtype.array)
    return Tensor(made.astype(np.float32) if dtype is None and made.dtype == np.float64 else made)


def as_tensor(data: Any, dtype: Type | None = None) -> Tensor:
    """The same; what is a tensor of that type stays as it is."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype)


def full(shape: Sequence[int], filler: Any, dtype: Type | None = None) -> Tensor:
    """One number everywhere."""
    return Tensor(np.broadcast_to(tensor(filler, dtype).array, tuple(shape)).copy())


def zeros(shape: Sequence[int], dtype: Type | None = None) -> Tensor:
    """Zeros."""
    return full(shape, 0.0, dtype)


def full_like(value: Tensor, filler: Any, dtype: Type | None = None) -> Tensor:
    """One number everywhere, in the shape of another tensor, and in its type if nothing else is said."""
    return full(value.shape, filler, dtype or value.dtype)


def zeros_like(value: Tensor, dtype: Type | None = None) -> Tensor:
    """Zeros, as `full_like`."""
    return full_like(value, 0, dtype)


def ones_like(value: Tensor, dtype: Type | None = None) -> Tensor:
    """Ones, as `full_like`."""
    return full_like(value, 1, dtype)


def arange(first: float, limit: float | None = None, step: float = 1, dtype: Type | None = None) -> Tensor:
    """Numbers from the first one on, or from zero, up to a limit, which is left out."""
    first, limit = (0, first) if limit is None else (first, limit)
    count = max(0, ceil((limit - first) / step))
    return tensor(np.arange(count) * step + first, dtype)


def iinfo(kind: Type) -> Any:
    """The limits of a type of whole numbers."""
    return np.iinfo(kind.array)


# --- single numbers ---------------------------------------------------------------------------------------------------


def where(condition: Tensor, one: Any, other: Any) -> Tensor:
    """One number where a condition holds, another elsewhere."""
    return Tensor(together(lambda a, b: np.where(condition.array, a, b), one, other))


def add(one: Tensor, other: Any, alpha: float = 1) -> Tensor:
    """A sum of one tensor and so many times another."""
    summed: Tensor = one + (other if alpha == 1 else other * alpha)
    return summed


def addcmul(value: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """A sum of a tensor and the product of two."""
    return value + one * other


def div(top: Tensor, bottom: Any, rounding_mode: str | None = None) -> Tensor:
    """A quotient; cut off ("trunc") or rounded down ("floor").

    Raises:
        RuntimeError: a whole number is divided by zero.
    """
    if rounding_mode is None:
        return Tensor(together(divided, top, bottom))

    def apply(a: Array, b: Array) -> Array:
        if a.dtype.kind in "iu":
            _divisible(b)
            whole = np.floor_divide(a, b)
            return whole if rounding_mode == "floor" else whole + ((whole < 0) & (whole * b != a)).astype(a.dtype)
        return np.asarray(np.floor_divide(a, b) if rounding_mode == "floor" else np.trunc(a / b))

    return Tensor(together(apply, top, bottom))


def remainder(top: Tensor, bottom: Any) -> Tensor:
    """What a division leaves, with the sign of the divisor."""
    return Tensor(together(lambda a, b: np.remainder(a, _divisible(b)), top, bottom))


def fmod(top: Tensor, bottom: Any) -> Tensor:
    """What a division leaves, with the sign of what is divided."""
    return Tensor(together(lambda a, b: np.fmod(a, _divisible(b)), top, bottom))


def sign(value: Tensor) -> Tensor:
    """-1, 0 or 1; 0 for what is no number."""
    return Tensor(together(lambda own: (own > 0).astype(own.dtype) - (own < 0).astype(own.dtype), value))


def relu(value: Tensor) -> Tensor:
    """Numbers below zero as zero."""
    return value.clamp(min=0)


def isclose(one: Tensor, other: Tensor, rtol: float, atol: float, equal_nan: bool) -> Tensor:
    """Whether numbers are about the same."""
    return Tensor(np.isclose(one.array, other.array, rtol, atol, equal_nan))


def equal(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are the same."""
    return np.array_equal(one.array, other.array)


# --- parts put together -----------------------------------------------------------------------------------------------


def cat(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors one behind another."""
    return Tensor(together(lambda *own: np.concatenate(own, axis), *parts))


def stack(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors along a new axis."""
    return Tensor(together(lambda *own: np.stack(own, axis), *parts))


def triu(value: Tensor, diagonal: int = 0) -> Tensor:
    """What lies above a diagonal."""
    return Tensor(np.triu(value.array, diagonal))


def tril(value: Tensor, diagonal: int = 0) -> Tensor:
    """What lies below a diagonal."""
    return Tensor(np.tril(value.array, diagonal))


# --- rows -------------------------------------------------------------------------------------------------------------


def softmax(value: Tensor, axis: int) -> Tensor:
    """Shares of one."""
    raised = (value - value.amax(axis, keepdim=True)).exp()
    return raised / raised.sum(axis, keepdim=True)


def log_softmax(value: Tensor, axis: int) -> Tensor:
    """Their logarithms."""
    below = value - value.amax(axis, keepdim=True)
    return below - Tensor(together(np.log, below.exp().sum(axis, keepdim=True)))


def vector_norm(value: Tensor, ord: float, dim: int, keepdim: bool = False) -> Tensor:
    """Lengths."""
    return Tensor(together(lambda own: np.linalg.norm(own, ord, dim, keepdim), value))


def einsum(equation: str, values: Sequence[Tensor]) -> Tensor:
    """Sums of products, as an equation of indices says."""
    return Tensor(together(lambda *own: np.einsum(equation, *own, optimize=True), *values))


# --- convolutions -----------------------------------------------------------------------------------------------------


def conv(
    planes: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    around: Sequence[int],
    steps: Sequence[int],
    groups: int,
) -> Tensor:
    """A convolution, with zeros around on either side."""
    made = Tensor(convolved(planes.array, weight.array, strides, around, steps, groups))
    return made if bias is None else made + bias.reshape(-1, *[1] * (weight.ndim - 2))


def conv_transpose(
    planes: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    around: Sequence[int] | int = 0,
    more: Sequence[int] | int = 0,
    groups: int = 1,
    steps: Sequence[int] | int = 1,
) -> Tensor:
    """A convolution backwards; `around` is cut off again."""
    rank = weight.ndim - 2
    cut, add, apart = ([each] * rank if isinstance(each, int) else each for each in (around, more, steps))
    made = Tensor(spread(planes.array, weight.array, strides, add, groups, apart))
    for axis, each in enumerate(cut, 2):
        made = made.narrow(axis, each, made.shape[axis] - 2 * each)
    return made if bias is None else made + bias.reshape(-1, *[1] * rank)


# --- all of it --------------------------------------------------------------------------------------------------------


def _one(apply: Callable[[Array], Any]) -> Callable[[Tensor], Tensor]:
    """A function of single real numbers; whole ones are taken in single precision, as torch does."""
    return lambda value: value.real(apply)


def _divisible(divisor: Array) -> Array:
    if divisor.dtype.kind in "iu" and not divisor.all():
        raise RuntimeError("ZeroDivisionError")
    return divisor


_METHODS = (
    *("abs", "all", "amax", "amin", "any", "argmax", "argmin", "chunk", "clamp", "exp", "floor", "pow", "prod", "sort"),
    *("split", "sqrt"),
)
_OPERATORS = {
    "matmul": Arithmetic.__matmul__,
    "bitwise_and": Arithmetic.__and__,
    "bitwise_or": Arithmetic.__or__,
    "bitwise_xor": Arithmetic.__xor__,
}
_OF_NUMPY = {
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "reciprocal")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "erf": special.erf,
    "sigmoid": special.expit,
    "rsqrt": lambda own: 1 / np.sqrt(own),
}

namespace = SimpleNamespace(
    **{kind.name: kind for kind in TYPES},
    **{name: getattr(Tensor, name) for name in _METHODS},
    **_OPERATORS,
    **{name: _one(apply) for name, apply in _OF_NUMPY.items()},
    **{
        each.__name__: each
        for each in (from_numpy, tensor, as_tensor, full, zeros, full_like, zeros_like, ones_like, arange, iinfo)
    },
    **{
        each.__name__: each
        for each in (where, add, addcmul, div, remainder, fmod, sign, relu, isclose, equal, cat, stack)
    },
    **{each.__name__: each for each in (triu, tril, softmax, log_softmax, einsum)},
    **{f"conv{rank}d": conv for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": conv_transpose for rank in (1, 2, 3)},
    maximum=lambda one, other: Tensor(together(np.maximum, one, other)),
    minimum=lambda one, other: Tensor(together(np.minimum, one, other)),
    atan2=lambda one, other: Tensor(together(np.arctan2, one, other)),
    copysign=lambda one, other: Tensor(together(np.copysign, one, other)),
    ceil=lambda value: value if value.array.dtype.kind in "biu" else value.real(np.ceil),
    round=lambda value: value if value.array.dtype.kind in "biu" else value.real(np.rint),
    isnan=lambda value: Tensor(np.isnan(value.array)),
    isinf=lambda value: Tensor(np.isinf(value.array)),
    linalg=SimpleNamespace(vector_norm=vector_norm),
    nn=SimpleNamespace(functional=functional),
    Tensor=Tensor,
    dtype=Type,
    inf=float("inf"),
    no_grad=nullcontext,
    get_num_threads=lambda: 1,
    set_num_threads=lambda count: None,
)
"""Everything by torch's names."""
