"""Watches a plain PyTorch program train, from inside its own interpreter, and reports what it saw.

It needs Python 3.8, NumPy and PyTorch only and imports nothing of netmend: it runs where the program runs. The events
it reports are listed in `netmend.training.channel`. It says nothing until an optimiser of `torch.optim` makes a step.

It must not change the training it watches: it draws no random number, changes no tensor, registers no hook on a module
of the user's, and a failure is reported, never raised. The only exception is `hold_out`, which withholds rows from the
first `DataLoader`.

Contents, each part built on those below it:

    Installing         `install`; `own`, the mark of the probe's own work
    Watching           `Probe`: the functions of PyTorch that are replaced or hooked, finding the model, counting steps,
                       what is evaluated, what is reported
    Epochs             `Epoch`, `Model`: what is known of one model in training, and where its epochs end
    Batches            `Pass` over a `DataLoader`, `Evaluated` data and which of them count, withheld rows
    Variables          finding training rows and labels among the variables of the program
    Describing         layers, activations and losses in the terms of `LayerInfo` and `Trace`
    Statistics         `ArrayStats` and `LayerStats`
    Tensors            small readings of nested tensors; knowing rows again

*Model*: the outermost module that was called and owns most of the optimiser's parameters.

*Epochs*: passes over the `DataLoader` whose batches the steps were made on. In a loop without one, the training rows
are the variable that the batch is a slice of (one whose name says train, else the longest whose name does not say
test), else the longest one of that shape; an epoch ends when as many rows have been seen, so a step on the full data is
an epoch. Where no such variable is found, an epoch ends when the model is evaluated; where it never is, each step is
one. When such a loop has too many epochs for a curve, neighbours are joined.

*Evaluation data*: inputs of forward passes in eval mode or without gradients; where there is none, that of the last
forward pass, if no backward pass followed. Labels are, in this order: the rest of the batch that a `DataLoader` has
just given; the variable that pairs with the input's (`X_test` and `y_test`); the target of a loss computed on the
output. Batches whose rows are mostly training rows do not count. The last pass that is no mere demonstration counts,
and the model predicts it again at the program's end, in eval mode.

*Rows* are what the output counts: the input's first dimension as a rule, its second where sequences stand side by side
(steps, rows, ...), the offsets' where the words of all rows stand in one line, as `EmbeddingBag` takes them, the
sequences of a `PackedSequence`. Where the answers to all positions of all sequences stand in one line, which is how
`cross_entropy` wants them, or their labels do, both are put back: a row is a sequence, because its positions depend on
each other. A position does not count where the loss ignores its label or a sequence is filled up to the longest.

*Continuing* from a checkpoint is not supported: nothing tells how a hand-written loop is entered in its middle.
"""

import bisect
import collections
import contextlib
import functools
import gc
import math
import sys
import time
import types
import weakref
import zlib
from pathlib import Path

import numpy as np

STATISTICS_ROWS, LISTED_CLASSES = 10000, 100  # as `ArrayStats` promises
EVALUATION_ROWS, PASS_BYTES = 20000, 2**28  # the metric's standard error is below 0.4 % with 20,000 rows
SAMPLE_ROWS = 256  # of a batch for layer statistics: shares in steps below 0.5 %
KEY_ROWS, KEY_COLUMNS = 200000, 64  # by which training rows are known again: bounds time and memory
SAMPLE_SHARE = 0.01  # of training time for measuring layers, so that the whole probe stays below 5 %
GROWTH = 1.15  # between the epochs at which layers are measured: 50 times in 1,000 epochs
EPOCHS = 300  # of a loop without `DataLoader`, at most twice as many: more points than a curve can show
PENDING = 256  # losses kept as tensors before they are read: reading one waits for the device
PASSES = 6  # over evaluation data: more than training, validation and test data need
FULL_PASS = 20  # rows; fewer are a demonstration, not a test
FRAMES = 4  # of the user's code, innermost first: a loop, a function for an epoch, one for the training, the script
SATURATED = 0.007  # sigmoid(-5): inputs beyond +-5, as `LayerStats.saturated_share` says

INPUT_WORDS = ("inputs", "input", "images", "features", "data", "x")
LABEL_WORDS = ("labels", "label", "targets", "target", "y")
OUTPUT_WORDS = ("pred", "out", "logit", "prob", "loss", "hat", "score", "guess")
TEST_WORDS = ("test", "val", "eval")
TRAINING, PARTS = "train", ("training", "val", "valid", "validation", "dev", "test", "eval")  # names of parts of data
LABEL_KEYS = ("label", "target")  # of batches that are dictionaries

LOSSES = {  # function of torch.nn.functional: canonical name, whether it applies the last activation itself
    "cross_entropy": ("sparse_categorical_crossentropy", True),
    "nll_loss": ("negative_log_likelihood", False),
    "binary_cross_entropy": ("binary_crossentropy", False),
    "binary_cross_entropy_with_logits": ("binary_crossentropy", True),
    "mse_loss": ("mean_squared_error", False),
    "l1_loss": ("mean_absolute_error", False),
    "smooth_l1_loss": ("huber", False),
    "huber_loss": ("huber", False),
    "kl_div": ("kullback_leibler_divergence", False),
    "poisson_nll_loss": ("poisson", False),
    "multi_margin_loss": ("categorical_hinge", True),
    "soft_margin_loss": ("soft_margin", True),
    "multilabel_soft_margin_loss": ("multilabel_soft_margin", True),
    "multilabel_margin_loss": ("multilabel_margin", True),
    "hinge_embedding_loss": ("hinge_embedding", False),
    "gaussian_nll_loss": ("gaussian_nll", False),
}
_SAME = ("ReLU", "ReLU6", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "Softmax", "Softplus")
ACTIVATIONS = {  # class of torch.nn: canonical name
    **{name: name.lower() for name in (*_SAME, "Softsign", "Tanh")},
    "LeakyReLU": "leaky_relu",
    "Softmax2d": "softmax",
    "LogSoftmax": "log_softmax",
    "LogSigmoid": "log_sigmoid",
    "Hardtanh": "hard_tanh",
    "Hardsigmoid": "hard_sigmoid",
    "Hardswish": "hard_silu",
}
RELU_LIKE = ("relu", "relu6", "leaky_relu", "prelu")
FUNCTIONS = ("relu", "sigmoid", "tanh", "softmax", "log_softmax", "leaky_relu", "elu", "gelu", "silu", "selu")


# Installing


