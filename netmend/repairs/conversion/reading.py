"""Inputs for both sides, from a folder of pictures, an npz or npy file, or out of nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.arrays import arrays_in
from netmend.network.backends._base import Inputs, named
from netmend.network.graph import Array, Graph, Signature
from netmend.network.pictures import frame, pixels
from netmend.repairs.conversion.feeding import PairInputs, fed, layout_of
from netmend.repairs.conversion.grids import ends
from netmend.repairs.conversion.pictures import Preparation, listed, prepared

GENERATED = 24
"""Rows that are made up where none are given (own choice)."""

FREE = (32, 48, 40, 56)
"""Lengths of free axes of made-up inputs: different, so that no order of axes is mistaken for another (own choice)."""

FEWEST = 2
"""Rows that are needed: some to find out with, others to confirm on."""


@dataclass(frozen=True, slots=True)
class How:
    """How rows are made.

    Attributes:
        source, target: of pictures; None for the target prepares them as for the source.
        most: rows that are read. seed: of what is made up.
    """

    source: Preparation = Preparation()  # noqa: RUF009 - frozen
    target: Preparation | None = None
    most: int = 256
    seed: int = 0


def read_inputs(
    path: Path | None, source: Graph, target: Graph, pairs: tuple[tuple[Signature, Signature], ...], how: How
) -> PairInputs:
    """Rows for both sides.

    Args:
        path: a folder of pictures, an npz or npy file; None makes rows up.
        pairs: inputs of the source with those of the target.

    Raises:
        UsageError: nothing there, damaged, fewer than two rows, or rows that do not fit.
    """
    own: dict[str, Array] = {}
    if path is None:
        feeds, names = _made_up(source, target, pairs, how), tuple(str(row) for row in range(GENERATED))
    elif path.is_dir():
        feeds, own, names = _pictures(path, pairs, how)
    else:
        feeds, own = _arrays(path, source, how.most)
        names = tuple(str(row) for row in range(len(next(iter(feeds.values())))))
    if len(names) < FEWEST:
        hint = "half of them are kept back to confirm on"
        raise UsageError(f"there are fewer than {FEWEST} inputs", where=str(path), hint=hint)
    given = named(source, feeds)
    same = tuple(layout_of(one.name, given[one.name], other) for one, other in pairs)
    right = {}
    for each, (one, other) in zip(same, pairs, strict=True):
        value = given[one.name]
        scheme = source.quantisation.get(one.name)
        real = value if scheme is None or value.dtype.kind == "f" else scheme.values(value)
        grid = target.quantisation.get(other.name)
        turned = np.ascontiguousarray(each.to_target(real))
        right[other.name] = fed(turned, other) if grid is None else grid.codes(turned)
    unknown = own.keys() - right.keys()
    if unknown:
        hint = f"its inputs are {', '.join(right)}"
        raise UsageError(f"the target has no input {min(unknown)!r}", where=str(path), hint=hint)
    return PairInputs(given, named(target, {**right, **own}), named(target, right), same, names, path is None)


def example_rows(path: Path | None, how: How) -> Inputs:
    """Two rows as the source takes them, where neither side's file says what it takes.

    Raises:
        UsageError: there are none to look at.
    """
    if path is not None and path.is_dir() and how.source.size:
        return np.zeros((FEWEST, 3, how.source.size, how.source.size), np.float32)
    if path is None or path.is_dir():
        hint = "give inputs as an npz file with --inputs, or a folder of pictures with --size"
        raise UsageError("neither side's file says what its network takes", hint=hint)
    held = arrays_in(path, "write it with numpy.savez(file, x=inputs)", bare=True)
    feeds = {name.removeprefix("inputs."): value for name, value in held.items() if name.startswith("inputs.")}
    one = next((held[name] for name in ("x", "inputs") if name in held), None)
    if not feeds and one is None:
        hint = "name the arrays x, or inputs.NAME for each input of the source"
        raise UsageError(f"there is no input among {', '.join(held)}", where=str(path), hint=hint)
    return one[:FEWEST] if one is not None and not feeds else {name: value[:FEWEST] for name, value in feeds.items()}


def _pictures(
    path: Path, pairs: tuple[tuple[Signature, Signature], ...], how: How
) -> tuple[dict[str, Array], dict[str, Array], tuple[str, ...]]:
    if len(pairs) > 1:
        hint = "give the inputs as an npz file with inputs.NAME for each"
        raise UsageError(f"pictures are one input, and the network takes {len(pairs)}", where=str(path), hint=hint)
    files = listed(path)
    if len(files) > how.most:
        files = [files[at] for at in np.linspace(0, len(files) - 1, how.most).astype(int)]
    (one, other), side = pairs[0], how.source.size
    if side is None and None in one.shape[1:]:
        side = next((length for length in other.shape[1:] if length is not None and length not in (1, 3)), None)
    sized = Preparation(how.source.mean, how.source.std, how.source.order, side)
    height, width, channels, _ = frame(one, side)
    raw = np.stack([pixels(file, height, width, channels) for file in files])
    own = {}
    if how.target is not None:
        high, wide, colours, _ = frame(other, how.target.size or side)
        same = (high, wide, colours) == (height, width, channels)
        theirs = raw if same else np.stack([pixels(file, high, wide, colours) for file in files])
        sized_target = Preparation(how.target.mean, how.target.std, how.target.order, how.target.size or side)
        own[other.name] = prepared(theirs, other, sized_target)
    return {one.name: prepared(raw, one, sized)}, own, tuple(file.relative_to(path).as_posix() for file in files)


def _arrays(path: Path, source: Graph, most: int) -> tuple[dict[str, Array], dict[str, Array]]:
    held = arrays_in(path, "write it with numpy.savez(file, x=inputs)", bare=True)
    feeds = {name.removeprefix("inputs."): value for name, value in held.items() if name.startswith("inputs.")}
    if not feeds:
        one = next(
            (held[name] for name in ("x", "inputs", *(each.name for each in source.inputs)) if name in held), None
        )
        if one is None or len(source.inputs) > 1:
            feeds = {each.name: held[each.name] for each in source.inputs if each.name in held}
            if len(feeds) < len(source.inputs):
                wanted = ", ".join(each.name for each in source.inputs)
                hint = "name the arrays x, or inputs.NAME for each input of the source"
                raise UsageError(
                    f"the source takes {wanted}, and the file has {', '.join(held)}", where=str(path), hint=hint
                )
        else:
            feeds = {source.inputs[0].name: one}
    own = {name.removeprefix("target."): value for name, value in held.items() if name.startswith("target.")}
    lengths = {len(value) if value.ndim else 0 for value in (*feeds.values(), *own.values())}
    if len(lengths) > 1 or 0 in lengths:
        said = "do not have the same number of rows" if len(lengths) > 1 else "have no rows"
        raise UsageError(f"the arrays {said}", where=str(path), hint="one row for each input")
    return {name: value[:most] for name, value in feeds.items()}, {name: value[:most] for name, value in own.items()}


def _made_up(
    source: Graph, target: Graph, pairs: tuple[tuple[Signature, Signature], ...], how: How
) -> dict[str, Array]:
    random = np.random.default_rng(how.seed)
    feeds = {}
    for one, other in pairs:
        shape = [GENERATED]
        free = iter((how.source.size,) * 4 if how.source.size else FREE)
        for axis, length in enumerate(one.shape[1:], start=1):
            same = other.shape[axis] if len(other.shape) == len(one.shape) and None not in other.shape[1:] else None
            shape.append(int(length or same or next(free)))
        kind = np.dtype(one.dtype)
        reach = _reach(target, other.name)
        if kind.kind == "f" and reach is not None:
            feeds[one.name] = random.uniform(*reach, shape).astype(kind)
        elif kind.kind == "f":
            feeds[one.name] = random.standard_normal(shape).astype(kind)
        elif one.name in source.quantisation or kind == np.uint8:
            low, high = np.iinfo(kind).min, np.iinfo(kind).max
            feeds[one.name] = random.integers(low, high, shape, endpoint=True).astype(kind)
        else:
            many = min((each for each in (_entries(source, one.name), _entries(target, other.name)) if each), default=2)
            feeds[one.name] = random.integers(0, many, shape).astype(kind)
            if many == 2:
                feeds[one.name].reshape(GENERATED, -1)[:, 0] = 1
    return feeds


def _reach(graph: Graph, name: str) -> tuple[float, float] | None:
    """The least and largest number of an input's grid, or of the first grid that it is brought to; None without."""
    made = [node.outputs[0] for node in graph.users(name) if "QUANTIZE" in node.op.upper()]
    held = next((found for each in (name, *made) if (found := ends(graph, each, 1)) is not None), None)
    return None if held is None else (float(held[0].min()), float(held[1].max()))


def _entries(graph: Graph, name: str) -> int | None:
    """How many entries the tables have that an input is looked up in; None if it is looked up in none."""
    names, found = {name}, []
    for node in graph.nodes:
        reads = names.intersection(node.inputs)
        if not reads:
            continue
        table = next((graph.constants[each] for each in node.inputs if each in graph.constants), None)
        kind = node.op.rpartition(":")[2].upper()
        if kind in ("CAST", "IDENTITY", "RESHAPE", "SQUEEZE", "UNSQUEEZE"):
            names.add(node.outputs[0])
        elif kind in ("GATHER", "EMBEDDING_LOOKUP") and table is not None and node.inputs[0] not in names:
            found.append(int(table.shape[int(node.attributes.get("axis", 0))]))
    return min(found, default=None)
