"""TFLite's ways to the same numbers in another shape, order or type."""

from __future__ import annotations

from netmend.network.ops._base import Call, Evaluate, Family
from netmend.network.ops._tflite import listed, on_grid, open_batch
from netmend.network.tensors import Tensor, functional, torch

# Types that tensors have in evaluation; None is the floating-point type of the evaluation.
_TYPES: dict[str, torch.dtype | None] = {
    "FLOAT32": None, "FLOAT16": None, "FLOAT64": None, "BFLOAT16": None,
    "INT8": torch.int8, "INT16": torch.int16, "INT32": torch.int32, "INT64": torch.int64,
    "UINT8": torch.uint8, "UINT16": torch.int32, "UINT32": torch.int64, "BOOL": torch.bool,
}  # fmt: skip


def _reshape(call: Call) -> Tensor:
    given = call.optional(1)
    shape = listed(given) if given is not None and given.numel() else list(call.get("new_shape") or [])
    return call[0].reshape(open_batch(shape, call[0].numel()))


def _squeeze(call: Call) -> Tensor:
    axes = call.get("squeeze_dims") or []
    if axes:
        return call[0].squeeze(tuple(axes))
    # Without axes all of length one go, but not an open batch.
    return call[0].squeeze(tuple(range(1, call[0].ndim))) if call[0].shape[:1] != (1,) else call[0].squeeze()


def _cast(call: Call) -> Tensor:
    kind = call.get("out_data_type", "FLOAT32")
    if kind not in _TYPES or call.scheme(0) is not None:
        raise call.refuse(f"to {kind}" if kind not in _TYPES else "of quantised numbers")
    return call[0].to(_TYPES[kind] or call.dtype)


def _shape(call: Call) -> Tensor:
    kind = torch.int64 if call.get("out_type") == "INT64" else torch.int32
    return torch.tensor(list(call[0].shape), dtype=kind)


def _split(call: Call) -> tuple[Tensor, ...]:
    axis = listed(call[0])[0]
    return torch.chunk(call[1], call.get("num_splits", 1), axis)


def _split_by(call: Call) -> tuple[Tensor, ...]:
    axis, sizes = listed(call[2])[0], listed(call[1])
    rest = call[0].shape[axis] - sum(size for size in sizes if size >= 0)
    return torch.split(call[0], [rest if size < 0 else size for size in sizes], axis)


def _concatenation(call: Call) -> Tensor:
    values = [each for each in call.inputs if each is not None]
    axis = call.get("axis", 0)
    rank = values[0].ndim
    # A constant that was joined to a batch of one is joined to every row.
    rows = max(each.shape[0] for each in values) if axis % rank else 0
    spread = [each.expand(rows, *each.shape[1:]) if rows and each.shape[0] == 1 else each for each in values]
    return torch.cat(spread, axis)


def _pack(call: Call) -> Tensor:
    return torch.stack([each for each in call.inputs if each is not None], call.get("axis", 0))


def _slice(call: Call) -> Tensor:
    value = call[0]
    for axis, (start, size) in enumerate(zip(listed(call[1]), listed(call[2]), strict=True)):
        size = value.shape[axis] - start if size < 0 else size
        value = value.narrow(axis, start, size)
    return value


def _strided_slice(call: Call) -> Tensor:
    """As `tf.strided_slice`: masks say which bounds count, which axes are new and which go."""
    starts, ends, steps = (listed(call[place]) for place in (1, 2, 3))
    if call.get("ellipsis_mask", 0):
        raise call.refuse("with an ellipsis")
    value = call[0]
    gone = []
    for axis, (start, end, step) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << axis
        if call.get("new_axis_mask", 0) & bit:
            value = value.unsqueeze(axis)
        elif call.get("shrink_axis_mask", 0) & bit:
            value = value.narrow(axis, start % value.shape[axis], 1)
            gone.append(axis)
        else:
            low = None if call.get("begin_mask", 0) & bit else start
            # With `offset` the end is counted from the beginning of the slice.
            high = None if call.get("end_mask", 0) & bit else (start + end if call.get("offset", False) else end)
            places = range(*slice(low, high, step).indices(value.shape[axis]))
            if step == 1:
                value = value.narrow(axis, places.start if places else 0, len(places))
            else:
                value = value.index_select(axis, torch.tensor(list(places), dtype=torch.int64))
    for each in reversed(gone):
        value = value.squeeze(each)
    return value


def _gather(call: Call) -> Tensor:
    axis, batch = call.get("axis", 0), call.get("batch_dims", 0)
    if batch:
        raise call.refuse("with batch axes")
    value, index = call[0], call[1].long()
    axis = axis % value.ndim
    taken = value.index_select(axis, index.reshape(-1))
    return taken.reshape(*value.shape[:axis], *index.shape, *value.shape[axis + 1 :])


def _scatter(call: Call) -> Tensor:
    answer = torch.zeros(listed(call[2]), dtype=call[1].dtype)
    return answer.index_put(tuple(call[0].long().movedim(-1, 0)), call[1], accumulate=True)


def _pairs(call: Call) -> list[list[int]]:
    return [[int(before), int(after)] for before, after in call[1].tolist()]


def _pad(call: Call) -> Tensor:
    filler = call.optional(2)
    flat = [number for pair in reversed(_pairs(call)) for number in pair]
    sizes = 1
    for size, pair in zip(call[0].shape, _pairs(call), strict=True):
        sizes *= size + sum(pair)
    call.affordable(sizes)
    return functional.pad(call[0], flat, value=0 if filler is None else filler.item())