def install(job, emit, save):
    """Start watching; called right after PyTorch was imported.

    Args:
        job: "seed", "detail", "hold_out" as in `RunRequest`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    return Probe(job, emit, save).finish


def own(doing):
    """Mark a method as the probe's own work: timed, its failures reported and never raised."""

    def decorate(method):
        @functools.wraps(method)
        def guarded(self, *args):
            started = time.perf_counter()
            try:
                return method(self, *args)
            except Exception as error:
                self.emit({"event": "probe-error", "where": doing, "error": f"{type(error).__name__}: {error}"})
            finally:
                self.spent += time.perf_counter() - started

        return guarded

    return decorate


# Watching


class Probe:
    """The functions of PyTorch that are replaced or hooked, and what they remember.

    Attributes:
        waiting: optimisers that have made no step yet; given up when an epoch of another ends.
        looking: hooks that are there while a model is searched for or its layers are measured; seen: by id of every
            module that was called meanwhile, in the order of the calls: module, arguments, output, shape of it.
        running: passes over a `DataLoader` as weak references, the one that gave a batch last at the end.
        losses: of the backward passes since the last step. loss_call: the last loss function, a `LossCall`;
            compared: shapes of what it was given; within: the one that a model's forward pass has called itself.
        written: name of the last loss that was written out. curious: the loss or labels of a model are not known yet.
        forwarded: the model of the last forward pass in training.
        evaluating: model, pass and batch of the last forward pass, if it was in evaluation.
        spent: seconds of the probe's own work.
    """

    def __init__(self, job, emit, save):
        import torch
        from torch.optim import optimizer

        self.job, self.emit, self.save, self.full = job, emit, save, job.get("detail") == "full"
        self.models, self.by_optimiser, self.by_module = [], {}, {}
        self.waiting, self.looking, self.seen, self.began = set(), [], {}, None
        self.running, self.losses, self.loss_call, self.written = [], collections.deque(maxlen=PENDING), None, ""
        self.compared, self.within = [], None
        self.curious, self.forwarded, self.evaluating, self.held, self.spent = False, None, None, None, 0.0
        self.replaced, self.with_gradients, self.tensor = [], torch.is_grad_enabled, torch.Tensor
        for name in LOSSES:
            if hasattr(torch.nn.functional, name):
                self.replace(torch.nn.functional, name, functools.partial(self.loss_called, name))
        self.replace(torch.autograd, "backward", self.went_back)
        self.replace(torch.optim.Optimizer, "__init__", self.new_optimiser)
        self.replace(torch.utils.data.DataLoader, "__iter__", lambda iterator, args, _: Pass(self, args[0], iterator))
        if job.get("hold_out"):
            self.withhold_from(torch.utils.data.DataLoader)
        self.counting = optimizer.register_optimizer_step_post_hook(self.after_step)

    def replace(self, owner, name, tell):
        """Have a function tell what it gave and was given; what `tell` returns, if anything, is given instead."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(*args, **kwargs):
            value = original(*args, **kwargs)
            told = tell(value, args, kwargs)
            return value if told is None else told

        self.replaced.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, call)

    # Finding the model.

    @own("noticing an optimiser")
    def new_optimiser(self, _, args, kwargs):
        """Until a new optimiser has made its first step, note what modules are called."""
        self.waiting.add(args[0])
        self.curious = True
        self.look()

    def look(self):
        """Note every module that is called, and every step before it is made."""
        from torch.nn.modules.module import register_module_forward_hook
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        if not self.looking:
            self.looking.append(register_module_forward_hook(self.see, with_kwargs=True))
            self.looking.append(register_optimizer_step_pre_hook(self.before_step))

    def look_away(self):
        """What was seen is not needed any more."""
        for hook in self.looking:
            hook.remove()
        self.looking, self.began = [], None
        self.seen.clear()

    @own("noticing a module")
    def see(self, module, args, kwargs, output):
        """A module was called."""
        self.began = self.began or time.perf_counter()
        output = first(output)
        shape = () if output is None else tuple(output.shape)
        self.seen.pop(id(module), None)
        self.seen[id(module)] = module, (args, kwargs), None if output is None else output[:SAMPLE_ROWS].clone(), shape

    @own("preparing a step")
    def before_step(self, optimiser, args, kwargs):
        """Gradients are there, weights are still those that made them."""
        model = self.by_optimiser.get(optimiser)
        if model is None and self.seen:
            model = self.begin(optimiser)
        if model is not None and model.due and self.seen:
            self.sample(model)
        if not self.waiting and not any(each.due for each in self.models):
            self.look_away()

    def begin(self, optimiser):
        """The model an optimiser trains, new if need be."""
        module = self.trained_module(optimiser)
        model = self.by_module.get(id(module))
        if model is None:
            model = Model(f"torch {len(self.models) + 1}", module, optimiser, self.began, self.spent)
            model.due = self.full and bool(model.leaves)
            self.models.append(model)
            self.describe(model)
        self.by_optimiser[optimiser] = model
        self.waiting.discard(optimiser)
        return model

    def trained_module(self, optimiser):
        """The outermost module that owns most of an optimiser's parameters; None if they belong to none."""
        import torch

        wanted = {id(p) for group in optimiser.param_groups for p in group["params"]}

        def owned(module):
            return len(wanted & {id(p) for p in module.parameters()}), sum(1 for _ in module.modules())

        modules = [module for module, *_ in self.seen.values()]
        if not any(owned(module)[0] == len(wanted) for module in modules):
            modules += [each for each in gc.get_objects() if issubclass(type(each), torch.nn.Module)]
        module = max(modules, key=owned, default=None)
        return module if module is not None and owned(module)[0] else None

    def describe(self, model):
        """Everything known before the first update."""
        import torch

        if len(self.models) == 1:
            versions = {"torch": str(torch.__version__), "numpy": np.__version__}
            told = {"event": "probe", "framework": "torch", "backend": "torch", "seed": self.job["seed"]}
            self.emit(dict(told, versions=versions))
        if model.module is not None:
            self.by_module[id(model.module)] = model
            kind = type(model.module)
            if not any(owner is kind for owner, _, _ in self.replaced):
                self.replace(kind, "__call__", self.called)
            leaves = {id(leaf) for _, leaf in model.leaves}
            seen = [(leaf, first(given), output) for leaf, given, output, _ in self.seen.values()]
            calls = [call for call in seen if id(call[0]) in leaves]
            _, model.given, output, model.shape = self.seen.get(id(model.module), (None, None, None, ()))
            model.x, model.functions = rows_first(model.given, model.rows), applied_functions(calls, output)
        loss = self.written or "custom"
        if self.loss_call is not None:
            loss, model.logits = LOSSES[self.loss_call.name]
            model.ignored, target = self.loss_call.ignored, self.loss_call.target
            if self.loss_call.name == "cross_entropy" and target.is_floating_point():
                loss = "categorical_crossentropy"
        kind = type(model.optimiser).__name__
        names = {"loss": loss, "optimiser": kind.lower() if hasattr(torch.optim, kind) else "custom"}
        numbers = {"parameters": count(model.module), "learning_rate": model.rate}
        layers = layer_infos(model)
        ends = [layer["activation"] for layer in layers if layer["role"] == "output" and layer["activation"]]
        model.squashed = ends[-1:] in (["sigmoid"], ["hard_sigmoid"])
        fields = dict(names, **numbers, layers=layers, loss_from_logits=model.logits)
        if self.loss_call is not None:
            fields["compared"] = self.compared
        self.tell("model", model, framework="torch", **fields)
        self.tell_training(model)

    # Training.

    def called(self, output, args, kwargs):
        """A module of a model's class was called: this tells training from evaluation."""
        model = self.by_module.get(id(args[0]))
        if model is None:
            return
        gradients, given = self.with_gradients(), (args[1:], kwargs)
        if gradients and (args[0].training or model.never_back):
            model.given, model.idle, self.forwarded, self.evaluating = given, True, model, None
            self.trained_on(model, output)
        else:
            self.evaluated(model, given, output)
            model.doubted = given if gradients else None

    @own("reading an output")
    def trained_on(self, model, output):
        """A forward pass in training."""
        model.shape, self.within = shape_of(output), None

    def loss_called(self, name, value, args, kwargs):
        """A function of `torch.nn.functional` was called."""
        if self.curious or self.evaluating is not None:
            given = [*args[:2], *(kwargs[each] for each in ("input", "target") if each in kwargs)]
            if len(given) == 2:
                self.loss_computed(name, value, *given, kwargs.get("ignore_index"))

    @own("reading a loss")
    def loss_computed(self, *told):
        """In training it names the loss, in evaluation it may bring the labels."""
        call = LossCall(*told)
        modules = [] if self.evaluating is None else [self.evaluating[0].module]
        if called_within([*modules, *(model.module for model in self.models)]):
            self.within = call  # of a forward pass that is not over; the one that was is another
        if self.evaluating is None:
            self.loss_call = call
            self.compared = [list(call.input.shape), list(call.target.shape)]
        elif self.within is not call:
            self.validated(call, *self.evaluating)

    def validated(self, call, model, known, batch):
        """A loss was computed in evaluation: what it was given are the labels, if nothing else is."""
        y = call.labels(batch.given, batch.shape, model.steps_first)
        if y is not None and len(y) == len(batch.x):
            batch.y = y if batch.y is None else batch.y
            if call.value.ndim == 0 and not known.training and model.updates:
                if not known.loss[2]:
                    model.validations.append(known.loss)
                known.loss[1:] = known.loss[1] + readable(call.value) * len(y), known.loss[2] + len(y)

    @own("reading a loss")
    def went_back(self, _, args, kwargs):
        """`torch.autograd.backward` was called: the loss of a step."""
        loss = args[0] if args else kwargs["tensors"]
        loss = loss if isinstance(loss, self.tensor) else next(iter(loss))
        self.losses.append(readable(loss))
        if self.evaluating is not None and self.evaluating[0].doubted is not None:
            self.forwarded = self.evaluating[0]
            self.forwarded.misread(*self.evaluating[1:])
        self.evaluating, model = None, self.forwarded
        if model is not None:
            model.idle, model.x = False, rows_first(model.given, model.rows)
            model.fed += 0 if model.x is None else len(model.x)
        if self.waiting and self.loss_call is None:
            self.written = written_loss(loss.grad_fn)

    @own("reading a step")
    def after_step(self, optimiser, args, kwargs):
        """Count the step to its epoch."""
        model = self.by_optimiser.get(optimiser) or self.begin(optimiser)
        if not self.losses and optimiser is not model.optimiser:
            return  # the same update: each optimiser of a model takes its own share of one backward pass
        clock, losses = time.perf_counter() - self.spent, list(self.losses)
        self.losses.clear()
        rows, model.fed = model.fed or (0 if model.x is None else len(model.x)), 0
        source = self.running[-1]() if self.running else None
        if source is None or source.ref is not model.source:
            source = self.loader_pass(model.x)
        ref = None if source is None else source.ref
        if model.direct is None:
            self.first_step(model, source, rows)
        elif model.first is not None:
            if same(model.x, model.first):  # the second step is made on the same batch: these rows are all there are
                model.total = rows
                self.end_epoch(model)
            model.first = None
        if ref is not model.source:
            self.end_epoch(model)
            model.source, model.loader = ref, None if source is None else id(source.loader)
            if model.direct and model.ends:
                self.tell_epoch(model, len(model.ends), model.ends)
        model.step(rows, losses, clock)
        if not model.noted:
            self.note_data(model, source)
        if model.complete:
            self.end_epoch(model)
        self.loss_call = None

    def first_step(self, model, source, rows):
        """How the epochs of this loop are to be told apart."""
        model.direct, model.by_rows, model.batch_size = source is not None, source is None, rows
        if source is not None:
            with contextlib.suppress(TypeError):  # an iterable data set has no length
                model.total = len(source.loader.dataset)
            sampler = type(getattr(source.loader, "sampler", None)).__name__
            model.shuffled = {"RandomSampler": True, "SequentialSampler": False}.get(sampler)
            x, given = source.batch[0][1], first(model.given)
            model.plain = x.numel() == given.numel() and x.reshape(-1).to(given).equal(given.reshape(-1))
        elif model.x is not None:
            model.first = model.x
            model.total, labels = training_data(model.x, self.loss_call and self.loss_call.target)
            model.labels = [] if labels is None else [labels]

    def note_data(self, model, source):
        """Keep the first batches for statistics, and some columns of the training rows to know them again."""
        known = model.key_rows >= min(model.total or KEY_ROWS, KEY_ROWS) or (model.direct and model.ends)
        if model.x is None or known:
            model.noted = True
            self.curious = not all(each.noted for each in self.models) or bool(self.waiting)
            return
        model.keys.append(columns(model.x))
        if model.key_rows < STATISTICS_ROWS:
            given = None if source is None else source.labels(model.given, len(model.x))
            call = self.loss_call
            target = call.labels(model.given, model.shape, model.steps_first) if call else given
            model.inputs.append(model.x)
            if target is not None and target.ndim and len(target) == len(model.x):
                model.labels = [*(model.labels if model.key_rows else []), target.detach()]
        model.key_rows += len(model.x)

    def end_epoch(self, model):
        """End the epoch under way, if any, and measure the layers in the next step if it is their turn."""
        model.end_epoch()
        if model.ends:
            self.waiting.clear()
        if self.full and model.leaves and len(model.ends) >= model.next_sample:
            model.due = model.sampling < SAMPLE_SHARE * (model.last - model.started)
            if model.due:
                self.look()

    @own("reading a batch")
    def drawn(self, given):
        """A `DataLoader` has given a batch, and was not the one that gave the last."""
        self.running = [each for each in self.running if each() not in (None, given)] + [given.ref]

    @own("ending an epoch")
    def exhausted(self, given):
        """A `DataLoader` has no more batches."""
        self.running = [each for each in self.running if each() not in (None, given)]
        for model in self.models:
            if model.source is given.ref:
                self.end_epoch(model)

    def loader_pass(self, x):
        """The running pass over a `DataLoader` that an input comes from; None if there is none."""
        running = (each() for each in reversed(self.running))
        return next((each for each in running if each is not None and x is not None and each.holds(x)), None)

    # Evaluation.

    @own("reading evaluation data")
    def evaluated(self, model, given, output):
        """A forward pass in eval mode or without gradients."""
        shape, within, self.within = shape_of(output), self.within, None
        self.evaluating, x = None, rows_first(given, rows_of(given, shape, model.steps_first))
        if x is None or not len(x):
            return
        model.switch()
        source = self.loader_pass(x)
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
        self.evaluating = model, known, batch

    def idle_pass(self, model):
        """The last forward pass in the mode of training, which no backward pass has followed."""
        x = rows_first(model.given, model.rows)
        y = labels_of(x, model.target, vars(sys.modules["__main__"]))
        return [] if y is None else [Evaluated("eval-mode tensors").with_batch(model.given, x, y, model.shape)]

    def withhold_from(self, loader):
        """Have the constructor of `DataLoader` withhold rows."""
        original = loader.__init__

        @functools.wraps(original)
        def new(self_, dataset, *args, **kwargs):
            original(self_, self.withhold(dataset, args, kwargs) or dataset, *args, **kwargs)

        self.replaced.append((loader, "__init__", original))
        loader.__init__ = new

    @own("withholding rows")
    def withhold(self, dataset, args, kwargs):
        """The first data set without the rows to withhold; None to leave a data set as it is."""
        import torch

        given = dict(zip(("batch_size", "shuffle", "sampler", "batch_sampler"), args), **kwargs)  # noqa: B905
        if self.held or given.get("sampler") or given.get("batch_sampler") or not hasattr(dataset, "__len__"):
            return None
        if isinstance(dataset, torch.utils.data.IterableDataset):
            return None
        out = withheld(len(dataset), self.job["hold_out"])
        self.held = dataset, np.flatnonzero(out), given.get("collate_fn") or torch.utils.data.default_collate
        text = f"{out.sum()} of {len(out)} training rows were withheld from training to measure the model on them."
        self.emit({"event": "warning", "text": text})
        return Kept(dataset, np.flatnonzero(~out))

    def held_pass(self, model):
        """The withheld rows as evaluation data; None if the program changes its batches before the model sees them."""
        dataset, numbers, collate = self.held
        given = [tensor for _, tensor in tensors(collate([dataset[int(number)] for number in numbers]))]
        if not model.plain or len(given) < 2:
            return None
        x = given[0].reshape(-1, *model.x.shape[1:]).to(model.x)
        return Evaluated("held-out training rows").with_batch(((x,), {}), x, given[-1])

    # What is reported.

    def tell(self, event, model, **fields):
        """Report an event of one model."""
        self.emit(dict(event=event, model=model.name, **fields))

    def tell_training(self, model):
        """The running totals."""
        totals = {"updates": model.updates, "batch_size": model.batch_size, "epochs_planned": len(model.epochs())}
        times = {"train_seconds": model.last - model.started, "probe_seconds": self.spent - model.spent}
        self.tell("training", model, shuffled=model.shuffled, **totals, **times)

    def tell_epoch(self, model, number, ends):
        """Report an epoch, given the updates that had been made at the ends of all."""
        start = ends[number - 2] if number > 1 else 0
        self.tell("epoch", model, number=number, **model.epoch(start, ends[number - 1]))

    def tell_data(self, model, role, arrays, rows):
        """Statistics of arrays of rows."""
        arrays = [to_numpy(array[:STATISTICS_ROWS]) for array in arrays]
        if arrays and all(array.shape[1:] == arrays[0].shape[1:] for array in arrays):
            stats = array_stats(np.concatenate(arrays)[:STATISTICS_ROWS], rows, role.endswith("labels"))
            self.tell("data", model, role=role, stats=stats)

    def sample(self, model):
        """Measure every layer: weights, gradients, and what it put out when it was seen last."""
        began, layers, finished = time.perf_counter(), [], len(model.ends)
        for name, leaf in model.leaves:
            _, _, output, _ = self.seen.get(id(leaf), (leaf, None, None, ()))
            layers.append(layer_stats(name, leaf, output, model.functions.get(leaf, ""), model.rate))
        model.samples.append((model.updates, layers))
        model.due, model.next_sample = False, max(finished + 1, int(finished * GROWTH))
        if model.direct or not model.updates:
            self.tell("layer-stats", model, epoch=finished, layers=layers, skipped="")
        if model.updates:  # the first is not counted: it is always made
            model.sampling += time.perf_counter() - began

    def finish(self):
        """Report the end of training, and predict the evaluation data with the final weights."""
        self.counting.remove()
        self.look_away()
        for owner, name, original in reversed(self.replaced):
            setattr(owner, name, original) if original is not None else delattr(owner, name)
        for model in self.models:
            self.finish_training(model)
            self.finish_layers(model)
            self.finish_evaluation(model)

    @own("ending the training")
    def finish_training(self, model):
        """Epochs not yet told, the data, the totals."""
        model.end_epoch()
        self.tell_training(model)
        ends = model.epochs()
        for number in range(len(ends) if model.direct else 1, len(ends) + 1):
            self.tell_epoch(model, number, ends)
        for role, arrays in (("inputs", model.inputs), ("labels", model.labels)):
            self.tell_data(model, role, arrays, model.total or model.key_rows)

    @own("measuring layers")
    def finish_layers(self, model):
        """Measure the layers of the trained model on the last batch, with the last gradients."""
        if self.full and model.given is not None:
            self.look()
            try:
                predict(model.module, [model.given])
                self.sample(model)
            finally:
                self.look_away()
        for updates, layers in [] if model.direct else model.samples:  # of several in an epoch, the last counts
            epoch = bisect.bisect_left(model.epochs(), updates) + 1 if updates else 0
            self.tell("layer-stats", model, epoch=epoch, layers=layers, skipped="")

    @own("predicting the evaluation data")
    def finish_evaluation(self, model):
        """Predict the last pass over evaluation data again, or say why there is none."""
        passes = model.passes or (self.idle_pass(model) if model.idle else [])
        chosen, reason = choose_pass(passes, model.keys)
        if chosen is None and self.held is not None and model is self.models[0]:
            chosen = self.held_pass(model)
            reason = "The program changes its batches before the model sees them, so withheld rows cannot be used."
        if chosen is None:
            self.tell("no-evaluation", model, reason=reason, arrays=bool(model.direct and model.plain))
            return
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
            self.tell("no-evaluation", model, reason=reason, arrays=False)
            return
        name = "evaluation-" + model.name.replace(" ", "-")
        hashes = np.concatenate([row_hashes(batch.given, len(batch.x)) for batch in batches])
        arrays = {"y_true": y_true, "y_pred": y_pred, "row_hash": hashes}
        counted = there if model.ignored is None else there & (y_true != model.ignored)
        if not counted.all():
            arrays["counted"] = counted
        digest = self.save(name, **arrays)
        fields = {"file": name + ".npz", "sha256": digest, "rows": len(y_true)}
        fields["logits"] = model.logits and not model.squashed
        self.tell("evaluation", model, origin=chosen.origin, **fields)
        self.tell_data(model, "eval_inputs", [batch.x for batch in batches], len(y_true))
        self.tell_data(model, "eval_labels", [y_true], len(y_true))
        self.tell_data(model, "outputs", [y_pred], len(y_true))


