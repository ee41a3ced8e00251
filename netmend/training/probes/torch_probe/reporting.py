"""What is told of models in training, and the mark of the probe's own work."""

import functools
import time

import numpy as np

from ..likeness import likeness
from ..measures import STATISTICS_ROWS, array_stats
from .tensors import to_numpy


def own(doing):
    """Mark a method as the probe's own work: timed, its failures reported and never raised.

    The object has a `report`.
    """

    def decorate(method):
        @functools.wraps(method)
        def guarded(self, *args):
            started = time.perf_counter()
            try:
                return method(self, *args)
            except Exception as error:
                self.report.failed(doing, error)
            finally:
                self.report.spent += time.perf_counter() - started

        return guarded

    return decorate


class Report:
    """Writes the events of the channel.

    Attributes:
        emit: appends an event. save: writes arrays as `NAME.npz`, returns the file's sha256.
        spent: seconds of the probe's own work.
    """

    def __init__(self, emit, save):
        self.emit, self.save, self.spent = emit, save, 0.0

    def failed(self, doing, error):
        """Report that the probe could not do something."""
        self.emit({"event": "probe-error", "where": doing, "error": f"{type(error).__name__}: {error}"})

    def tell(self, event, model, **fields):
        """Report an event of one model."""
        self.emit(dict(event=event, model=model.name, **fields))

    def tell_versions(self, seed):
        """Report what is watched."""
        import torch

        versions = {"torch": str(torch.__version__), "numpy": np.__version__}
        told = {"event": "probe", "framework": "torch", "backend": "torch", "seed": seed}
        self.emit(dict(told, versions=versions))

    def tell_training(self, model):
        """The running totals."""
        totals = {"updates": model.updates, "batch_size": model.batch_size, "epochs_planned": len(model.epochs())}
        times = {"train_seconds": model.last - model.started, "probe_seconds": self.spent - model.spent}
        self.tell("training", model, shuffled=model.shuffled, **totals, **times)

    def tell_epoch(self, model, number, ends):
        """Report an epoch, given the updates that had been made at the ends of all."""
        start = ends[number - 2] if number > 1 else 0
        self.tell("epoch", model, number=number, **model.epoch(start, ends[number - 1]))

    def tell_data(self, model, role, arrays, rows, inputs=()):
        """Statistics of arrays of rows; of labels also whether they are as like each other as their `inputs`."""
        array = _joined(arrays)
        if array is not None:
            stats = array_stats(array, rows, role.endswith("labels"))
            given = _joined(inputs)
            alike = None if given is None else likeness(given, array)
            stats.update({} if alike is None else {"likeness": alike})
            self.tell("data", model, role=role, stats=stats)


def _joined(arrays):
    """The first rows of arrays of rows as one; None if there are none, or they do not fit together."""
    arrays = [to_numpy(array[:STATISTICS_ROWS]) for array in arrays]
    fit = arrays and all(array.shape[1:] == arrays[0].shape[1:] for array in arrays)
    return np.concatenate(arrays)[:STATISTICS_ROWS] if fit else None
