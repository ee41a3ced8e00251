"""What `torch_probe.py` knows of one model in training: its layers, its epochs, its batches.

A neighbour of `torch_probe.py`, which loads it by path; Python 3.8 only, `torch` is handed in.
"""

import collections

EPOCHS = 300  # of a loop without `DataLoader`, at most twice as many: more points than a curve can show
PASSES = 6  # over evaluation data: more than training, validation and test data need


class Model:
    """One model; keeps it alive until its predictions are saved.

    Attributes:
        leaves: (name, module) of every module without children, in order of registration.
        functions, outputs: by leaf: the activation that `forward` applies to it, and its last output.
        samples: (epochs finished, fields of `LayerStats` for every leaf).
        x, arguments: of the last forward pass in training. idle: no backward pass has followed it.
        direct: epochs are passes over a `DataLoader`. total: training rows, 0 if unknown.
        first: the batch of the first step, until the second.
        source, loader: the pass of the open epoch, the id of its `DataLoader`.
        epochs, open: as dictionaries; in "losses" and "val" are (loss, rows), the loss a tensor until it is read.
        finished: epochs counted before any were joined; `join` of them are one in `epochs`.
        inputs, labels, keys: first batches, and some columns of the training rows.
    """

    def __init__(self, name, module, optimiser):
        self.name, self.module, self.optimiser, self.optimisers = name, module, optimiser, []
        modules = [] if module is None else module.named_modules()
        self.leaves = [(path or "model", leaf) for path, leaf in modules if next(leaf.children(), None) is None]
        self.functions, self.outputs, self.samples = {}, {}, []
        self.due, self.next_sample, self.sampling = False, 1, 0.0
        self.loss, self.logits, self.shuffled, self.plain = "custom", False, None, False
        self.updates = self.batch_size = self.rows = self.total = 0
        self.x = self.arguments = self.source = self.loader = self.direct = None
        self.first, self.idle = None, False
        self.epochs, self.open, self.finished, self.join = [], None, 0, 1
        self.switches, self.by_switch = [], False
        self.inputs, self.labels, self.keys, self.key_rows, self.noted = [], [], [], 0, False
        self.passes = collections.deque(maxlen=PASSES)
        self.started = self.last = self.spent = 0.0

    @property
    def rate(self):
        """The learning rate in force; nan if the optimiser has none."""
        return float(self.optimiser.param_groups[0].get("lr", float("nan")))

    def count(self, rows, losses, now, spent):
        """Count a step to the open epoch.

        Args:
            rows: rows it was made on. losses: values of its backward passes, as tensors.
            now, spent: the time, and how much of it the probe has used.
        """
        if self.open is None:
            began = self.last or self.started
            self.open = {"losses": [], "val": [], "updates": 0, "rows": 0, "base": 0, "began": began, "spent": spent}
        epoch = self.open
        epoch["losses"] += [(loss, rows / len(losses)) for loss in losses]
        epoch["updates"] += 1
        epoch["rows"] += rows
        epoch["rate"] = self.optimiser.param_groups[0].get("lr")
        self.updates, self.last = self.updates + 1, now
        if not self.direct and not self.by_switch and epoch["rows"] >= (self.total or 1):
            epoch["base"], epoch["rows"] = epoch["base"] + 1, 0

    def is_whole(self, rows):
        """The second step is made on the same batch as the first: these rows are all there are."""
        self.total = rows
        if self.open is not None:
            self.open["base"], self.open["rows"] = 1, 0

    def complete(self):
        """Whether the open epoch of a loop without `DataLoader` has seen all its rows."""
        return not self.direct and not self.by_switch and self.open["base"] >= self.join

    def close(self, torch, spent):
        """End the open epoch."""
        epoch, self.open = self.open, None
        if epoch is None:
            return
        epoch["seconds"] = max(self.last - epoch["began"] - (spent - epoch["spent"]), 0.0)
        self.epochs.append(epoch)
        self.finished += max(epoch["base"], 1)
        if len(self.epochs) >= 2 * EPOCHS and not self.direct:
            read_losses(torch, self.epochs)
            self.epochs = [_joined(self.epochs[n : n + 2]) for n in range(0, len(self.epochs), 2)]
            self.join *= 2

    def switch(self, torch, spent):
        """From training to evaluation: this ends an epoch where no row count does."""
        if self.switches and self.switches[-1][0] == self.updates:
            return
        self.switches = [*self.switches[-1:], (self.updates, self.finished)]
        if self.direct is not False or self.total:
            return
        if self.by_switch:
            self.close(torch, spent)
        elif len(self.switches) == 2:
            self.by_switch = True
            self.close(torch, spent)
            read_losses(torch, self.epochs)
            cut = max(self.switches[0][1] // self.join, 1)
            parts = [part for part in (self.epochs[:cut], self.epochs[cut:]) if part]
            self.epochs, self.join = [_joined(part) for part in parts], 1
            self.finished = len(self.epochs)

    def new_validation(self):
        """Begin the validation loss of this epoch anew: the last pass counts."""
        if self.open or self.epochs:
            (self.open or self.epochs[-1])["val"] = []

    def validation_loss(self, loss, rows):
        """Add a batch to the validation loss of this epoch."""
        if self.open or self.epochs:
            (self.open or self.epochs[-1])["val"].append((loss, rows))


def read_losses(torch, epochs):
    """Turn the losses that are still tensors into numbers, all at once: reading one waits for the device."""
    waiting = [(e[key], n) for e in epochs for key in ("losses", "val") for n in range(len(e[key]))]
    waiting = [(items, n) for items, n in waiting if isinstance(items[n][0], torch.Tensor)]
    if waiting:
        losses = [items[n][0] for items, n in waiting]
        values = torch.stack([loss.mean() if loss.ndim else loss for loss in losses]).tolist()
        for (items, n), value in zip(waiting, values):  # noqa: B905
            items[n] = (value, items[n][1])


def epoch_values(torch, epoch):
    """What an epoch reports: training and validation loss, averaged over rows."""
    read_losses(torch, [epoch])
    values = {}
    for name, key in (("loss", "losses"), ("val_loss", "val")):
        weight = sum(rows for _, rows in epoch[key])
        if weight:
            values[name] = sum(value * rows for value, rows in epoch[key]) / weight
    return values


def _joined(epochs):
    """Several epochs as one."""
    whole = dict(epochs[-1])
    for key in ("losses", "updates", "seconds"):
        whole[key] = sum((epoch[key] for epoch in epochs[1:]), epochs[0][key])
    whole["val"] = next((epoch["val"] for epoch in reversed(epochs) if epoch["val"]), [])
    return whole
