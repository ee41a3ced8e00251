"""Parts of tensors taken, joined, repeated, padded and chosen from."""

from __future__ import annotations

from math import prod

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops._errors import carried
from netmend.network.tensors import Tensor, functional, torch


def _concat(call: Call) -> Tensor:
    parts = [each for each in call.inputs if each is not None]
    axis, rows = call.get("axis", 0), max(len(each) if each.ndim else 1 for each in parts)
    if axis % parts[0].ndim:
        # A token that goes before each row is stored once where the network was exported for one row.
        parts = [each.expand(rows, *each.shape[1:]) if len(each) == 1 else each for each in parts]
    return torch.cat(parts, axis)


def _split(call: Call) -> tuple[Tensor, ...]:
    axis, value = call.get("axis", 0), call[0]
    sizes = call.integers(1, "split")
    if sizes is None:
        count = call.get("num_outputs", len(call.node.outputs))
        chunk = -(-value.shape[axis] // count)
        sizes = [chunk] * (count - 1) + [value.shape[axis] - chunk * (count - 1)]
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return tuple(value.narrow(axis, start, size) for start, size in zip(starts, sizes, strict=True))


def _slice(call: Call) -> Tensor:
    value = call[0]
    starts, ends = call.integers(1, "starts") or [], call.integers(2, "ends") or []
    axes = call.integers(3, "axes") or list(range(len(starts)))
    steps = call.integers(4, "steps") or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        places = range(*slice(start, end, step).indices(value.shape[axis]))
        if step < 0 and end < -value.shape[axis]:
            places = range(*slice(start, None, step).indices(value.shape[axis]))
        if step == 1:
            value = value.narrow(axis, places.start if places else 0, len(places))
        else:
            value = value.index_select(axis, torch.tensor(list(places), dtype=torch.int64))
    return value


def _gather(call: Call) -> Tensor:
    value, axis = call[0], call.get("axis", 0) % call[0].ndim
    index = call[1].to(torch.int64)
    index = torch.where(index < 0, index + value.shape[axis], index)
    taken = value.index_select(axis, index.reshape(-1))
    return taken.reshape((*value.shape[:axis], *index.shape, *value.shape[axis + 1 :]))


def _gather_elements(call: Call) -> Tensor:
    value, axis, index = call[0], call.get("axis", 0), call[1].to(torch.int64)
    return value.gather(axis, torch.where(index < 0, index + value.shape[axis], index))


def _gather_nd(call: Call) -> Tensor:
    if call.get("batch_dims", 0):
        raise call.refuse("with batch axes")
    return call[0][tuple(call[1].movedim(-1, 0))]


def _scatter_nd(call: Call) -> Tensor:
    if call.get("reduction", "none") != "none":
        raise call.refuse("that adds up")
    value = call[0].clone()
    value[tuple(call[1].movedim(-1, 0))] = call[2]
    return value


def _pad(call: Call) -> Tensor:
    value = call[0]
    pads = call.integers(1, "pads") or []
    filler = call.optional(2)
    constant = call.get("value", 0.0) if filler is None else filler.item()
    axes = call.integers(3, "") or list(range(value.ndim))
    both = [[0, 0] for _ in range(value.ndim)]
    for place, axis in enumerate(axes):
        both[axis] = [pads[place], pads[place + len(axes)]]
    mode = call.get("mode", "constant")
    call.affordable(prod(size + sum(each) for size, each in zip(value.shape, both, strict=True)))
    if mode == "constant":
        return functional.pad(value, [number for each in reversed(both) for number in each], value=constant)
    if mode not in ("reflect", "edge", "wrap"):
        raise call.refuse(f"in the mode {mode!r}")
    for axis, (before, after) in enumerate(both):
        last = value.shape[axis] - 1
        if mode == "edge":
            places = [min(max(place, 0), last) for place in range(-before, last + 1 + after)]
        elif mode == "wrap":
            places = [place % (last + 1) for place in range(-before, last + 1 + after)]
        else:
            places = [last - abs(last - abs(place)) for place in range(-before, last + 1 + after)]
        value = value.index_select(axis, torch.tensor(places, dtype=torch.int64))
    return value


def _tile(call: Call) -> Tensor:
    times = call.integers(1, "repeats") or []
    call.affordable(prod(times) * call[0].numel())
    return call[0].repeat(times)


def _depth_to_space(call: Call) -> Tensor:
    rows, channels, height, width = call[0].shape
    size = call.get("blocksize")
    if call.get("mode", "DCR") == "DCR":
        value = call[0].reshape(rows, size, size, channels // size**2, height, width).permute(0, 3, 4, 1, 5, 2)
    else:
        value = call[0].reshape(rows, channels // size**2, size, size, height, width).permute(0, 1, 4, 2, 5, 3)
    return value.reshape(rows, channels // size**2, height * size, width * size)


def _space_to_depth(call: Call) -> Tensor:
    rows, channels, height, width = call[0].shape
    size = call.get("blocksize")
    value = call[0].reshape(rows, channels, height // size, size, width // size, size).permute(0, 3, 5, 1, 2, 4)
    return value.reshape(rows, channels * size**2, height // size, width // size)


def _triangle(call: Call) -> Tensor:
    shift = call.optional(1)
    diagonal = 0 if shift is None else int(shift)
    return torch.triu(call[0], diagonal) if call.get("upper", 1) else torch.tril(call[0], diagonal)


FAMILY = Family(
    {
        "Concat": Operator(_concat, carried),
        "Split": Operator(_split, carried),
        "Slice": Operator(_slice, carried),
        "Gather": Operator(_gather, carried),
        "GatherElements": Operator(_gather_elements, carried),
        "GatherND": Operator(_gather_nd, carried),
        "ScatterND": Operator(_scatter_nd, carried),
        "Pad": Operator(_pad, carried),
        "Tile": Operator(_tile, carried),
        "DepthToSpace": Operator(_depth_to_space, carried),
        "SpaceToDepth": Operator(_space_to_depth, carried),
        "Trilu": Operator(_triangle, carried),
        "Where": Operator(lambda call: torch.where(call[0].bool(), call[1], call[2]), carried),
    }
)
