"""Tensors: arrays of NumPy with the methods of torch's."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmend.network.without_torch._arithmetic import Arithmetic, Axes, Truth, plain
from netmend.network.without_torch._types import Array, Type, type_of


class Tensor(Arithmetic):
    """An array with the methods of torch's tensors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"tensor({self.array!r})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.array, dtype, copy=copy)

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Its lengths."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return self.array.ndim

    @property
    def dtype(self) -> Type:
        """The type of its numbers."""
        return type_of(self.array.dtype)

    @property
    def requires_grad(self) -> Truth:
        """Never: nothing here has a gradient."""
        return False

    def numel(self) -> int:
        """How many numbers it has."""
        return self.array.size

    def is_floating_point(self) -> Truth:
        """Whether its numbers have a point."""
        return self.dtype.is_floating_point

    def numpy(self) -> Array:
        """Its numbers, not copied."""
        return self.array

    def item(self) -> Any:
        """The only number as a plain one."""
        return self.array.item()

    def tolist(self) -> Any:
        """Its numbers in lists of lists."""
        return self.array.tolist()

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (Tensor(each) for each in self.array)

    def __bool__(self) -> Truth:
        return bool(self.array)

    def __int__(self) -> int:
        return int(self.array.item())

    def __float__(self) -> float:
        return float(self.array.item())

    def __index__(self) -> int:
        return operator.index(self.array.item())

    # --- other types and copies ---------------------------------------------------------------------------------------

    def to(self, kind: Type) -> Tensor:
        """The same numbers in another type; itself where it has that."""
        if self.array.dtype == kind.array:
            return self
        with np.errstate(all="ignore"):
            return Tensor(self.array.astype(kind.array))

    def double(self) -> Tensor:
        """In float64."""
        return self.to(type_of(np.dtype(np.float64)))

    def long(self) -> Tensor:
        """In int64."""
        return self.to(type_of(np.dtype(np.int64)))

    def bool(self) -> Tensor:
        """Where it is not zero."""
        return self.to(type_of(np.dtype(np.bool_)))

    def clone(self) -> Tensor:
        """A copy."""
        return Tensor(self.array.copy())

    def contiguous(self) -> Tensor:
        """With its numbers one after another in memory."""
        return Tensor(np.asarray(self.array, order="C"))

    def new_zeros(self, *shape: Any) -> Tensor:
        """Zeros of its type."""
        return Tensor(np.zeros(_listed(shape), self.array.dtype))

    # --- other shapes -------------------------------------------------------------------------------------------------

    def reshape(self, *shape: Any) -> Tensor:
        """The same numbers in another shape."""
        return Tensor(self.array.reshape(_listed(shape)))

    def flatten(self, first: int = 0, last: int = -1) -> Tensor:
        """Axes from the first to the last put together."""
        sizes, first, last = self.shape, first % self.ndim, last % self.ndim
        return Tensor(self.array.reshape(*sizes[:first], -1, *sizes[last + 1 :]))

    def squeeze(self, axes: Axes = None) -> Tensor:
        """Without axes of length one: all, or those of the stated ones that are."""
        stated = range(self.ndim) if axes is None else [axes] if isinstance(axes, int) else axes
        return Tensor(self.array.squeeze(tuple(axis for axis in stated if self.shape[axis] == 1)))

    def unsqueeze(self, axis: int) -> Tensor:
        """With one axis more."""
        return Tensor(np.expand_dims(self.array, axis))

    def permute(self, *order: Any) -> Tensor:
        """Its axes in another order."""
        return Tensor(self.array.transpose(_listed(order)))

    def transpose(self, one: int, other: int) -> Tensor:
        """Two axes exchanged."""
        return Tensor(self.array.swapaxes(one, other))

    @property
    def T(self) -> Tensor:  # noqa: N802 - torch's name
        """A matrix transposed."""
        return Tensor(self.array.T)

    def movedim(self, source: int, target: int) -> Tensor:
        """One axis elsewhere."""
        return Tensor(np.moveaxis(self.array, source, target))

    def flip(self, axes: Axes) -> Tensor:
        """Axes backwards."""
        return Tensor(np.flip(self.array, tuple(axes) if isinstance(axes, Sequence) else axes))

    def expand(self, *shape: Any) -> Tensor:
        """Axes of length one repeated, and axes more in front; -1 leaves a length as it is."""
        wanted = list(_listed(shape))
        own = [1] * (len(wanted) - self.ndim) + list(self.shape)
        return Tensor(np.broadcast_to(self.array, [a if b == -1 else b for a, b in zip(own, wanted, strict=True)]))

    def repeat(self, *times: Any) -> Tensor:
        """The whole so many times along each axis."""
        if len(_listed(times)) < self.ndim:
            raise RuntimeError("a number of repetitions is needed for each axis")
        return Tensor(np.tile(self.array, _listed(times)))

    def repeat_interleave(self, times: int, axis: int | None = None) -> Tensor:
        """Each entry of an axis so many times; each number in one row where no axis is said."""
        return Tensor(np.repeat(self.array, times, axis))

    def unfold(self, axis: int, size: int, step: int) -> Tensor:
        """Windows of an axis, along a new last one."""
        axis = axis % self.ndim
        windows = np.lib.stride_tricks.sliding_window_view(self.array, size, axis)
        return Tensor(windows[(slice(None),) * axis + (slice(None, None, step),)])

    # --- parts --------------------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Tensor:
        return Tensor(self.array[_indices(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.array[_indices(index)] = plain(value)

    def narrow(self, axis: int, start: int, length: int) -> Tensor:
        """A stretch of an axis, which must be there."""
        axis, size = range(self.ndim)[axis], self.shape[axis]
        start = start + size if start < 0 else start
        if length < 0 or not 0 <= start <= size - length:
            raise RuntimeError(f"{length} entries from {start} on are not in an axis of {size}")
        return Tensor(self.array[(slice(None),) * axis + (slice(start, start + length),)])

    def unbind(self, axis: int = 0) -> tuple[Tensor, ...]:
        """The entries of an axis."""
        return tuple(Tensor(each) for each in np.moveaxis(self.array, axis, 0))

    def split(self, sizes: Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
        """Stretches of these lengths, which together are the axis."""
        if sum(sizes) != self.shape[axis]:
            raise RuntimeError(f"an axis of {self.shape[axis]} is not split into {list(sizes)}")
        starts = [sum(sizes[:place]) for place in range(len(sizes))]
        return tuple(self.narrow(axis, start, size) for start, size in zip(starts, sizes, strict=True))

    def chunk(self, count: int, axis: int = 0) -> tuple[Tensor, ...]:
        """At most so many stretches of one length, the last one perhaps shorter."""
        size = self.shape[axis]
        length = max(1, -(-size // count))
        return self.split([min(length, size - start) for start in range(0, size, length)], axis)

    def index_select(self, axis: int, index: Tensor) -> Tensor:
        """Entries of an axis by their places, counted from the front alone."""
        return Tensor(np.take(self.array, _within(index.array, self.shape[axis]), axis))

    def gather(self, axis: int, index: Tensor) -> Tensor:
        """At each place of the index the entry of the axis that it says."""
        places = _within(index.array, self.shape[axis])
        kept = [slice(None) if at == axis % self.ndim else slice(size) for at, size in enumerate(index.shape)]
        return Tensor(np.take_along_axis(self.array[tuple(kept)], places, axis))

    def scatter(self, axis: int, index: Tensor, source: Tensor) -> Tensor:
        """A copy with numbers put at places of an axis."""
        return self.scatter_reduce(axis, index, source, "")

    def scatter_reduce(self, axis: int, index: Tensor, source: Tensor, reduction: str) -> Tensor:
        """The same, with what was there summed, multiplied or compared."""
        made, places = self.array.copy(), list(np.ogrid[tuple(slice(size) for size in index.shape)])
        places[axis] = _within(index.array, self.shape[axis])
        numbers = source.array[tuple(slice(size) for size in index.shape)]
        apply = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}.get(reduction)
        if apply is None:
            made[tuple(places)] = numbers
        else:
            apply.at(made, tuple(places), numbers)
        return Tensor(made)

    def index_put(self, places: tuple[Tensor, ...], values: Tensor, accumulate: Truth = False) -> Tensor:
        """A copy with numbers put, or added, at places of the first axes."""
        made, at = self.array.copy(), _indices(places)
        if accumulate:
            np.add.at(made, at, values.array)
        else:
            made[at] = values.array
        return Tensor(made)

    def topk(self, count: int, axis: int) -> Ordered:
        """The largest entries of an axis and their places, in order."""
        whole = self.sort(axis, descending=True)
        return Ordered(whole.values.narrow(axis, 0, count), whole.indices.narrow(axis, 0, count))

    def sort(self, dim: int = -1, descending: Truth = False, stable: Truth = True) -> Ordered:
        """The entries of an axis in order, equal ones always as they come, and their places."""
        if descending:
            size = self.shape[dim]
            # Backwards in order is in order backwards; the last of equal ones comes first there.
            places = size - 1 - np.flip(np.argsort(np.flip(self.array, dim), dim, kind="stable"), dim)
        else:
            places = np.argsort(self.array, dim, kind="stable")
        return Ordered(Tensor(np.take_along_axis(self.array, places, dim)), Tensor(places))


class Ordered(NamedTuple):
    """Entries in order.

    Attributes:
        values: the entries. indices: their places.
    """

    values: Tensor
    indices: Tensor


def _listed(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Lengths or axes that come one by one, or together in a list."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], Sequence) else given


def _indices(index: Any) -> Any:
    return tuple(plain(each) for each in index) if isinstance(index, tuple) else plain(index)


def _within(places: Array, size: int) -> Array:
    """Places that are on an axis, counted from the front.

    Raises:
        IndexError: others.
    """
    if places.size and not 0 <= places.min() <= places.max() < size:
        raise IndexError(f"index out of range: an axis has {size} entries")
    return places