# Epochs


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


# Batches


class Pass:
    """One iteration over a `DataLoader`, seen from outside: it hands on the batches and remembers the last."""

    def __init__(self, probe, loader, iterator):
        self._probe, self.loader, self._iterator = probe, loader, iterator
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
            self._probe.exhausted(self)
            raise
        self._given, self._batch = given, None
        running = self._probe.running
        if not running or running[-1] is not self.ref:
            self._probe.drawn(self)
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


class LossCall:
    """A call of a loss function: its name and value, what it was given, and the label that it passes over, if any."""

    def __init__(self, name, value, input, target, ignored):
        self.name, self.value, self.input, self.target = name, value.detach(), input.detach(), target.detach()
        self.ignored = ignored if name in ("cross_entropy", "nll_loss") else None

    def is_given(self, output):
        """Whether the loss was computed on this output of a model, or on a view of it."""
        return output is not None and output.data_ptr() == self.input.data_ptr()

    def labels(self, given, shape, steps_first):
        """The target, rows first; None if it is no tensor of rows.

        Labels of all positions in one line are put beside their rows, in the order that the output of the model has.

        Args:
            given, shape: arguments of the model, shape of its output. steps_first: as in `Model`.
        """
        target = self.target
        if not target.ndim:
            return None
        values = self.input.numel() // max(target.numel(), 1)  # given for each label
        if len(shape) > 2 and target.ndim <= 2 and len(target) != shape[0] and math.prod(shape) == self.input.numel():
            if target.numel() == math.prod(shape):
                target = target.reshape(shape)
            elif values == shape[-1]:
                target = target.reshape(shape[:-1])
            elif values == shape[1]:
                target = target.reshape(shape[0], *shape[2:])
        return sequences(target, given, shape, steps_first)


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


