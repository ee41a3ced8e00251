"""What is told of models in training, and the probe's own work: timed, its failures reported and never raised."""

import contextlib
import time

from ..likeness import likeness
from ..measures import STATISTICS_ROWS, array_stats
from .random_numbers import same_random_numbers
from .readings import first_leaf


class Report:
    """Writes the events of the channel.

    Attributes:
        emit: appends an event. save: writes arrays as `NAME.npz`, returns the file's sha256.
    """

    def __init__(self, emit, save):
        self.emit, self.save = emit, save

    @contextlib.contextmanager
    def working(self, doing, watched=None, restore=True):
        """The probe's own work: timed, its failures reported; random numbers it draws are not missing afterwards.

        Args:
            doing: for the report of a failure. watched: whose time it is, if anyone's.
            restore: put the random number generators back.
        """
        started = time.perf_counter()
        try:
            with same_random_numbers() if restore else contextlib.nullcontext():
                yield
        except Exception as error:
            self.emit({"event": "probe-error", "where": doing, "error": f"{type(error).__name__}: {error}"})
        finally:
            if watched is not None:
                watched.probe_seconds += time.perf_counter() - started

    def tell(self, event, watched, **fields):
        """Report an event of one model."""
        self.emit({"event": event, "model": watched.name, **fields})

    def warn(self, text):
        """Report a sentence for the user."""
        self.emit({"event": "warning", "text": text})

    def tell_data(self, watched, role, arrays, rows, inputs=None):
        """Statistics of one array, the first of several; of labels also whether they are as like as their `inputs`."""
        first = first_leaf(arrays)
        if first is not None:
            stats = array_stats(first[:STATISTICS_ROWS], rows, labels=role.endswith("labels"))
            # Of several inputs the labels may follow from another than the first.
            given = inputs if hasattr(inputs, "shape") else None
            alike = None if given is None else likeness(given[:STATISTICS_ROWS], first[:STATISTICS_ROWS])
            stats.update({} if alike is None else {"likeness": alike})
            self.tell("data", watched, role=role, stats=stats)

    def tell_training(self, watched):
        """The running totals."""
        totals = {"updates": watched.updates, "batch_size": watched.batch_size, "epochs_planned": watched.planned}
        seconds = {"train_seconds": watched.train_seconds, "probe_seconds": watched.probe_seconds}
        weights = {"class_weights": watched.class_weights} if watched.class_weights else {}
        self.tell("training", watched, shuffled=watched.shuffled, **totals, **seconds, **weights)

    def tell_training_data(self, watched):
        """Statistics of inputs and labels; the batch size where only the data know it."""
        x, y = watched.training.rows(STATISTICS_ROWS)
        watched.batch_size = watched.batch_size or watched.training.batch
        self.tell_data(watched, "inputs", x, watched.training.count())
        self.tell_data(watched, "labels", y, watched.training.count(), x)
