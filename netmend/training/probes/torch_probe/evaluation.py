"""Passes over evaluation data: which of them count, where their labels are, and predicting them at the end.

*Evaluation data*: inputs of forward passes in eval mode or without gradients; where there is none, that of the last
forward pass, if no backward pass followed. Labels are, in this order: the rest of the batch that a `DataLoader` has
just given; the variable that pairs with the input's (`X_test` and `y_test`); the target of a loss computed on the
output. Batches whose rows are mostly training rows do not count. The last pass that is no mere demonstration counts,
and the model predicts it again at the program's end, in eval mode. A position does not count where the loss ignores its
label or a sequence is filled up to the longest.
"""

import collections
import sys
import types

import numpy as np

from ..measures import EVALUATION_ROWS
from .reporting import own
from .rows import columns, filled, keys, row_hashes, rows_first, rows_of, sequences
from .tensors import first, readable, same, shape_of, to_numpy
from .variables import TRAINING, labels_of, part_named, user_frames

PASS_BYTES = 2**28  # of one pass
FULL_PASS = 20  # rows; fewer are a demonstration, not a test


class Evaluated:
    """One pass over evaluation data.

    Attributes:
        origin: as in `Evaluation`. place, moment: what sets it apart from others.
        batches: all that the model was `given`, its input `x`, rows first, labels `y` and the `shape` of its output; by
            where the input lies in memory, so that a batch that is evaluated twice counts once.
        loss: updates made before it, losses times rows, rows. training: its rows are training rows.
    """

    def __init__(self, origin, place=None, moment=None, updates=0):
        self.origin, self.place, self.moment, self.training = origin, place, moment, False
        self.batches, self.rows, self.bytes, self.loss = {}, 0, 0, [updates, 0.0, 0]

    def with_batch(self, given, x, y, shape=()):
        """This pass, with one labelled batch."""
        batch = self.batch(given, x)
        batch.y, batch.shape = y, shape
        return self

    def batch(self, given, x):
        """The batch of an input, which is kept unless there are enough."""
        key = (first(given).data_ptr(), len(x))
        batch = self.batches.get(key) or types.SimpleNamespace(given=given, x=x, y=None, shape=())
        if key not in self.batches and self.rows < EVALUATION_ROWS and self.bytes < PASS_BYTES:
            self.batches[key] = batch
            self.rows, self.bytes = self.rows + len(x), self.bytes + x.numel() * x.element_size()
        return batch


def choose_pass(passes, training):
    """The last of some passes over rows that are not training rows, and the reason if there is none.

    Args:
        passes: in the order they were made, those that are said to be of training rows least; batches of training rows,
            and without labels, are taken out of them.
        training: `columns` of training rows.
    """
    if not passes:
        return None, "The program never runs its model in eval mode or without gradients."
    known = {key for part in training for key in keys(part)}
    best, reason = None, "The labels of the rows that the program evaluates could not be found."
    for each in [*sorted(passes, key=lambda each: not each.training)][::-1]:
        labelled = [b for b in each.batches.values() if b.y is not None and len(b.y) == len(b.x)]
        fresh = [b for b in labelled if 2 * sum(key in known for key in keys(columns(b.x))) <= len(b.x)]
        if labelled and not fresh:
            reason = "The program evaluates its model only on rows that it trains on."
        each.batches, each.rows = dict(enumerate(fresh)), sum(len(b.x) for b in fresh)
        if best is None or best.rows < min(each.rows, FULL_PASS):
            best = each
    return (best, "") if best.rows else (None, reason)


def predict(module, given):
    """Outputs in eval mode, one for each set of arguments; modes and random numbers are as before."""
    import torch

    modes = [(part, part.training) for part in module.modules()]
    try:
        with torch.random.fork_rng(), torch.no_grad():
            module.eval()
            outputs = [module(*args, **kwargs) for args, kwargs in given]
    finally:
        for part, training in modes:
            part.training = training
    return [first(output) for output in outputs]


