"""What each side is fed: the same rows, by the names, in the layouts and in the types that each takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Array, Graph, Signature
from netmend.repairs.conversion.layouts import layouts
from netmend.repairs.conversion.segments import Correspondence


@dataclass(frozen=True, slots=True, eq=False)
class PairInputs:
    """Rows for both sides.

    Attributes:
        source, target: what each is fed, by input.
        right: what the target would be fed if it were prepared as the source is; only layouts and types differ.
        pairs: where the target's inputs are those of the source.
        names: of the rows, for a person and for a task's metric: files, or numbers.
        generated: they were made up, so that they show agreement but not how the networks are used.
        answered: what source and target answered to these rows among others, by output, where that is known.
    """

    source: Mapping[str, Array]
    target: Mapping[str, Array]
    right: Mapping[str, Array]
    pairs: tuple[Correspondence, ...]
    names: tuple[str, ...]
    generated: bool = False
    answered: tuple[Mapping[str, Array] | None, Mapping[str, Array] | None] = (None, None)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def differing(self) -> tuple[str, ...]:
        """Inputs of the target that are prepared in another way than the source's."""
        return tuple(name for name, value in self.target.items() if not np.array_equal(value, self.right[name]))

    def take(self, rows: Sequence[int]) -> PairInputs:
        """Some of the rows."""
        chosen = np.asarray(rows, np.int64)

        def of(feeds: Mapping[str, Array]) -> dict[str, Array]:
            return {name: value[chosen] for name, value in feeds.items()}

        names = tuple(self.names[row] for row in chosen)
        one, other = (None if each is None else of(each) for each in self.answered)
        fed = replace(self, source=of(self.source), target=of(self.target), right=of(self.right))
        return replace(fed, names=names, answered=(one, other))

    def prepared(self) -> PairInputs:
        """The same rows where the target is fed what is prepared as the source's is."""
        return replace(self, target=self.right, answered=(self.answered[0], None))


def paired_inputs(source: Graph, target: Graph, said: Mapping[str, str]) -> tuple[tuple[Signature, Signature], ...]:
    """Inputs of the source with those of the target; see `paired`.

    Raises:
        UsageError: they have different numbers of inputs, or shapes that do not fit.
    """
    return paired(source.inputs, target.inputs, said, "inputs")


def paired_outputs(source: Graph, target: Graph, said: Mapping[str, str]) -> tuple[tuple[Signature, Signature], ...]:
    """Outputs of the source with those of the target; where some are named, those alone.

    Raises:
        UsageError: as `paired_inputs`.
    """
    names = {each.name for each in source.outputs}
    if any(name in names for name in said):
        wanted = {name: other for name, other in said.items() if name in names}
        return paired(tuple(each for each in source.outputs if each.name in wanted), target.outputs, wanted, "outputs")
    return paired(source.outputs, target.outputs, said, "outputs")


def paired(
    source: tuple[Signature, ...], target: tuple[Signature, ...], said: Mapping[str, str], what: str
) -> tuple[tuple[Signature, Signature], ...]:
    """Pairs of what is said to correspond; the rest by name, and where no name fits by order.

    Args:
        said: names of the source's with those of the target's.

    Raises:
        UsageError: a name is not there, numbers differ, or no layout brings one shape to the other.
    """
    of_target = {each.name: each for each in target}
    pairs: dict[str, Signature] = {}
    for one in source:
        name = said.get(one.name)
        if name is not None and name not in of_target:
            hint = f"it has {', '.join(of_target)}"
            raise UsageError(
                f"the target has no {name!r} among its {what}", where=f"--match {one.name}={name}", hint=hint
            )
        if name is not None or one.name in of_target:
            pairs[one.name] = of_target[name or one.name]
    used = {each.name for each in pairs.values()}
    left = [each for each in target if each.name not in used]
    missing = [each for each in source if each.name not in pairs]
    named = len(said) > 0 and what == "outputs"
    if len(missing) != len(left) and not (named and not missing):
        raise UsageError(
            f"the source has {len(source)} {what} ({_listed(source)}) and the target {len(target)} ({_listed(target)})",
            hint="say which correspond with --match SOURCE=TARGET, once for each",
        )
    pairs |= {one.name: other for one, other in zip(missing, left, strict=False)}
    found = tuple((one, pairs[one.name]) for one in source)
    for one, other in found:
        # Another size of the only output, where that is a picture or a signal, may be what went wrong.
        alone = what == "outputs" and len(source) == len(target) == 1 and len(one.shape) == len(other.shape) > 2
        if not alone and not may_fit(one.shape, other.shape):
            raise UsageError(
                f"{one.name} of the source is {_written(one.shape)}, and {other.name} of the target "
                f"{_written(other.shape)}: no order of axes makes them the same",
                hint="are they conversions of one network? --match SOURCE=TARGET says what corresponds",
            )
    return found


