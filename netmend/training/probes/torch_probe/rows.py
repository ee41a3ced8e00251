"""What the rows of a model are, and how they are known again.

*Rows* are what the output counts: the input's first dimension as a rule, its second where sequences stand side by side
(steps, rows, ...), the offsets' where the words of all rows stand in one line, as `EmbeddingBag` takes them, the
sequences of a `PackedSequence`. Where the answers to all positions of all sequences stand in one line, which is how
`cross_entropy` wants them, or their labels do, both are put back: a row is a sequence, because its positions depend on
each other.
"""

import zlib

import numpy as np

from .. import measures
from .tensors import first, packed_in, tensors, to_numpy

KEY_COLUMNS = 64  # by which training rows are known again: bounds time and memory


def takes_steps_first(module):
    """Whether the layers of a model that read sequences all take (steps, rows, ...)."""
    orders = [part.batch_first for part in (() if module is None else module.modules()) if hasattr(part, "batch_first")]
    return bool(orders) and not any(orders)


def grid(given, shape, steps_first):
    """First two dimensions of an input of sequences whose answers stand in one line, or steps before rows; else None.

    Args:
        given, shape: arguments of the model, shape of its output. steps_first: as in `Model`.
    """
    x = first(given)
    if x is None or x.ndim < 2 or not shape or packed_in(given) is not None:
        return None
    sides = tuple(x.shape[:2])
    in_line = shape[0] == sides[0] * sides[1] and shape[0] not in sides
    return sides if in_line or (steps_first and len(shape) > 2 and shape[:2] == sides) else None


def rows_of(given, shape, steps_first):
    """Rows of an output; 0 if there is none."""
    sides = grid(given, shape, steps_first)
    return sides[int(steps_first)] if sides else shape[0] if shape else 0


def sequences(values, given, shape, steps_first):
    """Outputs or labels with the rows of the model first, each with all its positions."""
    sides = grid(given, shape, steps_first)
    if sides is None:
        return values
    if len(values) == sides[0] * sides[1]:
        values = values.reshape(*sides, *values.shape[1:])
    return values.swapaxes(0, 1) if steps_first and tuple(values.shape[:2]) == sides else values


def rows_first(given, rows):
    """The first tensor of some arguments with its rows first; as it is where it cannot be told which they are.

    Args:
        rows: of the output; 0 if they are not known.
    """
    x = first(given)
    if x is None or not rows or len(x) == rows:
        return x
    if x.ndim > 1 and packed_in(given) is None:
        return x.transpose(0, 1) if x.shape[1] == rows else x
    parts = bags(given, rows)
    if parts is None:
        return x
    padded = x.new_zeros((rows, KEY_COLUMNS))  # one width for all batches, so that rows are known again
    for number, part in enumerate(parts):
        beginning = part.reshape(-1)[:KEY_COLUMNS]
        padded[number, : len(beginning)] = beginning
    return padded


def bags(given, rows):
    """The words of each row, where the first tensor holds those of all and another where each row begins; else None.

    Likewise the steps of each sequence of a `PackedSequence`.
    """
    import torch

    packed = packed_in(given)
    if packed is not None:
        values, lengths = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        if len(lengths) != rows:
            return None
        return [row[:length] for row, length in zip(values, lengths.tolist())]  # noqa: B905
    words, *others = [tensor for _, tensor in tensors(given) if tensor.ndim]
    for starts in others:
        if words.ndim == starts.ndim == 1 and not starts.is_floating_point() and len(starts) in (rows, rows + 1):
            bounds = starts.tolist()
            if bounds[0] == 0 and bounds == sorted(bounds) and bounds[-1] <= len(words):
                ends = [*bounds[1:], len(words)]
                return [words[start:end] for start, end in zip(bounds[:rows], ends)]  # noqa: B905
    return None


def columns(x):
    """Some columns of rows, by which they are known again."""
    flat = x.detach().reshape(len(x), -1)
    return flat[:, :: -(-flat.shape[1] // KEY_COLUMNS)].clone()


def keys(columns):
    """Checksums of rows, given some of their columns."""
    return [zlib.crc32(row.tobytes()) for row in columns.cpu().float().numpy()]


def row_hashes(given, rows):
    """A checksum of every row of the inputs as 32-bit floats; several inputs are chained in order."""
    inputs = [tensor for _, tensor in tensors(given) if tensor.ndim]
    if inputs and len(inputs[0]) != rows:
        inputs = [bags(given, rows) or rows_first(given, rows), *(() if packed_in(given) is not None else inputs[1:])]
        inputs = inputs[:1] if isinstance(inputs[0], list) else inputs  # where a row begins is no part of it
    fitting = [values for values in inputs if len(values) == rows]
    arrays = [[to_numpy(row) for row in each] if isinstance(each, list) else to_numpy(each) for each in fitting]
    return measures.row_hashes(arrays, rows)


def filled(arrays):
    """Arrays of rows as one, each filled up with zeros to the longest, and which of the values were there.

    Rows of sequences of one step, which may lack their dimension beside others, get it back.
    """
    axes = max(array.ndim for array in arrays)
    arrays = [array[:, None] if array.ndim == axes - 1 else array for array in arrays]
    if len({array.shape[1:] for array in arrays}) > 1:
        size = np.max([array.shape[1:] for array in arrays], axis=0)
        margins = [[(0, 0), *((0, int(n)) for n in size - array.shape[1:])] for array in arrays]
        there = [np.pad(np.ones(array.shape, bool), margin) for array, margin in zip(arrays, margins)]  # noqa: B905
        arrays = [np.pad(array, margin) for array, margin in zip(arrays, margins)]  # noqa: B905
        return np.concatenate(arrays), np.concatenate(there)
    whole = np.concatenate(arrays)
    return whole, np.ones(whole.shape, bool)
