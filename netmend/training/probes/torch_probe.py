"""Watches a plain PyTorch program train, from inside its own interpreter, and reports what it saw.

It needs Python 3.8, NumPy and PyTorch only and imports nothing of netmend: it runs where the program runs. What it
reports is listed in `netmend.training.channel`. It says nothing until an optimiser of `torch.optim` makes a step.

It must not change the training it watches: it draws no random number, changes no tensor, registers no hook on the
user's modules beyond a sampled forward pass, and a failure is reported, never raised. The only exception is
`hold_out`, which withholds rows from the first `DataLoader`.

*Model*: the outermost module that was called and owns most of the optimiser's parameters.

*Epochs*: passes over the `DataLoader` whose batches the steps were made on. In a loop without one, the training rows
are the variable that the batch is a slice of (one whose name says train, else the longest whose name does not say
test), else the longest one of that shape; an epoch ends when as many rows have been seen, so a step on the full data is
an epoch. Where no such variable is found, an epoch ends when the model is evaluated; where it never is, each step is
one. When such a loop has too many epochs for a curve, neighbours are joined.

*Evaluation data*: inputs of forward passes in eval mode or without gradients; where there is none, that of the last
forward pass, if no backward pass followed. Labels are, in this order: the rest of
the batch that a `DataLoader` has just given; the variable that pairs with the input's (`X_test` and `y_test`); the
target of a loss computed on the output. Batches whose rows are mostly training rows do not count. The last pass that
is no mere demonstration counts, and the model predicts it again at the program's end, in eval mode.

*Continuing* from a checkpoint is not supported: nothing tells how a hand-written loop is entered in its middle.
"""

import collections
import contextlib
import functools
import gc
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np


def _neighbour(name):
    """A file that lies beside this one: the program's interpreter does not know the package they are in."""
    spec = importlib.util.spec_from_file_location("netmend_" + name, str(Path(__file__).with_name(name + ".py")))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


torch_layers, torch_model = _neighbour("torch_layers"), _neighbour("torch_model")
torch_rows, torch_variables = _neighbour("torch_rows"), _neighbour("torch_variables")

STATISTICS_ROWS = 10000  # as `ArrayStats` promises
EVALUATION_ROWS, PASS_BYTES = 20000, 2**28  # the metric's standard error is below 0.4 % with 20,000 rows
SAMPLE_ROWS = 256  # of a batch for layer statistics: shares in steps below 0.5 %
KEY_ROWS = 200000  # training rows that evaluation rows are compared with: bounds time and memory
SAMPLE_SHARE = 0.01  # of training time for measuring layers, so that the whole probe stays below 5 %
GROWTH = 1.15  # between the epochs at which layers are measured: 50 times in 1,000 epochs
PATIENCE = 100  # steps of other optimisers until one that makes none is taken to be unused
PENDING = 256  # losses kept as tensors before they are read: reading one waits for the device

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


def own(doing):
    """Mark a method as the probe's own work: timed, not watched itself, its failures reported and never raised."""

    def decorate(method):
        @functools.wraps(method)
        def guarded(self, *args):
            if self.busy:
                return None
            started, self.busy = time.perf_counter(), True
            try:
                return method(self, *args)
            except Exception as error:
                self.emit({"event": "probe-error", "where": doing, "error": f"{type(error).__name__}: {error}"})
            finally:
                self.busy = False
                self.spent += time.perf_counter() - started

        return guarded

    return decorate