def withheld(rows, share):
    """Which rows to withhold: those whose number has a checksum below the share; the same in every run."""
    numbers = np.array([zlib.crc32(number.to_bytes(4, "little")) for number in range(rows)], dtype=np.float64)
    return numbers < share * 2**32


def called_within(modules):
    """Whether the code that runs just now was called by one of these modules."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "forward" and any(frame.f_locals.get("self") is module for module in modules):
            return True
        frame = frame.f_back
    return False


def filled(arrays):
    """Arrays of rows as one, each filled up with zeros to the longest, and which of the values were there.

    Rows of sequences of one step, which may lack their dimension beside others, get it back.
    """
    axes = max(array.ndim for array in arrays)
    arrays = [array[:, None] if array.ndim == axes - 1 else array for array in arrays]
    if len({array.shape[1:] for array in arrays}) > 1:
        size = np.max([array.shape[1:] for array in arrays], axis=0)
        margins = [[(0, 0), *((0, int(n)) for n in size - array.shape[1:])] for array in arrays]
        there = [np.pad(np.ones(array.shape, bool), margin) for array, margin in zip(arrays, margins)]  # noqa: B905
        arrays = [np.pad(array, margin) for array, margin in zip(arrays, margins)]  # noqa: B905
        return np.concatenate(arrays), np.concatenate(there)
    whole = np.concatenate(arrays)
    return whole, np.ones(whole.shape, bool)


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


# Variables


def user_frames():
    """The user's frames, innermost first."""
    import torch

    foreign = (str(Path(torch.__file__).parent), str(Path(__file__).parent))
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(foreign):
            yield frame
        frame = frame.f_back


