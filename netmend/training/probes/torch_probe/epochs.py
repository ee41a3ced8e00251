"""What is known of one model in training, and where its epochs end.

*Epochs*: passes over the `DataLoader` whose batches the steps were made on. In a loop without one, an epoch ends when
as many rows have been seen as there are training rows among the variables, so a step on the full data is an epoch.
Where no such variable is found, an epoch ends when the model is evaluated; where it never is, each step is one. When
such a loop has too many epochs for a curve, neighbours are joined.
"""

import bisect
import collections
import math
import time

from .rows import rows_of, takes_steps_first

EPOCHS = 300  # of a loop without `DataLoader`, at most twice as many: more points than a curve can show
PENDING = 256  # losses kept as tensors before they are read: reading one waits for the device
PASSES = 6  # over evaluation data: more than training, validation and test data need


class Model:
    """One model in training; keeps it alive until its predictions are saved.

    Attributes:
        leaves: (name, module) of every module without children, in order of registration.
        functions: by leaf: the activation that `forward` applies to what it puts out.
        logits: the loss takes logits. squashed: a sigmoid makes the outputs probabilities all the same.
        samples: (updates made, fields of `LayerStats` for every leaf). due: measure them in the next step.
        next_sample: after so many epochs. sampling: seconds used for it.
        given: arguments of the last forward pass in training. shape: of its output. idle: no backward pass has
            followed it.
        steps_first: its recurrent or attending layers take (steps, rows, ...). ignored: the label that its loss
            passes over; None if there is none.
        x: input of the last backward pass, rows first. fed: rows of the backward passes since the last step.
        steps: loss, rows it was averaged over, learning rate and time of every update. The probe's own time is taken
            out; a loss on a device is a tensor at first.
        direct: epochs are passes over a `DataLoader`. total: training rows, 0 if unknown.
        by_rows: epochs end when all training rows have been seen. since: rows seen since the last end.
        ends: updates made at the ends of epochs. switches: updates made when the model was evaluated.
        first: the batch of the first step, until the second.
        source, loader: the pass that the last step was made on, the id of its `DataLoader`.
        validations: for each pass over evaluation data: updates made, losses times rows, rows.
        inputs, labels, keys: first batches, and some columns of the training rows. noted: that is enough.
        plain: the model is given what the `DataLoader` gave.
        doubted: arguments of the last forward pass, if it was in eval mode and with gradients. never_back: such passes
            are those of training, because the program does not call `train()` again.
        started, last: time of the first forward pass and of the last update. spent: by the probe until it started.
    """

    def __init__(self, name, module, optimiser, began, spent):
        self.name, self.module, self.optimiser = name, module, optimiser
        modules = [] if module is None else module.named_modules()
        self.leaves = [(path or "model", leaf) for path, leaf in modules if next(leaf.children(), None) is None]
        self.functions, self.samples, self.due, self.next_sample, self.sampling = {}, [], False, 1, 0.0
        self.given = self.x = self.first = self.source = self.loader = self.direct = self.shuffled = None
        self.doubted = self.ignored = None
        self.shape, self.steps_first = (), takes_steps_first(module)
        self.logits = self.squashed = self.plain = self.idle = self.noted = self.never_back = False
        self.fed = self.batch_size = self.total = self.since = self.key_rows = self.updates = 0
        self.steps, self.by_rows, self.ends, self.switches, self.validations = [], True, [], [], []
        self.inputs, self.labels, self.keys, self.passes = [], [], [], collections.deque(maxlen=PASSES)
        self.started = self.last = (began or time.perf_counter()) - spent
        self.spent = spent

    @property
    def rate(self):
        """The learning rate in force; nan if the optimiser has none."""
        return float(self.optimiser.param_groups[0].get("lr", math.nan))

    @property
    def rows(self):
        """Rows of the last forward pass in training; 0 if they are not known."""
        return rows_of(self.given, self.shape, self.steps_first)

    @property
    def target(self):
        """Labels in training; None if they are not known."""
        return self.labels[0] if self.labels else None

    @property
    def complete(self):
        """Whether all training rows have been seen since the last end of an epoch, in a loop where this ends one."""
        return self.by_rows and self.since >= (self.total or 1)

    def step(self, rows, losses, clock):
        """Count a step, made on so many rows in backward passes with these losses."""
        loss = losses[0] if len(losses) == 1 else sum(losses) / max(len(losses), 1)
        self.steps.append((loss, rows if losses else 0, self.rate, clock))
        self.updates, self.since, self.last = self.updates + 1, self.since + rows, clock
        if self.updates % PENDING == 0:
            self.read_losses()

    def read_losses(self):
        """Fetch the losses that are still on a device, all at once: reading one waits for the device."""
        import torch

        waiting = [n for n in range(self.updates)[-PENDING:] if not isinstance(self.steps[n][0], float)]
        values = torch.stack([self.steps[n][0] for n in waiting]).tolist() if waiting else []
        for n, value in zip(waiting, values):  # noqa: B905
            self.steps[n] = (value, *self.steps[n][1:])

    def end_epoch(self):
        """End the epoch under way, if any."""
        if self.updates > (self.ends[-1] if self.ends else 0):
            self.ends.append(self.updates)
            self.since = 0

    def switch(self):
        """From training to evaluation: from the second time on this ends an epoch where no row count does."""
        if self.direct is False and not self.total and self.updates and self.switches[-1:] != [self.updates]:
            self.switches.append(self.updates)
            if len(self.switches) > 1:
                self.by_rows, self.ends = False, self.switches

    def misread(self, known, batch):
        """The last forward pass in evaluation mode was one of training: `eval()` was called and `train()` is not."""
        self.given, self.never_back, self.doubted = self.doubted, True, None
        known.batches = {key: each for key, each in known.batches.items() if each is not batch}
        if not known.batches:
            self.passes.remove(known)

    def epochs(self):
        """Updates made at the ends of epochs, of which neighbours are joined where there are too many for a curve."""
        join = 1
        while not self.direct and len(self.ends) >= 2 * EPOCHS * join:
            join *= 2
        return [*self.ends[join - 1 : -1 : join], *self.ends[-1:]]

    def epoch(self, start, end):
        """The fields of an epoch between two numbers of updates; losses are averaged over rows."""
        self.read_losses()
        values, steps = {}, self.steps[start:end]
        rows = sum(n for _, n, _, _ in steps)
        if rows:
            values["loss"] = sum(loss * n for loss, n, _, _ in steps) / rows
        last = bisect.bisect_left(self.validations, [end + 1]) - 1
        if last >= 0 and self.validations[last][0] > start:
            values["val_loss"] = float(self.validations[last][1]) / self.validations[last][2]
        _, _, rate, clock = steps[-1]
        seconds = clock - (self.steps[start - 1][3] if start else self.started)
        return {"values": values, "updates": end - start, "seconds": seconds, "learning_rate": rate}