def install(job, emit, save):
    """Start watching; called right after PyTorch was imported.

    Args:
        job: "seed", "detail", "hold_out", "checkpoint_in", "checkpoint_out" as in `RunRequest`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    import torch

    return Probe(torch, job, emit, save).finish


class Probe:
    """The functions of PyTorch that are replaced or hooked, and what they remember."""

    def __init__(self, torch, job, emit, save):
        self.torch, self.job, self.emit, self.save = torch, job, emit, save
        self.full, self.variables = job.get("detail") == "full", torch_variables.Variables(torch)
        self.models, self.by_optimiser, self.by_module, self.waiting = [], {}, {}, {}
        self.active, self.losses, self.loss_call, self.graph_loss = [], [], None, None
        self.forwarded = self.evaluating = self.search = self.held = self.began = self.newest = None
        self.curious = False  # whether some model's loss or labels are not known yet
        self.seen, self.steps_searching, self.spent, self.busy, self.replaced = {}, 0, 0.0, False, []
        functional, loader = torch.nn.functional, torch.utils.data.DataLoader
        for name in LOSSES:
            if hasattr(functional, name):
                self.replace(functional, name, self.make_loss)
        self.replace(torch.autograd, "backward", self.make_backward)
        self.replace(torch.optim.Optimizer, "__init__", self.make_optimiser)
        self.replace(loader, "__iter__", lambda name, original: lambda it: torch_rows.Pass(self, it, original(it)))
        if job.get("hold_out"):
            self.replace(loader, "__init__", self.make_loader)
        from torch.optim import optimizer

        self.hook_before = optimizer.register_optimizer_step_pre_hook
        self.before, self.after = None, optimizer.register_optimizer_step_post_hook(self.after_step)
        self.watch_gradients(True)

    def replace(self, owner, name, make):
        """Put `make(name, original)` in place of a function."""
        original = getattr(owner, name)
        self.replaced.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, functools.wraps(original)(make(name, original)))

    def make_loss(self, name, original):
        """A function of `torch.nn.functional` that tells what it was given."""

        def loss(*args, **kwargs):
            value = original(*args, **kwargs)
            if self.curious or self.evaluating is not None:
                self.loss_computed(name, args[1] if len(args) > 1 else kwargs.get("target"), value)
            return value

        return loss

    def make_backward(self, name, original):
        """`torch.autograd.backward`, which tells the loss."""

        def backward(tensors, *args, **kwargs):
            if self.waiting or self.models:
                self.backward(tensors)
            return original(tensors, *args, **kwargs)

        return backward

    def make_optimiser(self, name, original):
        """An optimiser's constructor that makes it known."""

        def new(optimiser, *args, **kwargs):
            original(optimiser, *args, **kwargs)
            self.await_model(optimiser)

        return new

    def make_loader(self, name, original):
        """A `DataLoader`'s constructor that withholds rows."""

        def new(loader, dataset, *args, **kwargs):
            original(loader, self.withhold(dataset, args, kwargs) or dataset, *args, **kwargs)

        return new

    def make_call(self, name, original):
        """The call of a watched module's class, which tells training from evaluation."""

        models, tensor, gradients = self.by_module, self.torch.Tensor, self.torch.is_grad_enabled

        def call(module, *args, **kwargs):
            model = models.get(id(module))
            if model is None or self.busy:
                return original(module, *args, **kwargs)
            if not (module.training and gradients()):
                output = original(module, *args, **kwargs)
                self.evaluated(model, args, kwargs)
                return output
            output = (
                self.sampled(model, original, module, args, kwargs) if model.due else original(module, *args, **kwargs)
            )
            model.idle = True
            if not kwargs and len(args) == 1 and type(args[0]) is tensor and not args[0].requires_grad:
                model.x, model.arguments, self.forwarded, self.evaluating = args[0], (args, kwargs), model, None
            else:
                self.trained(model, args, kwargs)
            return output

        return call

    # Finding the model.

    @own("noticing an optimiser")
    def await_model(self, optimiser):
        """Until a new optimiser has made its first step, note what modules are called."""
        self.waiting[id(optimiser)] = optimiser
        self.curious = True
        self.watch_gradients(True)
        self.steps_searching = 0
        if self.search is None:
            self.search = self.torch.nn.modules.module.register_module_forward_hook(self.see, with_kwargs=True)

    @own("noticing a module")
    def see(self, module, args, kwargs, output):
        """Global forward hook while a model is searched for. What it keeps has no graph."""
        self.began = self.began or time.perf_counter()
        output = torch_rows.first(self.torch, [output])
        training = module.training and self.torch.is_grad_enabled()
        leaf = training and output is not None and next(module.children(), None) is None
        self.seen.pop(id(module), None)
        tensor = self.torch.Tensor
        kept = tuple(arg.detach() if isinstance(arg, tensor) else arg for arg in args)
        named = {name: arg.detach() if isinstance(arg, tensor) else arg for name, arg in kwargs.items()}
        whole = output.detach()[:SAMPLE_ROWS].clone() if training and output is not None and output.ndim else None
        self.seen[id(module)] = (module, (kept, named), whole, leaf)

    def begin(self, optimiser):
        """The model an optimiser trains, new if need be."""
        torch = self.torch
        wanted = {id(p) for group in optimiser.param_groups for p in group["params"]}

        def owned(module):
            return len(wanted & {id(p) for p in module.parameters()}), sum(1 for _ in module.modules())

        module = max((entry[0] for entry in self.seen.values()), key=owned, default=None)
        if module is None or owned(module)[0] < len(wanted):
            everything = [m for m in gc.get_objects() if issubclass(type(m), torch.nn.Module)]
            module = max([*everything, *([] if module is None else [module])], key=owned, default=None)
        if module is not None and not owned(module)[0]:
            module = None
        model = self.by_module.get(id(module)) if module is not None else None
        if model is None:
            model = torch_model.Model(f"torch {len(self.models) + 1}", module, optimiser)
            self.models.append(model)
            self.describe(model)
        self.by_optimiser[id(optimiser)] = model
        model.optimisers.append(optimiser)  # alive, so that no other gets its id
        self.waiting.pop(id(optimiser), None)
        if not self.waiting:
            self.end_search()
        return model

    def end_search(self):
        """Stop noting which modules are called."""
        if self.search is not None:
            self.search.remove()
        self.search = self.began = None
        self.seen.clear()
        self.waiting.clear()

    def describe(self, model):
        """Everything known before the first update."""
        if len(self.models) == 1:
            versions = {"torch": str(self.torch.__version__), "numpy": np.__version__}
            told = {"event": "probe", "framework": "torch", "backend": "torch", "seed": self.job["seed"]}
            self.emit(dict(told, versions=versions))
        model.started, model.spent = self.began or time.perf_counter(), self.spent
        if model.module is not None:
            self.by_module[id(model.module)] = model
            kind = type(model.module)
            if not any(owner is kind for owner, _, _ in self.replaced):
                self.replace(kind, "__call__", self.make_call)
            _, given, output, _ = self.seen.get(id(model.module), (None, None, None, False))
            calls = [
                (m, torch_rows.first(self.torch, given), out) for m, given, out, leaf in self.seen.values() if leaf
            ]
            model.outputs = {m: out for m, _, out in calls}
            model.functions = torch_layers.functional_activations(self.torch, calls, output)
            if given is not None:
                self.note_input(model, *given)
        if self.loss_call is not None:
            name, target = self.loss_call
            model.loss, model.logits = LOSSES[name]
            if name == "cross_entropy" and target is not None and target.is_floating_point():
                model.loss = "categorical_crossentropy"
        else:
            model.loss = self.graph_loss or "custom"
        kind = type(model.optimiser).__name__.lower()
        self.tell(
            "model",
            model,
            framework="torch",
            layers=torch_layers.layer_infos(self.torch, model),
            parameters=torch_layers.count(model.module) if model.module is not None else 0,
            loss=model.loss,
            loss_from_logits=model.logits,
            optimiser=kind if hasattr(self.torch.optim, type(model.optimiser).__name__) else "custom",
            learning_rate=model.rate,
        )
        self.tell_training(model)

    # Training.

    @own("reading a loss")
    def loss_computed(self, name, target, value):
        """A loss function was called: in training it names the loss, in evaluation it may bring the labels."""
        if self.evaluating is None:
            self.loss_call = (name, target)
            return
        model, batch, training = self.evaluating
        if target is not None and target.ndim and len(target) == len(batch[2]):
            if batch[3] is None:
                batch[3] = target
            if value.ndim == 0 and not training:
                model.validation_loss(value.detach(), len(target))

    @own("reading a loss")
    def backward(self, tensors):
        """The loss of a step."""
        tensor = tensors if isinstance(tensors, self.torch.Tensor) else next(iter(tensors))
        self.losses = [*self.losses[-PENDING:], tensor.detach()] if self.losses else [tensor.detach()]
        self.evaluating = None
        if self.forwarded is not None:
            self.forwarded.rows += len(self.forwarded.x)
            self.forwarded.idle = False
        if self.search is not None and self.loss_call is None:
            self.graph_loss = torch_layers.graph_loss(tensor.grad_fn)

    @own("reading a training batch")
    def trained(self, model, args, kwargs):
        """A forward pass in training."""
        self.note_input(model, args, kwargs)
        self.forwarded, self.evaluating = model, None

    def note_input(self, model, args, kwargs):
        """Remember what a forward pass in training was given."""
        x = torch_rows.first(self.torch, [*args, *kwargs.values()])
        if x is not None and x.ndim:
            model.x, model.arguments = x.detach(), (args, kwargs)

    def sampled(self, model, original, module, args, kwargs):
        """A forward pass in training whose outputs are kept, leaf by leaf."""
        handles = self.listen(model) or ()
        try:
            return original(module, *args, **kwargs)
        finally:
            for handle in handles:
                handle.remove()

    @own("measuring layers")
    def listen(self, model):
        """Hook every leaf module for one forward pass in training."""
        return self.hooks(model)

    def hooks(self, model):
        """Hooks that keep what every leaf module puts out."""

        def keep(leaf, args, output):
            output = torch_rows.first(self.torch, [output])
            if output is not None and output.ndim:
                model.outputs[leaf] = output.detach()[:SAMPLE_ROWS].clone()

        model.outputs = {}
        return [leaf.register_forward_hook(keep) for _, leaf in model.leaves]

    def watch_gradients(self, wanted):
        """Look at every step before it is made, which only a new model or one whose layers are measured needs."""
        if wanted and self.before is None:
            self.before = self.hook_before(self.before_step)
        elif not wanted and self.before is not None:
            self.before.remove()
            self.before = None

    @own("preparing a step")
    def before_step(self, optimiser, args, kwargs):
        """Gradients are there, weights are still those that made them."""
        model = self.by_optimiser.get(id(optimiser))
        if model is None and self.seen:
            model = self.begin(optimiser)
        if model is not None and self.full and model.outputs and (model.due or not model.updates):
            self.sample(model)
        if not self.waiting and not any(each.due for each in self.models):
            self.watch_gradients(False)

    @own("reading a step")
    def after_step(self, optimiser, args, kwargs):
        """Count the step to its epoch."""
        model = self.by_optimiser.get(id(optimiser)) or self.begin(optimiser)
        if not self.losses and optimiser is not model.optimisers[0]:
            return  # the same update: each optimiser of a model takes its own share of one backward pass
        now = time.perf_counter()
        losses, self.losses = self.losses, []
        rows, model.rows = model.rows or (0 if model.x is None else len(model.x)), 0
        source = self.newest and self.newest()
        if source is None or source.number != model.source:
            source = None if model.x is None else self.loader_pass(model.x)
        if model.direct is None:
            self.first_step(model, source, rows)
        number = 0 if source is None else source.number
        if number != model.source:
            self.close(model)
            model.source, model.loader = number, None if source is None else id(source.loader)
        if model.direct and model.open is None and model.epochs:
            self.tell_epoch(model, len(model.epochs))
        if model.updates == 1 and not model.direct and model.first is not None:
            if torch_rows.same(model.first, model.x):
                model.is_whole(rows)
                self.close(model)
            model.first = None
        model.count(rows, losses, now, self.spent)
        if not model.noted:
            self.note_data(model, source)
        if model.complete():
            self.close(model)
        if model.updates % PENDING == 0:
            torch_model.read_losses(self.torch, [*model.epochs[-PENDING:], *([model.open] if model.open else [])])
        self.loss_call = None
        if self.search is not None:
            self.steps_searching += 1
            if self.steps_searching > PATIENCE:
                self.end_search()

    def first_step(self, model, source, rows):
        """How the epochs of this loop are to be told apart."""
        model.direct, model.batch_size = source is not None, rows
        if source is None:
            model.first = model.x
            if model.x is not None:
                model.total, labels = self.variables.training_data(model.x)
                model.labels = [] if labels is None else [labels]
            return
        with contextlib.suppress(TypeError):  # an iterable data set has no length
            model.total = len(source.loader.dataset)
        first = source.batch[0][1]
        same = first.numel() == model.x.numel()
        model.plain = same and self.torch.equal(first.reshape(-1).to(model.x), model.x.reshape(-1))
        sampler = type(getattr(source.loader, "sampler", None)).__name__
        model.shuffled = {"RandomSampler": True, "SequentialSampler": False}.get(sampler)

    def note_data(self, model, source):
        """Keep the first batches for statistics, and some columns of the training rows to know them again."""
        seen = model.key_rows >= min(model.total or KEY_ROWS, KEY_ROWS) or (model.direct and model.finished)
        if model.x is None or seen:
            model.noted = True
            self.curious = not all(each.noted for each in self.models) or bool(self.waiting)
            return
        model.keys.append(torch_rows.columns(model.x))
        if model.key_rows < STATISTICS_ROWS:
            given = None if source is None else source.labels(model.x)
            target = self.loss_call[1] if self.loss_call else given
            model.inputs.append(model.x)
            if target is not None and target.ndim and len(target) == len(model.x):
                model.labels = [*(model.labels if model.key_rows else []), target.detach()]
        model.key_rows += len(model.x)

    def close(self, model):
        """End the open epoch, and measure the layers in the next step if it is their turn."""
        model.close(self.torch, self.spent)
        self.plan_sample(model)

    def plan_sample(self, model):
        """Measure the layers in the next step if it is their turn."""
        elapsed = model.last - model.started
        if self.full and model.finished >= model.next_sample and model.sampling < SAMPLE_SHARE * elapsed:
            model.due = True
            self.watch_gradients(True)

    @own("ending an epoch")
    def exhausted(self, given):
        """A `DataLoader` has no more batches."""
        self.active = [each for each in self.active if each() not in (None, given)]
        self.newest = None
        for model in self.models:
            if model.source == given.number:
                self.close(model)

    @own("reading a batch")
    def drawn(self, given):
        """A `DataLoader` has given a batch, and was not the one that gave the last."""
        self.active = [each for each in self.active if each() not in (None, given)] + [given.ref]
        self.newest = given.ref

    def loader_pass(self, x):
        """The running pass over a `DataLoader` that an input comes from; None if there is none."""
        running = (each() for each in reversed(self.active))
        return next((each for each in running if each is not None and each.holds(x)), None)

    # Evaluation.

    @own("reading evaluation data")
    def evaluated(self, model, args, kwargs):
        """A forward pass in eval mode or without gradients."""
        self.evaluating = None
        x = torch_rows.first(self.torch, [*args, *kwargs.values()])
        if x is None or not x.ndim or not len(x):
            return
        source = self.loader_pass(x)
        if source is not None:
            place, moment, origin = id(source.loader), source.number, "eval-mode loader"
        else:
            place, moment, origin = self.variables.place(), model.updates, "eval-mode tensors"
        model.switch(self.torch, self.spent)
        training = model.x is not None and torch_rows.same(model.x, x)
        training = training or (source is not None and id(source.loader) == model.loader)
        known = model.passes[-1] if model.passes else None
        if known is None or (known.place, known.moment) != (place, moment):
            model.passes = collections.deque((p for p in model.passes if p.place != place), model.passes.maxlen)
            known = torch_rows.Evaluated(place, moment, origin)
            model.passes.append(known)
            if not training:
                model.new_validation()
        if source is None and any(torch_rows.same(batch[2], x) for batch in known.batches[-50:]):
            return
        target = model.labels[0] if model.labels else None
        y = self.variables.labels(x, target) if source is None else source.labels(x)
        batch = [args, kwargs, x, y]
        self.evaluating = (model, batch, training)
        if known.rows < EVALUATION_ROWS and known.bytes < PASS_BYTES:
            known.batches.append(batch)
            known.rows, known.bytes = known.rows + len(x), known.bytes + x.numel() * x.element_size()

    @own("withholding rows")
    def withhold(self, dataset, args, kwargs):
        """The data set without every row whose number has a checksum below the share; None to leave it as it is."""
        settings = ("batch_size", "shuffle", "sampler", "batch_sampler")
        given = dict(zip(settings, args), **kwargs)  # noqa: B905
        if self.held or given.get("sampler") or given.get("batch_sampler") or not hasattr(dataset, "__len__"):
            return None
        if isinstance(dataset, self.torch.utils.data.IterableDataset):
            return None
        kept, out = torch_rows.withheld(len(dataset), self.job["hold_out"])
        self.held = (dataset, out, given.get("collate_fn") or self.torch.utils.data.default_collate)
        text = f"{len(out)} of {len(dataset)} training rows were withheld from training to measure the model on them."
        self.emit({"event": "warning", "text": text})
        return torch_rows.part(self.torch, dataset, kept)

    # What is reported.

    def tell(self, event, model, **fields):
        """Report an event of one model."""
        self.emit(dict(event=event, model=model.name, **fields))

    def tell_training(self, model):
        """The running totals."""
        probe = self.spent - model.spent
        self.tell(
            "training",
            model,
            updates=model.updates,
            batch_size=model.batch_size,
            epochs_planned=len(model.epochs),
            shuffled=model.shuffled,
            train_seconds=max(model.last - model.started - probe, 0.0) if model.updates else 0.0,
            probe_seconds=probe,
        )

    def tell_epoch(self, model, number):
        """Report an epoch; its losses are averaged over rows."""
        epoch = model.epochs[number - 1]
        values, rate = torch_model.epoch_values(self.torch, epoch), epoch["rate"]
        fields = {"updates": epoch["updates"], "seconds": epoch["seconds"]}
        fields["learning_rate"] = float("nan") if rate is None else float(rate)
        self.tell("epoch", model, number=number, values=values, **fields)

    def sample(self, model):
        """Measure every layer from the last outputs and gradients."""
        began, model.due, rate = time.perf_counter(), False, model.rate
        layers = [torch_layers.layer_stats(self.torch, name, leaf, model, rate) for name, leaf in model.leaves]
        model.samples.append((model.finished, layers))
        model.next_sample = max(model.finished + 1, int(model.finished * GROWTH))
        model.outputs = {}
        if model.direct or not model.updates:
            self.tell("layer-stats", model, epoch=model.finished, layers=layers, skipped="")
        if model.updates:  # the first is not counted: it is always made
            model.sampling += time.perf_counter() - began

    def finish(self):
        """Report the end of training, and predict the evaluation data with the final weights."""
        self.after.remove()
        self.watch_gradients(False)
        self.end_search()
        for owner, name, original in reversed(self.replaced):
            setattr(owner, name, original) if original is not None else delattr(owner, name)
        for model in self.models:
            self.finish_training(model)
            self.finish_layers(model)
            self.finish_evaluation(model)

    @own("ending the training")
    def finish_training(self, model):
        """Epochs not yet told, the data, the totals."""
        self.close(model)
        torch_model.read_losses(self.torch, model.epochs)
        self.tell_training(model)
        for number in range(len(model.epochs) if model.direct else 1, len(model.epochs) + 1):
            self.tell_epoch(model, number)
        for role, arrays in (("inputs", model.inputs), ("labels", model.labels)):
            self.tell_data(model, role, arrays, model.total or model.key_rows)
        if self.job.get("checkpoint_out") or self.job.get("checkpoint_in"):
            self.tell("checkpoint", model, supported=False, path="", epochs=len(model.epochs))

    def tell_data(self, model, role, arrays, rows):
        """Statistics of arrays of rows."""
        arrays = [torch_rows.to_numpy(self.torch, array[:STATISTICS_ROWS]) for array in arrays]
        if arrays and all(array.shape[1:] == arrays[0].shape[1:] for array in arrays):
            stats = torch_layers.array_stats(np.concatenate(arrays)[:STATISTICS_ROWS], rows, role.endswith("labels"))
            self.tell("data", model, role=role, stats=stats)

    @own("measuring layers")
    def finish_layers(self, model):
        """Measure the layers of the trained model on the last batch, with the last gradients."""
        if self.full and model.arguments is not None:
            handles = self.hooks(model)
            try:
                torch_rows.predict(self.torch, model.module, [model.arguments])
            finally:
                for handle in handles:
                    handle.remove()
            self.sample(model)
            if model.direct:
                return
        by_epoch = {-(-finished // model.join): layers for finished, layers in model.samples}
        for number, layers in by_epoch.items():
            self.tell("layer-stats", model, epoch=number, layers=layers, skipped="")

    @own("predicting the evaluation data")
    def finish_evaluation(self, model):
        """Predict the last pass over evaluation data again, or say why there is none."""
        if not model.passes and model.idle:
            self.note_idle(model)
        chosen, reason = torch_rows.choose_pass(model)
        if chosen is None and self.held is not None and model is self.models[0]:
            chosen, reason = self.held_pass(model)
        if chosen is None:
            self.tell("no-evaluation", model, reason=reason, arrays=bool(model.direct and model.plain))
            return
        predictions = torch_rows.predict(self.torch, model.module, [batch[:2] for batch in chosen.batches])
        y_pred = np.concatenate([torch_rows.to_numpy(self.torch, output) for output in predictions])
        y_true = np.concatenate([torch_rows.to_numpy(self.torch, batch[3]) for batch in chosen.batches])
        if len(y_pred) != len(y_true):
            reason = f"The model gives {len(y_pred)} predictions for {len(y_true)} rows."
            self.tell("no-evaluation", model, reason=reason, arrays=False)
            return
        name = "evaluation-" + model.name.replace(" ", "-")
        hashes = np.concatenate([torch_rows.row_hashes(self.torch, batch) for batch in chosen.batches])
        digest = self.save(name, y_true=y_true, y_pred=y_pred, row_hash=hashes)
        fields = {"file": name + ".npz", "sha256": digest, "rows": len(y_true), "logits": model.logits}
        self.tell("evaluation", model, origin=chosen.origin, **fields)
        inputs = [batch[2] for batch in chosen.batches]
        for role, arrays in (("eval_inputs", inputs), ("eval_labels", [y_true]), ("outputs", [y_pred])):
            self.tell_data(model, role, arrays, len(y_true))

    def note_idle(self, model):
        """The last forward pass, if no backward pass has followed it: it was an evaluation in the mode of training."""
        target = model.labels[0] if model.labels else None
        main = vars(sys.modules["__main__"])
        y = self.variables.labels(model.x, target, [main])
        if y is not None:
            last = torch_rows.Evaluated(None, model.updates, "eval-mode tensors")
            last.batches = [[*model.arguments, model.x, y]]
            model.passes.append(last)

    def held_pass(self, model):
        """The withheld rows as an evaluation pass."""
        dataset, numbers, collate = self.held
        batch = torch_rows.flat(self.torch, collate([dataset[number] for number in numbers]))
        if not model.plain or len(batch) < 2:
            return None, "The program changes its batches before the model sees them, so withheld rows cannot be used."
        x = batch[0][1].reshape(-1, *model.x.shape[1:]).to(model.x)
        held = torch_rows.Evaluated(None, None, "held-out training rows")
        held.batches = [[(x,), {}, x, batch[-1][1]]]
        return held, ""
