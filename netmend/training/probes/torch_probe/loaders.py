"""Passes over a `DataLoader`, seen from outside, and which of them are on their way."""

import weakref

from .reporting import own
from .tensors import equal, first_argument, tensors
from .variables import LABEL_WORDS

LABEL_KEYS = ("label", "target")  # of batches that are dictionaries


class Pass:
    """One iteration over a `DataLoader`, seen from outside: it hands on the batches and remembers the last."""

    def __init__(self, loaders, loader, iterator):
        self._loaders, self.loader, self._iterator = loaders, loader, iterator
        self._given, self._batch, self.ref = None, [], weakref.ref(self)

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._iterator)

    def __getattr__(self, name):
        return getattr(self._iterator, name)

    def __next__(self):
        try:
            given = next(self._iterator)
        except StopIteration:
            self._loaders.exhausted(self)
            raise
        self._given, self._batch = given, None
        running = self._loaders.running
        if not running or running[-1] is not self.ref:
            self._loaders.drawn(self)
        return given

    @property
    def batch(self):
        """The tensors of the last batch, with the keys they stand under."""
        if self._batch is None:
            self._batch = [(name, tensor) for name, tensor in tensors(self._given) if tensor.ndim]
        return self._batch

    def holds(self, x):
        """Whether an input has as many rows as the last batch, which may put the steps of sequences first."""
        return len(x) in {len(tensor) for _, tensor in self.batch}

    def labels(self, given, rows):
        """What the batch holds beside the inputs, the last of several; None if nothing.

        Args:
            given: arguments of the model. rows: that the labels should have, if anything has.
        """
        inputs = [tensor for _, tensor in tensors(given)]
        known = [any(each.data_ptr() == tensor.data_ptr() for each in inputs) for _, tensor in self.batch]
        if not any(known) and len(self.batch) > 2:  # copies, perhaps on a device
            known = [any(equal(each, tensor) for each in inputs) for _, tensor in self.batch]
        if not any(known):
            known[:1] = [True]
        others = [each for each, is_input in zip(self.batch, known) if not is_input]  # noqa: B905
        if not others and isinstance(first_argument(given), type(self._given)):  # the batch itself, labels and all
            others = [each for each in self.batch if each[0] in LABEL_WORDS or each[0] in LABEL_KEYS]
        others = [each for each in others if len(each[1]) == rows] or others
        named = [tensor for name, tensor in others if any(word in name for word in LABEL_KEYS)]
        return named[0] if named else others[-1][1] if others else None


class Loaders:
    """Passes over a `DataLoader` that are on their way.

    Attributes:
        running: as weak references, the one that gave a batch last at the end.
    """

    def __init__(self, report, ended):
        self.report, self._ended, self.running = report, ended, []

    @property
    def last(self):
        """The pass that gave a batch last; None if there is none."""
        return self.running[-1]() if self.running else None

    def of(self, x):
        """The running pass that an input comes from; None if there is none."""
        running = (each() for each in reversed(self.running))
        return next((each for each in running if each is not None and x is not None and each.holds(x)), None)

    @own("reading a batch")
    def drawn(self, given):
        """A `DataLoader` has given a batch, and was not the one that gave the last."""
        self.running = [each for each in self.running if each() not in (None, given)] + [given.ref]

    @own("ending an epoch")
    def exhausted(self, given):
        """A `DataLoader` has no more batches."""
        self.running = [each for each in self.running if each() not in (None, given)]
        self._ended(given.ref)