class Evaluations:
    """Notes what a program evaluates, and measures the model on it again.

    Attributes:
        last: model, pass and batch of the last forward pass, if it was in evaluation.
    """

    def __init__(self, report, loaders, withholding):
        self.report, self._loaders, self._withholding, self.last = report, loaders, withholding, None

    @own("reading evaluation data")
    def evaluated(self, model, given, output, within):
        """A forward pass in eval mode or without gradients.

        Args:
            within: the loss that it has computed itself; None if it has not.
        """
        shape = shape_of(output)
        self.last, x = None, rows_first(given, rows_of(given, shape, model.steps_first))
        if x is None or not len(x):
            return
        model.switch()
        source = self._loaders.of(x)
        if source is None:
            frame = next(user_frames())
            place, moment, origin = (frame.f_code, frame.f_lineno, part_named()), model.updates, "eval-mode tensors"
        else:
            place, moment, origin = id(source.loader), source.ref, "eval-mode loader"
        known = model.passes[-1] if model.passes else None
        if known is None or (known.place, known.moment) != (place, moment):
            model.passes = collections.deque((p for p in model.passes if p.place != place), model.passes.maxlen)
            known = Evaluated(origin, place, moment, model.updates)
            model.passes.append(known)
        known.training = place == model.loader or (model.x is not None and same(model.x, x))
        known.training = known.training or (source is None and place[2] == TRAINING)
        batch = known.batch(given, x)
        batch.shape = shape
        if within is not None and within.is_given(first(output)):
            self.validated(within, model, known, batch)
        if batch.y is None:
            y = labels_of(x, model.target) if source is None else source.labels(given, len(x))
            batch.y = None if y is None else sequences(y, given, shape, model.steps_first)
        self.last = model, known, batch

    def validated(self, call, model, known, batch):
        """A loss was computed in evaluation: what it was given are the labels, if nothing else is."""
        y = call.labels(batch.given, batch.shape, model.steps_first)
        if y is not None and len(y) == len(batch.x):
            batch.y = y if batch.y is None else batch.y
            if call.value.ndim == 0 and not known.training and model.updates:
                if not known.loss[2]:
                    model.validations.append(known.loss)
                known.loss[1:] = known.loss[1] + readable(call.value) * len(y), known.loss[2] + len(y)

    @own("predicting the evaluation data")
    def finish(self, model, may_withhold):
        """Predict the last pass over evaluation data again, or say why there is none.

        Args:
            may_withhold: the withheld rows, if any, are of this model.
        """
        passes = model.passes or (idle_pass(model) if model.idle else [])
        chosen, reason = choose_pass(passes, model.keys)
        if chosen is None and may_withhold and self._withholding.held is not None:
            found = self._withholding.batch(model)
            chosen = found and Evaluated("held-out training rows").with_batch(*found)
            reason = "The program changes its batches before the model sees them, so withheld rows cannot be used."
        if chosen is None:
            self.report.tell("no-evaluation", model, reason=reason, arrays=bool(model.direct and model.plain))
            return
        self.measure(model, chosen)

    def measure(self, model, chosen):
        """Predict a pass, and save predictions, labels and checksums of its rows."""
        batches = chosen.batches.values()
        outputs = predict(model.module, [batch.given for batch in batches])
        outputs = [
            sequences(output, batch.given, shape_of(output), model.steps_first)
            for output, batch in zip(outputs, batches)  # noqa: B905
        ]
        y_pred, _ = filled([to_numpy(output) for output in outputs])
        y_true, there = filled([to_numpy(batch.y) for batch in batches])
        if len(y_pred) != len(y_true):
            reason = f"The model gives {len(y_pred)} predictions for {len(y_true)} rows."
            self.report.tell("no-evaluation", model, reason=reason, arrays=False)
            return
        name = "evaluation-" + model.name.replace(" ", "-")
        hashes = np.concatenate([row_hashes(batch.given, len(batch.x)) for batch in batches])
        arrays = {"y_true": y_true, "y_pred": y_pred, "row_hash": hashes}
        counted = there if model.ignored is None else there & (y_true != model.ignored)
        if not counted.all():
            arrays["counted"] = counted
        digest = self.report.save(name, **arrays)
        fields = {"file": name + ".npz", "sha256": digest, "rows": len(y_true)}
        fields["logits"] = model.logits and not model.squashed
        self.report.tell("evaluation", model, origin=chosen.origin, **fields)
        self.report.tell_data(model, "eval_inputs", [batch.x for batch in batches], len(y_true))
        self.report.tell_data(model, "eval_labels", [y_true], len(y_true))
        self.report.tell_data(model, "outputs", [y_pred], len(y_true))


def idle_pass(model):
    """The last forward pass in the mode of training, which no backward pass has followed."""
    x = rows_first(model.given, model.rows)
    y = labels_of(x, model.target, vars(sys.modules["__main__"]))
    return [] if y is None else [Evaluated("eval-mode tensors").with_batch(model.given, x, y, model.shape)]