def _mirrored(call: Call) -> Tensor:
    value = call[0]
    for axis, (before, after) in enumerate(_pairs(call)):
        size = value.shape[axis]
        if call.get("mode", "REFLECT") == "REFLECT":
            places = [size - 1 - abs(size - 1 - abs(place)) for place in range(-before, size + after)]
        else:
            places = [
                -place - 1 if place < 0 else 2 * size - 1 - place if place >= size else place
                for place in range(-before, size + after)
            ]
        value = value.index_select(axis, torch.tensor(places, dtype=torch.int64))
    return value


def _tile(call: Call) -> Tensor:
    times = listed(call[1])
    count = call[0].numel()
    for each in times:
        count *= each
    call.affordable(count)
    return call[0].repeat(times)


def _broadcast(call: Call) -> Tensor:
    shape = listed(call[1])
    if len(shape) == call[0].ndim and shape[0] == 1:
        shape[0] = call[0].shape[0]
    return call[0].expand(shape)


def _fill(call: Call) -> Tensor:
    shape = listed(call[0])
    count = 1
    for size in shape:
        count *= size
    call.affordable(count)
    return call[1].reshape(()).expand(shape)


def _range(call: Call) -> Tensor:
    start, end, step = (call[place].item() for place in range(3))
    call.affordable(max(0, int((end - start) / step) + 1))
    return torch.arange(start, end, step, dtype=call[0].dtype)


def _one_hot(call: Call) -> Tensor:
    depth, axis = listed(call[1])[0], call.get("axis", -1)
    places = call[0].unsqueeze(-1) == torch.arange(call.affordable(depth))
    return torch.where(places, call[2], call[3]).movedim(-1, axis)


def _depth_to_space(call: Call) -> Tensor:
    rows, height, width, channels = call[0].shape
    size = call.get("block_size", 1)
    value = call[0].reshape(rows, height, width, size, size, channels // size**2).permute(0, 1, 3, 2, 4, 5)
    return value.reshape(rows, height * size, width * size, channels // size**2)


def _space_to_depth(call: Call) -> Tensor:
    rows, height, width, channels = call[0].shape
    size = call.get("block_size", 1)
    value = call[0].reshape(rows, height // size, size, width // size, size, channels).permute(0, 1, 3, 2, 4, 5)
    return value.reshape(rows, height // size, width // size, channels * size**2)


def _space_to_batch(call: Call) -> Tensor:
    blocks, pads = listed(call[1]), call[2].tolist()
    flat = [number for pair in reversed(pads) for number in pair]
    value = functional.pad(call[0], [0, 0] * (call[0].ndim - 1 - len(blocks)) + flat)
    rows, sizes, rest = value.shape[0], value.shape[1 : 1 + len(blocks)], value.shape[1 + len(blocks) :]
    split = [number for size, block in zip(sizes, blocks, strict=True) for number in (size // block, block)]
    inner = [2 + 2 * place for place in range(len(blocks))]
    order = [*inner, 0, *(place - 1 for place in inner), *range(1 + 2 * len(blocks), 1 + 2 * len(blocks) + len(rest))]
    mixed = value.reshape(rows, *split, *rest).permute(order)
    return mixed.reshape(-1, *(size // block for size, block in zip(sizes, blocks, strict=True)), *rest)


def _batch_to_space(call: Call) -> Tensor:
    blocks, cuts, value = listed(call[1]), call[2].tolist(), call[0]
    count, whole = len(blocks), 1
    for block in blocks:
        whole *= block
    rows, sizes, rest = value.shape[0] // whole, value.shape[1 : 1 + count], value.shape[1 + count :]
    order = [count]
    for place in range(count):
        order += [count + 1 + place, place]
    order += range(1 + 2 * count, 1 + 2 * count + len(rest))
    value = value.reshape(*blocks, rows, *sizes, *rest).permute(order)
    value = value.reshape(rows, *(size * block for size, block in zip(sizes, blocks, strict=True)), *rest)
    for axis, (before, after) in enumerate(cuts, 1):
        value = value.narrow(axis, before, value.shape[axis] - before - after)
    return value


def _reversed(call: Call) -> Tensor:
    return call[0].flip([axis % call[0].ndim for axis in listed(call[1])])


def _expand(call: Call) -> Tensor:
    return call[0].unsqueeze(listed(call[1])[0])


_BY_NAME: dict[str, Evaluate] = {
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": _expand,
    "TRANSPOSE": lambda call: call[0].permute(listed(call[1])),
    "CAST": _cast,
    "SHAPE": _shape,
    "RANK": lambda call: torch.tensor(call[0].ndim, dtype=torch.int32),
    "SPLIT": _split,
    "SPLIT_V": _split_by,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": lambda call: call[0].unbind(call.get("axis", 0)),
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "GATHER": _gather,
    "GATHER_ND": lambda call: call[0][tuple(call[1].long().movedim(-1, 0))],
    "SCATTER_ND": _scatter,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _mirrored,
    "TILE": _tile,
    "BROADCAST_TO": _broadcast,
    "FILL": _fill,
    "RANGE": _range,
    "ZEROS_LIKE": lambda call: torch.zeros_like(call[0]),
    "ONE_HOT": _one_hot,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "REVERSE_V2": _reversed,
}

FAMILY = Family({f"tflite:{name}": on_grid(evaluate) for name, evaluate in _BY_NAME.items()})