def scopes():
    """Named arrays by frame: local variables, attributes of `self`, global variables."""
    for frame, _ in zip(user_frames(), range(FRAMES)):  # noqa: B905
        yield arrays_in(frame.f_locals)
        yield arrays_in(getattr(frame.f_locals.get("self"), "__dict__", {}))
        if frame.f_globals is not frame.f_locals:
            yield arrays_in(frame.f_globals)


def part_named():
    """What the variables of the program call the rows in use, as in `for split in ("train", "val")`; "" if nothing."""
    for frame, _ in zip(user_frames(), range(FRAMES)):  # noqa: B905
        for value in list(frame.f_locals.values()) if frame.f_locals is not frame.f_globals else ():
            if isinstance(value, str) and value.lower() in (TRAINING, *PARTS):
                return value.lower()
    return ""


def arrays_in(scope):
    """The arrays among variables."""
    import torch

    kinds = (torch.Tensor, np.ndarray)
    return {name: v for name, v in list(scope.items()) if isinstance(v, kinds) and v.ndim and len(v)}


def labels_of(x, target, where=None):
    """The labels of an input: the variable that fits and pairs by name, else the only one that fits; None if none.

    Args:
        x: input of the model. target: labels in training, which show the shape; None if they are not known.
        where: variables by name; None for those of the program just now.
    """
    for arrays in scopes() if where is None else [arrays_in(where)]:
        for name, start, rows in homes(x, arrays):
            found = partner(name, rows, arrays, x, target)
            if found is not None:
                return found[start : start + len(x)]
    return None


