"""Rows that are kept from training, so that the model can be measured on them."""

import functools

import numpy as np

from ..measures import withheld
from .reporting import own
from .tensors import tensors


class Withholding:
    """Withholds rows from the first `DataLoader`.

    Attributes:
        held: the whole data set, numbers of the rows, how they are made a batch; None before.
    """

    def __init__(self, report, share):
        self.report, self._share, self.held = report, share, None

    def install(self, functions, loader):
        """Have the constructor of `DataLoader` withhold rows."""
        original = loader.__init__

        @functools.wraps(original)
        def new(self_, dataset, *args, **kwargs):
            original(self_, self.withhold(dataset, args, kwargs) or dataset, *args, **kwargs)

        functions.put(loader, "__init__", new)

    @own("withholding rows")
    def withhold(self, dataset, args, kwargs):
        """The first data set without the rows to withhold; None to leave a data set as it is."""
        import torch

        given = dict(zip(("batch_size", "shuffle", "sampler", "batch_sampler"), args), **kwargs)  # noqa: B905
        if self.held or given.get("sampler") or given.get("batch_sampler") or not hasattr(dataset, "__len__"):
            return None
        if isinstance(dataset, torch.utils.data.IterableDataset):
            return None
        out = withheld(len(dataset), self._share)
        self.held = dataset, np.flatnonzero(out), given.get("collate_fn") or torch.utils.data.default_collate
        text = f"{out.sum()} of {len(out)} training rows were withheld from training to measure the model on them."
        self.report.emit({"event": "warning", "text": text})
        return Kept(dataset, np.flatnonzero(~out))

    def batch(self, model):
        """The withheld rows as a model is given them: arguments, input, labels.

        None if the program changes its batches before the model sees them.
        """
        dataset, numbers, collate = self.held
        given = [tensor for _, tensor in tensors(collate([dataset[int(number)] for number in numbers]))]
        if not model.plain or len(given) < 2:
            return None
        x = given[0].reshape(-1, *model.x.shape[1:]).to(model.x)
        return ((x,), {}), x, given[-1]


class Kept:
    """Some of the rows of a map-style data set, in every other respect like the whole."""

    def __init__(self, whole, numbers):
        self._whole, self._numbers = whole, numbers.tolist()

    def __len__(self):
        return len(self._numbers)

    def __getitem__(self, number):
        return self._whole[self._numbers[number]]

    def __getattr__(self, name):
        if name.startswith("__"):  # such as `__getitems__`, which reads rows by their numbers in the whole
            raise AttributeError(name)
        return getattr(self._whole, name)
