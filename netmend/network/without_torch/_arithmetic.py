"""What tensors compute: single numbers with broadcasting, and sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from netmend.network.without_torch._types import Array, common

Axes = int | Sequence[int] | None
Truth = bool
"""Python's type, whose name is a method of tensors."""


class Arithmetic:
    """An array that computes as torch's tensors do.

    Attributes:
        array: its numbers; never a scalar of NumPy.
    """

    __slots__ = ("array",)
    __array_priority__ = 1000  # arrays leave mixed arithmetic to tensors, as they do with torch's
    __hash__ = object.__hash__

    def __init__(self, array: Any) -> None:
        self.array: Array = np.asarray(array)

    def _with(self, apply: Callable[..., Any], *others: Any) -> Self:
        """What a function of arrays makes of this one and others, all brought to one type."""
        return type(self)(together(apply, self.array, *others))

    def real(self, apply: Callable[[Array], Any]) -> Self:
        """What a function of real numbers makes of this one."""
        return self._with(apply) if self.array.dtype.kind not in "biu" else self._with(lambda own, _: apply(own), 0.0)

    # --- two numbers --------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Self:
        return self._with(np.add, other)

    def __sub__(self, other: Any) -> Self:
        return self._with(np.subtract, other)

    def __rsub__(self, other: Any) -> Self:
        return self._with(lambda own, left: np.subtract(left, own), other)

    def __mul__(self, other: Any) -> Self:
        return self._with(np.multiply, other)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Self:
        return self._with(divided, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._with(lambda own, top: divided(top, own), other)

    def __pow__(self, other: Any) -> Self:
        return self._with(_power, other)

    def __matmul__(self, other: Any) -> Self:
        return self._with(product, other)

    def __and__(self, other: Any) -> Self:
        return self._with(np.bitwise_and, other)

    def __or__(self, other: Any) -> Self:
        return self._with(np.bitwise_or, other)

    def __xor__(self, other: Any) -> Self:
        return self._with(np.bitwise_xor, other)

    def __lshift__(self, other: Any) -> Self:
        return self._with(np.left_shift, other)

    def __rshift__(self, other: Any) -> Self:
        return self._with(np.right_shift, other)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return self._with(np.equal, other)

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return self._with(np.not_equal, other)

    def __lt__(self, other: Any) -> Self:
        return self._with(np.less, other)

    def __le__(self, other: Any) -> Self:
        return self._with(np.less_equal, other)

    def __gt__(self, other: Any) -> Self:
        return self._with(np.greater, other)

    def __ge__(self, other: Any) -> Self:
        return self._with(np.greater_equal, other)

    def pow(self, other: Any) -> Self:
        """A power."""
        return self._with(_power, other)

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """Numbers cut off below and above."""
        value = self if min is None else self._with(np.maximum, min)
        return value if max is None else value._with(np.minimum, max)

    # --- in place -----------------------------------------------------------------------------------------------------

    def add_(self, other: Any, alpha: float = 1) -> Self:
        """A sum, of so many times the other, in place of this tensor."""
        return self._into(np.add, other if alpha == 1 else other * alpha)

    def sub_(self, other: Any) -> Self:
        """A difference in place of this tensor."""
        return self._into(np.subtract, other)

    def mul_(self, other: Any) -> Self:
        """A product in place of this tensor."""
        return self._into(np.multiply, other)

    def trunc_(self) -> Self:
        """Whole parts in place of this tensor."""
        return self._into(np.trunc)

    def abs_(self) -> Self:
        """Magnitudes in place of this tensor."""
        return self._into(np.abs)

    def clamp_(self, min: float | None = None, max: float | None = None) -> Self:
        """Numbers cut off below and above in place of this tensor."""
        return self._into(np.clip, min, max)

    def _into(self, apply: Callable[..., Any], *others: Any) -> Self:
        with np.errstate(all="ignore"):
            apply(self.array, *map(plain, others), out=self.array)
        return self

    # --- one number ---------------------------------------------------------------------------------------------------

    def __neg__(self) -> Self:
        return self._with(np.negative)

    def __invert__(self) -> Self:
        return self._with(np.invert)

    def abs(self) -> Self:
        """Magnitudes."""
        return self._with(np.abs)

    def square(self) -> Self:
        """Squares."""
        return self._with(np.square)

    def floor(self) -> Self:
        """The next whole numbers below."""
        return self._with(np.floor) if self.array.dtype.kind not in "biu" else self

    def sqrt(self) -> Self:
        """Square roots."""
        return self.real(np.sqrt)

    def exp(self) -> Self:
        """Exponentials."""
        return self.real(np.exp)

    def expm1(self) -> Self:
        """Exponentials less one."""
        return self.real(np.expm1)

    def nan_to_num(self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Self:
        """Numbers in place of those that are none."""
        return type(self)(np.nan_to_num(self.array, nan=nan, posinf=posinf, neginf=neginf))

    # --- along axes ---------------------------------------------------------------------------------------------------

    def sum(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """Sums; of whole numbers in int64."""
        kind = np.int64 if self.array.dtype.kind in "biu" else None
        return self._with(lambda own: np.sum(own, over(axes), kind, keepdims=keepdim))

    def prod(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """Products; of whole numbers in int64."""
        kind = np.int64 if self.array.dtype.kind in "biu" else None
        return self._with(lambda own: np.prod(own, over(axes), kind, keepdims=keepdim))

    def mean(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """Means of real numbers."""
        if self.array.dtype.kind in "biu":
            raise RuntimeError(f"numbers of the type {self.array.dtype} have no mean of that type")

        def apply(own: Array) -> Array:
            total: Array = np.asarray(np.sum(own, over(axes), keepdims=keepdim))
            return total / (own.size / max(1, total.size))

        return self._with(apply)

    def var(self, axes: Axes = None, unbiased: Truth = True) -> Self:
        """Variances."""
        return self._with(lambda own: np.var(own, over(axes), ddof=int(unbiased)))

    def amax(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """The largest numbers."""
        return self._with(lambda own: np.max(own, over(axes), keepdims=keepdim))

    def amin(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """The smallest numbers."""
        return self._with(lambda own: np.min(own, over(axes), keepdims=keepdim))

    def max(self) -> Self:
        """The largest number."""
        return self.amax()

    def min(self) -> Self:
        """The smallest number."""
        return self.amin()

    def aminmax(self) -> tuple[Self, Self]:
        """The smallest and the largest number."""
        return self.amin(), self.amax()

    def any(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """Whether one is not zero."""
        return type(self)(np.any(self.array, over(axes), keepdims=keepdim))

    def all(self, axes: Axes = None, keepdim: Truth = False) -> Self:
        """Whether none is zero."""
        return type(self)(np.all(self.array, over(axes), keepdims=keepdim))

    def argmax(self, axis: int | None = None, keepdim: Truth = False) -> Self:
        """Places of the largest numbers."""
        return type(self)(np.argmax(self.array, axis, keepdims=keepdim))

    def argmin(self, axis: int | None = None, keepdim: Truth = False) -> Self:
        """Places of the smallest numbers."""
        return type(self)(np.argmin(self.array, axis, keepdims=keepdim))

    def cumsum(self, axis: int) -> Self:
        """Sums of all numbers up to each; of whole numbers in int64."""
        kind = np.int64 if self.array.dtype.kind in "biu" else None
        return self._with(lambda own: np.cumsum(own, axis, kind))

    def logsumexp(self, axes: Axes, keepdim: Truth = False) -> Self:
        """Logarithms of sums of exponentials."""

        def apply(own: Array) -> Array:
            top = np.max(own, over(axes), keepdims=True)
            top = np.where(np.isinf(top), 0, top)
            total: Array = np.log(np.sum(np.exp(own - top), over(axes), keepdims=True)) + top
            return total if keepdim else total.squeeze(over(axes))

        return self._with(apply)


def plain(value: Any) -> Any:
    """An operand as an array or a plain number."""
    if isinstance(value, Arithmetic):
        return value.array
    return value.item() if isinstance(value, np.generic) else value


def together(apply: Callable[..., Any], *operands: Any) -> Any:
    """What a function of arrays makes of operands that have been brought to one type."""
    given = [plain(each) for each in operands]
    kind = common(*given)
    with np.errstate(all="ignore"):
        return apply(*(np.asarray(each, kind) for each in given))


def over(axes: Axes) -> int | tuple[int, ...] | None:
    """Axes as NumPy takes them; none are all."""
    return axes if isinstance(axes, int) else tuple(axes) if axes is not None and len(axes) else None


def divided(top: Array, bottom: Array) -> Array:
    """A quotient; of whole numbers in the type that real numbers have by default."""
    quotient: Array = np.true_divide(top, bottom)
    return quotient.astype(np.float32) if top.dtype.kind in "biu" else quotient


def product(left: Array, right: Array) -> Array:
    """A product of matrices; many by one are one product, which NumPy would compute one by one."""
    if left.ndim > 2 and right.ndim == 2:
        found: Array = (left.reshape(-1, left.shape[-1]) @ right).reshape(*left.shape[:-1], right.shape[-1])
        return found
    return np.asarray(left @ right)


def _power(base: Array, exponent: Array) -> Array:
    if exponent.ndim == 0 and base.dtype.kind not in "biu":
        # As torch does: fewer roundings.
        if exponent == 0.5:
            return np.asarray(np.sqrt(base))
        if exponent in (2, 3):
            return np.asarray(base * base if exponent == 2 else base * base * base)
    return np.asarray(np.power(base, exponent))
