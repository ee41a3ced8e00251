"""The batches of a PyTorch program: what a `DataLoader` gives, what is evaluated, and how rows are known again.

A neighbour of `torch_probe.py`, which loads it by path; Python 3.8 and NumPy only, `torch` is handed in.
"""

import itertools
import weakref
import zlib

import numpy as np

KEY_COLUMNS = 64  # of a row, by which it is known again: bounds time and memory
FULL_PASS = 20  # rows; fewer are a demonstration, not a test
LABEL_KEYS = ("label", "target")  # of batches that are dictionaries

_numbers = itertools.count(1)


class Pass:
    """One iteration over a `DataLoader`, seen from outside: it hands on the batches and remembers the last."""

    def __init__(self, probe, loader, iterator):
        self._probe, self.loader, self._iterator, self.raw, self._items = probe, loader, iterator, None, []
        self.number, self.ref = next(_numbers), weakref.ref(self)

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._iterator)

    def __getattr__(self, name):
        return getattr(self._iterator, name)

    def __next__(self):
        try:
            batch = next(self._iterator)
        except StopIteration:
            self._probe.exhausted(self)
            raise
        self.raw, self._items = batch, None
        if self._probe.newest is not self.ref:
            self._probe.drawn(self)
        return batch

    @property
    def batch(self):
        """The tensors of the last batch, with the keys they stand under."""
        if self._items is None:
            self._items = [(name, item) for name, item in flat(self._probe.torch, self.raw) if item.ndim]
        return self._items

    def holds(self, x):
        """Whether an input has as many rows as the last batch."""
        return bool(self.batch) and len(self.batch[0][1]) == len(x)

    def labels(self, x):
        """What the batch holds beside the input, the last of several; None if nothing."""
        first = next((n for n, (_, item) in enumerate(self.batch) if item.data_ptr() == x.data_ptr()), 0)
        others = self.batch[:first] + self.batch[first + 1 :]
        named = [item for name, item in others if any(word in name for word in LABEL_KEYS)]
        return named[0] if named else others[-1][1] if others else None


class Evaluated:
    """One pass over evaluation data: `batches` are (arguments, keyword arguments, input, labels) in lists."""

    def __init__(self, place, moment, origin):
        self.place, self.moment, self.origin, self.batches, self.rows, self.bytes = place, moment, origin, [], 0, 0


def choose_pass(model):
    """The last pass over rows that are not training rows, and the reason if there is none."""
    if not model.passes:
        return None, "The program never runs its model in eval mode or without gradients."
    known = set(keys(model.keys))
    best, reason = None, "The labels of the rows that the program evaluates could not be found."
    for each in reversed(model.passes):
        labelled = [b for b in each.batches if b[3] is not None and len(b[3]) == len(b[2])]
        fresh = [b for b in labelled if 2 * sum(k in known for k in keys([columns(b[2])])) <= len(b[2])]
        if labelled and not fresh:
            reason = "The program evaluates its model only on rows that it trains on."
        each.batches, each.rows = fresh, sum(len(batch[2]) for batch in fresh)
        if best is None or best.rows < min(each.rows, FULL_PASS):
            best = each
    return (best, "") if best.rows else (None, reason)


def predict(torch, module, arguments):
    """Outputs in eval mode, one for each set of arguments; modes and random numbers are as before."""
    modes = [(part, part.training) for part in module.modules()]
    try:
        with torch.random.fork_rng(), torch.no_grad():
            module.eval()
            outputs = [module(*args, **kwargs) for args, kwargs in arguments]
    finally:
        for part, training in modes:
            part.training = training
    return [first(torch, [output]) for output in outputs]


def withheld(rows, share):
    """Numbers of the rows to keep and to withhold: those whose number has a checksum below the share, in every run."""
    out = [zlib.crc32(number.to_bytes(4, "little")) < share * 2**32 for number in range(rows)]
    return [n for n in range(rows) if not out[n]], [n for n in range(rows) if out[n]]


def part(torch, dataset, kept):
    """The rows of a map-style data set that are kept, in every other respect like the whole."""

    class Part(torch.utils.data.Dataset):
        def __len__(self):
            return len(kept)

        def __getitem__(self, number):
            return dataset[kept[number]]

        def __getitems__(self, numbers):
            return [dataset[kept[number]] for number in numbers]

        def __getattr__(self, name):
            return getattr(dataset, name)

    return Part()


def row_hashes(torch, batch):
    """A checksum of every row of the inputs as 32-bit floats; several inputs are chained in order."""
    hashes = [0] * len(batch[2])
    for item in [*batch[0], *batch[1].values()]:
        if isinstance(item, torch.Tensor) and item.ndim and len(item) == len(hashes):
            rows = np.ascontiguousarray(to_numpy(torch, item), dtype=np.float32)
            hashes = [zlib.crc32(row.tobytes(), start) for row, start in zip(rows, hashes)]  # noqa: B905
    return np.array(hashes, dtype=np.uint32)


def first(torch, values):
    """The first tensor in a list, also inside lists, tuples and dictionaries."""
    for _, item in flat(torch, values):
        return item
    return None


def flat(torch, values, name=""):
    """All tensors of a batch in order, with the keys they stand under."""
    if isinstance(values, torch.Tensor):
        return [(name, values)]
    if isinstance(values, dict):
        return [pair for key, value in values.items() for pair in flat(torch, value, str(key).lower())]
    if isinstance(values, (list, tuple)):
        return [pair for value in values for pair in flat(torch, value, name)]
    return []


def to_numpy(torch, values):
    """An array of a tensor on any device; NumPy has no bfloat16."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return values


def columns(x):
    """Some columns of rows, by which they are known again."""
    flat = x.detach().reshape(len(x), -1)
    step = -(-flat.shape[1] // KEY_COLUMNS)
    return flat[:, ::step].clone()


def keys(columns):
    """Checksums of rows, given tensors of some of their columns."""
    return [zlib.crc32(row.tobytes()) for rows in columns for row in rows.cpu().float().numpy()]


def same(a, b):
    """Whether two tensors begin at the same place in memory and have as many rows."""
    return a.data_ptr() == b.data_ptr() and len(a) == len(b)