def training_data(x, target=None):
    """Rows of the variable that a training batch was taken from, and their labels; 0 and None if it is not found.

    The batch itself does not count: whether it is all there is shows in the next step. Nor do its labels, which in
    models of language have its shape.
    """
    for arrays in scopes():
        larger = {name: v for name, v in arrays.items() if len(v) >= len(x) and not same(v, x)}
        if target is not None:
            larger = {n: v for n, v in larger.items() if getattr(v, "data_ptr", int)() != target.data_ptr()}
        like = {name: len(v) for name, v in larger.items() if tuple(v.shape[1:]) == tuple(x.shape[1:])}
        sizes = {name: rows for name, _, rows in homes(x, larger)} or like
        for wanted in (True, False):
            fits = [(rows, name) for name, rows in sizes.items() if for_training(name) is wanted]
            if fits:
                rows, name = min(fits) if wanted else max(fits)
                return rows, partner(name, rows, arrays, x, None)
    return 0, None


def homes(x, arrays):
    """Variables that hold an input, are equal to it, or that it is a slice of: (name, first row, rows).

    The input itself comes first, then the shortest.
    """
    found = []
    for name, value in arrays.items():
        if value.ndim > 1 and tuple(value.shape[1:]) != tuple(x.shape[1:]):
            value = value.swapaxes(0, 1)  # sequences side by side
        if tuple(value.shape[1:]) != tuple(x.shape[1:]) or len(value) < len(x):
            continue
        if same(value, x):
            found.append((0, len(value), name, 0))
        elif one_memory(value, x):
            start = (x.storage_offset() - value.storage_offset()) // max(x.stride(0), 1)
            if 0 <= start <= len(value) - len(x):
                found.append((1, len(value), name, start))
        elif len(value) == len(x) and same_ends(value, x):
            found.append((2, len(value), name, 0))
    return [(name, start, rows) for _, rows, name, start in sorted(found)]


def one_memory(value, x):
    """Whether a variable is a tensor in the same memory as the input, laid out like it."""
    if isinstance(value, np.ndarray) or value.stride() != x.stride():
        return False
    return value.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


def same_ends(value, x):
    """Whether the first and the last row of two arrays are the same in the precision of the input."""
    import torch

    return value.dtype != object and all(torch.as_tensor(value[n]).to(x).equal(x[n]) for n in (0, -1))


def partner(name, rows, arrays, x, target):
    """The labels that belong to a variable that holds inputs; None where there is none, or more than one."""
    fits = {n: v for n, v in arrays.items() if n != name and len(v) == rows and may_be_labels(n, v, x, target)}
    pairs = {n: v for n, v in fits.items() if pair(name, n)} or (fits if target is not None else {})
    tensors = {id(v): v for v in pairs.values() if not isinstance(v, np.ndarray)}
    choice = tensors or {id(v): v for v in pairs.values()}
    return next(iter(choice.values())) if len(choice) == 1 else None


def may_be_labels(name, value, x, target):
    """Whether a variable is like the training target in shape and kind, and no output of a model."""
    if any(word in name.lower() for word in OUTPUT_WORDS) or getattr(value, "requires_grad", False):
        return False
    if target is None:
        return value.ndim == 1 or (value.ndim == 2 and value.shape[1] < max(x[:1].numel(), 2))
    shapes = [[n for n in each.shape[1:] if n != 1] for each in (value, target)]
    real = [
        each.dtype.kind == "f" if isinstance(each, np.ndarray) else each.is_floating_point() for each in (value, target)
    ]
    return shapes[0] == shapes[1] and (isinstance(value, np.ndarray) or real[0] == real[1])


def pair(input_name, label_name):
    """Whether two names differ only in the word for inputs and that for labels: `X_test` and `y_test`."""
    a, b = input_name.lower(), label_name.lower()
    return any(
        a.replace(i, "#", 1) == b.replace(y, "#", 1) for i in INPUT_WORDS if i in a for y in LABEL_WORDS if y in b
    )


def for_training(name):
    """True if a name says training data, None if it says data for testing, else False."""
    name = name.lower()
    if any(word in name for word in TEST_WORDS) or name.endswith("te"):
        return None
    return "train" in name or name.endswith("tr") or name.startswith("tr_")


# Describing


def layer_infos(model):
    """The fields of `LayerInfo` for every leaf module, in order of registration."""
    weighted = [n for n, (_, leaf) in enumerate(model.leaves) if weights(leaf) and "Norm" not in type(leaf).__name__]
    decay = {id(p): g.get("weight_decay") or 0.0 for g in model.optimiser.param_groups for p in g["params"]}
    infos = []
    for number, (name, leaf) in enumerate(model.leaves):
        kind, activation = type(leaf).__name__, activation_of(leaf, model.functions)
        weight = next(iter(weights(leaf)), None)
        role, factor = "hidden", decay.get(id(weight), 0.0) / 2  # weight decay d is the gradient of d/2 |w|^2
        if weighted and (number == weighted[-1] or (number > weighted[-1] and activation)):
            role = "output"
        elif weighted and number <= weighted[0]:
            role = "input"
        widths = ("out_features", "out_channels", "embedding_dim", "hidden_size", "num_features", "num_channels")
        info = {"name": name, "kind": kind, "activation": activation, "role": role, "parameters": count(leaf)}
        info["units"] = next((n for n in (getattr(leaf, width, None) for width in widths) if isinstance(n, int)), 0)
        info["initialiser"] = constant_name(weight) if number in weighted else ""
        info["regulariser"] = f"l2({factor:g})" if factor else ""
        if factor:
            info["penalty"] = factor * float(weight.detach().double().pow(2).sum())
        if "Dropout" in kind and isinstance(getattr(leaf, "p", None), float):
            info["rate"] = leaf.p
        infos.append(info)
    return infos


def activation_of(leaf, functions):
    """Canonical name of the activation that a leaf module is, or that `forward` applies to its output; "" if none."""
    return ACTIVATIONS.get(type(leaf).__name__, "") or functions.get(leaf, "")


def weights(leaf):
    """Parameters with more than one dimension first: kernels before biases."""
    return sorted((p for p in leaf.parameters(recurse=False) if p.requires_grad), key=lambda p: p.ndim < 2)


