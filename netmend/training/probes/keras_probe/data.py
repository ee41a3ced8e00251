"""Rows of the arrays, generators, data sets and loaders that Keras takes.

A generator is not consumed: what passes through it on its way to Keras is noted down. A `tf.data.Dataset` is read only
after training, because reading it advances its shuffling.
"""

import contextlib
import itertools
import types

import numpy as np

from .. import measures
from ..measures import EVALUATION_ROWS
from .random_numbers import unchanged_generators
from .readings import first_leaf, inputs_and_labels, map_leaves, row_count, some_rows, to_numpy, to_tensors

COPIED_BYTES = 2**29  # of one data set at a time


class Data:
    """Inputs and labels in any form Keras takes.

    Attributes:
        x: what to hand to Keras instead; differs from what was given only for a generator.
        arrays: rows can be picked by number. tape: batches noted from a generator or from single updates, else None.
        batch: rows of the first batch; 0 before anything was read.
        readable: reading does not change what the training will read.
    """

    def __init__(self, x, y, tape=None):
        import keras

        leaves = keras.tree.flatten(x)
        self.x, self.y, self.tape = x, y, tape
        self.arrays = tape is None and all(len(getattr(leaf, "shape", ())) > 0 for leaf in leaves)
        self.readable = self.arrays or not type(x).__module__.startswith("tensorflow")
        self.noted = self.batch = 0
        if isinstance(x, types.GeneratorType):
            self.tape, self.x = [], self.noting(x)

    def noting(self, generator):
        """The same generator, its first batches noted as they pass."""
        for batch in generator:
            self.note(batch)
            yield batch

    def note(self, batch):
        """Keep a copy of a batch; the program may use the same memory again."""
        if self.noted < EVALUATION_ROWS:
            self.tape.append(
                tuple(map_leaves(lambda leaf: np.array(to_numpy(leaf)), part) for part in inputs_and_labels(batch))
            )
            self.noted += row_count(self.tape[-1][0])

    def symbols(self):
        """A batch without numbers, of any length: shapes and types as Keras will feed them; None if unknown."""
        import keras

        if not self.readable:
            batch = getattr(self.x, "element_spec", None)
        else:
            x, y = (to_tensors(part) for part in self.rows(1))
            batch = x if y is None else (x, y)
        return map_leaves(
            lambda leaf: keras.KerasTensor((None, *leaf.shape[1:]), keras.backend.standardize_dtype(leaf.dtype)), batch
        )

    def count(self):
        """Number of rows; 0 if unknown."""
        if self.arrays:
            return row_count(self.x)
        rows = getattr(self.x, "dataset", None)
        return len(rows) if hasattr(rows, "__len__") else 0

    def part(self, index):
        """Some of the rows of arrays."""
        return Data(some_rows(self.x, index), some_rows(self.y, index))

    def batches(self):
        """Inputs and labels, batch by batch; arrays are one batch."""
        if self.tape is not None:
            return iter(self.tape)
        if self.arrays:
            return iter([(self.x, self.y)])
        if hasattr(self.x, "num_batches") and hasattr(self.x, "__getitem__"):
            numbers = itertools.count() if self.x.num_batches is None else range(self.x.num_batches)
            return (inputs_and_labels(self.x[number]) for number in numbers)
        return (inputs_and_labels(batch) for batch in self.x)

    def rows(self, limit):
        """Inputs and labels as NumPy arrays: evenly spaced rows of arrays, the first rows of anything else."""
        parts, found = [], 0
        given = self.arrays or self.tape is not None
        with contextlib.nullcontext() if given else unchanged_generators(self.x):
            for batch in self.batches():
                parts.append([map_leaves(to_numpy, part) for part in batch])
                self.batch = self.batch or row_count(batch[0])
                found += row_count(batch[0])
                if not self.arrays and found >= (limit or EVALUATION_ROWS):
                    break
        if not parts:
            return None, None
        if not self.arrays:
            x, y = ([part[n] for part in parts] for n in (0, 1))
            return [map_leaves(lambda *leaves: np.concatenate(leaves)[:limit], *column) for column in (x, y)]
        limit = min(limit or found, max(1, COPIED_BYTES // max(to_numpy(first_leaf(self.x))[:1].nbytes, 1)))
        index = slice(None) if found <= limit else np.arange(limit) * found // limit
        return [some_rows(part, index) for part in parts[0]]


def row_hashes(x):
    """A checksum of every row of the inputs; texts as they are."""
    import keras

    leaves = [leaf if leaf.dtype.kind in "biuf" else leaf.astype("S") for leaf in keras.tree.flatten(x)]
    return measures.row_hashes(leaves, len(leaves[0]))