def may_fit(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether some lengths of the free axes make two shapes the same but for the order of axes or a reshape.

    The first axes are the batch and may differ.
    """
    rest, others = one[1:], other[1:]
    if None in rest or None in others:
        return (None in rest and None in others) or _fixed_fits(rest, others)
    product = np.prod([int(each or 1) for each in rest], dtype=object)
    return bool(product == np.prod([int(each or 1) for each in others], dtype=object))


def _fixed_fits(rest: tuple[int | None, ...], others: tuple[int | None, ...]) -> bool:
    """Whether the fixed lengths of the one with free axes are all among those of the other."""
    free, fixed = (rest, others) if None in rest else (others, rest)
    left = list(fixed)
    for length in free:
        if length is not None and length > 1:
            if length not in left:
                return False
            left.remove(length)
    return True


def layout_of(source: str, value: Array, target: Signature) -> Correspondence:
    """How the target takes what the source is fed: the first layout by which its shape fits.

    Raises:
        UsageError: none does.
    """
    rows = len(value)
    wanted = tuple(rows if at == 0 else length for at, length in enumerate(target.shape))
    if None in wanted:
        free = [
            tuple(value.shape[axis] for axis in order)
            for order in _orders(value.ndim)
            if len(wanted) == value.ndim
            and all(given in (None, value.shape[axis]) for given, axis in zip(wanted, order, strict=True))
        ]
        if not free:
            raise _misfit(source, value, target)
        wanted = free[0]
    found = next(iter(layouts(value.shape, tuple(int(each or 1) for each in wanted), rows)), None)
    if found is None:
        raise _misfit(source, value, target)
    return Correspondence(target.name, source, *found, before=(-1, *value.shape[1:]))


def _orders(rank: int) -> list[tuple[int, ...]]:
    same = tuple(range(rank))
    return [same, (0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1))] if rank > 2 else [same]


def fed(value: Array, wanted: Signature) -> Array:
    """Values in the type that an input takes.

    Raises:
        UsageError: fractions for an input of integers.
    """
    kind = np.dtype(wanted.dtype)
    if kind.kind != "f" and value.dtype.kind == "f" and not np.array_equal(value, np.round(value)):
        raise UsageError(
            f"the input {wanted.name} takes {kind}, and it is fed fractions",
            hint="give what the target is fed itself, as target.NAME in an npz file or by --target-std",
        )
    return value.astype(kind, copy=False)


def _misfit(source: str, value: Array, target: Signature) -> UsageError:
    return UsageError(
        f"the source takes {source} as {_written((None, *value.shape[1:]))}, and no order of its axes is what the "
        f"target takes as {target.name}, {_written(target.shape)}",
        hint="give what the target is fed as target.NAME in an npz file",
    )


def _listed(signatures: tuple[Signature, ...]) -> str:
    return ", ".join(f"{each.name} {_written(each.shape)}" for each in signatures)


def _written(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