def count(module):
    """Number of trainable weights of a module and all it holds."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad) if module is not None else 0


def constant_name(weight):
    """Canonical name of an initialiser that gives every weight the same value; "" for any other."""
    values = weight.detach().flatten()
    if values.numel() < 2 or bool((values != values[0]).any()):
        return ""
    value = float(values[0])
    return {0.0: "zeros", 1.0: "ones"}.get(value, f"constant({value:g})")


def applied_functions(calls, output):
    """Activations that `forward` applies by function: what turns the output of one leaf into the input of the next.

    Of two in a row after the last leaf, the later counts; what else becomes of the model's output is "custom".

    Args:
        calls: (leaf, input, output) in the order of the calls. output: of the model.
    """
    found = {}
    for (leaf, _, given), (following, after, _) in zip(calls, [*calls[1:], (None, output, None)]):  # noqa: B905
        if given is None or after is None or not given.is_floating_point():
            continue
        if type(leaf).__name__ in ACTIVATIONS or type(following).__name__ in ACTIVATIONS:
            continue  # a module does it, perhaps in place
        after = after[: len(given)]
        if given.numel() == after.numel() and not given.reshape(-1).equal(after.reshape(-1)):
            name = applied_function(given, after, following is None)
            if name or following is None:
                found[leaf] = name or "custom"
    return found


def applied_function(given, after, pairs):
    """The function that makes one tensor of another, or the second of a pair that does; "" if none is known."""
    for start in [given, *(activate(name, given) for name in FUNCTIONS if pairs)]:
        for name in FUNCTIONS:
            if activate(name, start).reshape(-1).allclose(after.reshape(-1), atol=1e-6):
                return name
    return ""


def activate(name, values):
    """An activation by canonical name; the classes are in dimension 1."""
    import torch

    function = getattr(torch.nn.functional, name)
    return function(values, dim=min(1, values.ndim - 1)) if "softmax" in name else function(values)


def written_loss(node):
    """Name of a loss that is written out, from the operations that made it; "" if it is not one we know."""
    for _ in range(4):
        if node is None:
            return ""
        name, inputs = type(node).__name__, [source for source, _ in node.next_functions]
        if name.startswith("Pow") or (name.startswith("Mul") and len(inputs) == 2 and inputs[0] is inputs[1]):
            return "mean_squared_error"
        if name.startswith("Abs"):
            return "mean_absolute_error"
        if not name.startswith(("Mean", "Sum", "Div", "Mul")):
            return ""
        node = next((source for source in inputs if source is not None), None)
    return ""


# Statistics


def array_stats(array, rows, labels):
    """The fields of `ArrayStats`."""
    values = array[: max(1, 2**24 // max(array[:1].size, 1))].astype(np.float64)  # at most 128 MiB
    finite = values[np.isfinite(values)]
    functions = {"minimum": np.min, "maximum": np.max, "mean": np.mean, "std": np.std}
    stats = {name: float(function(finite)) if finite.size else math.nan for name, function in functions.items()}
    stats.update(dtype=str(array.dtype), shape=array.shape[1:], rows=rows, nonfinite=values.size - finite.size)
    stats["integral"] = bool(0 < finite.size == values.size and (finite == np.round(finite)).all())
    classes = values.reshape(len(values), -1)
    if values.ndim == 2 and values.shape[1] > 1 and np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all():
        stats["one_hot"], classes = True, values.argmax(1)[:, None]
    if labels and classes.shape[1] == 1:
        found, counts = np.unique(classes, return_counts=True)
        stats.update(distinct=min(len(counts), 1000), largest_share=float(counts.max() / counts.sum()))
        if stats["integral"] and len(found) <= LISTED_CLASSES:
            stats["classes"], stats["shares"] = [int(value) for value in found], (counts / counts.sum()).tolist()
    return stats


def layer_stats(name, leaf, output, function, rate):
    """The fields of `LayerStats` from weights, gradients and an output, each of which may be missing.

    Args:
        output: None if it is not known. function: the activation that `forward` applies to it, "" if none.
        rate: learning rate.
    """
    parameters, stats = list(leaf.parameters(recurse=False)), {"layer": name}
    weights = joined([p for p in parameters if p.requires_grad])
    if weights is not None:
        stats.update(weight_norm=float(weights.norm()), weight_std=float(weights.std(unbiased=False)))
    slopes = joined([p.grad for p in parameters if p.grad is not None])
    if slopes is not None:
        stats.update(gradient_norm=float(slopes.norm()), gradient_abs_mean=float(slopes.abs().mean()))
        stats["gradient_zero_share"] = share(slopes == 0)
        stats["update_ratio"] = rate * stats["gradient_norm"] / max(stats.get("weight_norm", 0.0), 1e-12)
    if output is not None and output.is_floating_point() and output.numel():
        activation = activation_of(leaf, {leaf: function})
        output = (activate(function, output) if function in FUNCTIONS else output).double()
        size, zero = output.abs(), output <= 0 if activation in RELU_LIKE else output == 0
        stats.update(output_mean=float(output.mean()), output_std=float(output.std(unbiased=False)))
        stats.update(output_minimum=float(output.min()), output_maximum=float(output.max()))
        stats.update(output_abs_mean=float(size.mean()), output_zero_share=share(zero))
        stats["dead_share"] = share(zero.all(dim=0))
        if activation in ("sigmoid", "tanh"):
            near = (size > 1 - 2 * SATURATED) if activation == "tanh" else (output - 0.5).abs() > 0.5 - SATURATED
            stats["saturated_share"] = share(near)
    measured = [values for values in (weights, slopes, output) if values is not None]
    return dict(stats, nonfinite=sum(int((~values.isfinite()).sum()) for values in measured))


def joined(arrays):
    """Tensors as one of double precision, without shape; None if there are none."""
    import torch

    return torch.cat([array.detach().flatten() for array in arrays]).double() if arrays else None


def share(mask):
    """Share of a mask that is true."""
    return int(mask.sum()) / mask.numel()


# Tensors


def tensors(values, name=""):
    """All tensors of a batch in order, with the keys they stand under."""
    import torch

    if isinstance(values, torch.Tensor):
        yield name, values
    elif isinstance(values, (list, tuple)):
        for key, value in zip(getattr(values, "_fields", [name] * len(values)), values):  # noqa: B905
            yield from tensors(value, key.lower())
    else:
        for key, value in named_parts(values).items():
            yield from tensors(value, str(key).lower())


def named_parts(values):
    """What a dictionary, or an object that holds a batch as its attributes, is made of; {} for anything else."""
    import torch

    if isinstance(values, collections.abc.Mapping):
        return values
    whole = (torch.nn.Module, torch.utils.data.Dataset, torch.utils.data.DataLoader, type, types.ModuleType)
    if isinstance(values, whole) or not hasattr(values, "__dict__") or callable(values):
        return {}
    kinds = (torch.Tensor, collections.abc.Mapping, list, tuple)
    return {key: value for key, value in vars(values).items() if isinstance(value, kinds)}


def first(values):
    """The first tensor of a batch that has rows, without its graph; None if there is none."""
    if not hasattr(values, "requires_grad"):
        values = values if isinstance(values, (list, tuple)) else list(named_parts(values).values())
        return next((found for found in map(first, values) if found is not None), None)
    if not values.ndim:
        return None
    return values.detach() if values.requires_grad else values


def first_argument(given):
    """The first of the arguments of a model; None if it has none."""
    args, kwargs = given
    return next(iter((*args, *kwargs.values())), None)


def shape_of(output):
    """Shape of the first tensor that a module puts out; () if there is none."""
    output = first(output)
    return () if output is None else tuple(output.shape)


def takes_steps_first(module):
    """Whether the layers of a model that read sequences all take (steps, rows, ...)."""
    orders = [part.batch_first for part in (() if module is None else module.modules()) if hasattr(part, "batch_first")]
    return bool(orders) and not any(orders)


def grid(given, shape, steps_first):
    """First two dimensions of an input of sequences whose answers stand in one line, or steps before rows; else None.

    Args:
        given, shape: arguments of the model, shape of its output. steps_first: as in `Model`.
    """
    x = first(given)
    if x is None or x.ndim < 2 or not shape or packed_in(given) is not None:
        return None
    sides = tuple(x.shape[:2])
    in_line = shape[0] == sides[0] * sides[1] and shape[0] not in sides
    return sides if in_line or (steps_first and len(shape) > 2 and shape[:2] == sides) else None


def rows_of(given, shape, steps_first):
    """Rows of an output; 0 if there is none."""
    sides = grid(given, shape, steps_first)
    return sides[int(steps_first)] if sides else shape[0] if shape else 0


def sequences(values, given, shape, steps_first):
    """Outputs or labels with the rows of the model first, each with all its positions."""
    sides = grid(given, shape, steps_first)
    if sides is None:
        return values
    if len(values) == sides[0] * sides[1]:
        values = values.reshape(*sides, *values.shape[1:])
    return values.swapaxes(0, 1) if steps_first and tuple(values.shape[:2]) == sides else values


def packed_in(given):
    """The `PackedSequence` that comes first in some arguments; None if there is none."""
    import torch

    value = first_argument(given) if isinstance(given, tuple) and len(given) == 2 else None
    return value if isinstance(value, torch.nn.utils.rnn.PackedSequence) else None


def rows_first(given, rows):
    """The first tensor of some arguments with its rows first; as it is where it cannot be told which they are.

    Args:
        rows: of the output; 0 if they are not known.
    """
    x = first(given)
    if x is None or not rows or len(x) == rows:
        return x
    if x.ndim > 1 and packed_in(given) is None:
        return x.transpose(0, 1) if x.shape[1] == rows else x
    parts = bags(given, rows)
    if parts is None:
        return x
    padded = x.new_zeros((rows, KEY_COLUMNS))  # one width for all batches, so that rows are known again
    for number, part in enumerate(parts):
        beginning = part.reshape(-1)[:KEY_COLUMNS]
        padded[number, : len(beginning)] = beginning
    return padded


def bags(given, rows):
    """The words of each row, where the first tensor holds those of all and another where each row begins; else None.

    Likewise the steps of each sequence of a `PackedSequence`.
    """
    import torch

    packed = packed_in(given)
    if packed is not None:
        values, lengths = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        if len(lengths) != rows:
            return None
        return [row[:length] for row, length in zip(values, lengths.tolist())]  # noqa: B905
    words, *others = [tensor for _, tensor in tensors(given) if tensor.ndim]
    for starts in others:
        if words.ndim == starts.ndim == 1 and not starts.is_floating_point() and len(starts) in (rows, rows + 1):
            bounds = starts.tolist()
            if bounds[0] == 0 and bounds == sorted(bounds) and bounds[-1] <= len(words):
                ends = [*bounds[1:], len(words)]
                return [words[start:end] for start, end in zip(bounds[:rows], ends)]  # noqa: B905
    return None


def readable(loss):
    """A loss as a number, or where reading it would wait for a device, as a tensor."""
    loss = loss.mean() if loss.ndim else loss
    return loss.item() if loss.is_cpu else loss.detach()


def to_numpy(values):
    """An array of a tensor on any device; NumPy has no bfloat16."""
    import torch

    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return values


def same(value, x):
    """Whether a value is a tensor that begins at the same place in memory as another and has as many rows."""
    return hasattr(value, "data_ptr") and value.data_ptr() == x.data_ptr() and len(value) == len(x)


def equal(one, other):
    """Whether two tensors, perhaps on different devices, hold the same numbers."""
    return one.shape == other.shape and one.dtype == other.dtype and one.detach().to(other.device).equal(other)


def columns(x):
    """Some columns of rows, by which they are known again."""
    flat = x.detach().reshape(len(x), -1)
    return flat[:, :: -(-flat.shape[1] // KEY_COLUMNS)].clone()


def keys(columns):
    """Checksums of rows, given some of their columns."""
    return [zlib.crc32(row.tobytes()) for row in columns.cpu().float().numpy()]


def row_hashes(given, rows):
    """A checksum of every row of the inputs as 32-bit floats; several inputs are chained in order."""
    hashes, inputs = [0] * rows, [tensor for _, tensor in tensors(given) if tensor.ndim]
    if inputs and len(inputs[0]) != rows:
        inputs = [bags(given, rows) or rows_first(given, rows), *(() if packed_in(given) is not None else inputs[1:])]
        inputs = inputs[:1] if isinstance(inputs[0], list) else inputs  # where a row begins is no part of it
    for values in inputs:
        if len(values) == rows:
            values = values if isinstance(values, list) else to_numpy(values)
            arrays = (np.ascontiguousarray(to_numpy(row), dtype=np.float32) for row in values)
            hashes = [zlib.crc32(row.tobytes(), start) for row, start in zip(arrays, hashes)]  # noqa: B905
    return np.array(hashes, dtype=np.uint32)
