"""Measures the layers of a model: before its first update, after its last, and at growing distances in between."""

import bisect
import time

from .evaluation import predict
from .layer_statistics import layer_stats
from .reporting import own

SAMPLE_SHARE = 0.01  # of training time for measuring layers, so that the whole probe stays below 5 %
GROWTH = 1.15  # between the epochs at which layers are measured: 50 times in 1,000 epochs


class Sampling:
    """Measures layers by the calls of their modules."""

    def __init__(self, report, calls, full):
        self.report, self._calls, self._full = report, calls, full

    def after_epoch(self, model):
        """Have the layers measured in the next step if it is their turn."""
        if self._full and model.leaves and len(model.ends) >= model.next_sample:
            model.due = model.sampling < SAMPLE_SHARE * (model.last - model.started)
            if model.due:
                self._calls.look()

    def sample(self, model):
        """Measure every layer: weights, gradients, and what it put out when it was seen last."""
        began, layers, finished = time.perf_counter(), [], len(model.ends)
        for name, leaf in model.leaves:
            _, _, output, _ = self._calls.seen.get(id(leaf), (leaf, None, None, ()))
            layers.append(layer_stats(name, leaf, output, model.functions.get(leaf, ""), model.rate))
        model.samples.append((model.updates, layers))
        model.due, model.next_sample = False, max(finished + 1, int(finished * GROWTH))
        if model.direct or not model.updates:
            self.report.tell("layer-stats", model, epoch=finished, layers=layers, skipped="")
        if model.updates:  # the first is not counted: it is always made
            model.sampling += time.perf_counter() - began

    @own("measuring layers")
    def finish(self, model):
        """Measure the layers of the trained model on the last batch, with the last gradients."""
        if self._full and model.given is not None:
            self._calls.look()
            try:
                predict(model.module, [model.given])
                self.sample(model)
            finally:
                self._calls.look_away()
        for updates, layers in [] if model.direct else model.samples:  # of several in an epoch, the last counts
            epoch = bisect.bisect_left(model.epochs(), updates) + 1 if updates else 0
            self.report.tell("layer-stats", model, epoch=epoch, layers=layers, skipped="")
