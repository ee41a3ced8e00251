"""The functions and hooks of PyTorch that are watched, and what follows for models, updates and epochs."""

import collections
import contextlib
import functools
import time

from ..measures import STATISTICS_ROWS
from .calls import Calls
from .describing import applied_functions, count, layer_infos
from .epochs import PENDING, Model
from .evaluation import Evaluations
from .loaders import Loaders, Pass
from .losses import LOSSES, LossCall, called_within, written_loss
from .replacing import Replaced
from .reporting import Report, own
from .rows import columns, rows_first
from .sampling import Sampling
from .tensors import first, readable, same, shape_of
from .variables import training_data
from .withholding import Withholding

KEY_ROWS = 200000  # by which training rows are known again: bounds time and memory


class Probe:
    """What PyTorch tells of trainings, and what is remembered of it.

    Attributes:
        models: in the order in which they were found; by_optimiser, by_module: the same.
        waiting: optimisers that have made no step yet; given up when an epoch of another ends.
        losses: of the backward passes since the last step. loss_call: the last loss function, a `LossCall`;
            compared: shapes of what it was given; within: the one that a model's forward pass has called itself.
        written: name of the last loss that was written out. curious: the loss or labels of a model are not known yet.
        forwarded: the model of the last forward pass in training.
    """

    def __init__(self, job, emit, save):
        import torch
        from torch.optim import optimizer

        self.seed, self.full = job["seed"], job.get("detail") == "full"
        self.report, self.functions = Report(emit, save), Replaced()
        self.calls, self.loaders = Calls(self.report, self.before_step), Loaders(self.report, self.pass_ended)
        self.sampling = Sampling(self.report, self.calls, self.full)
        self.withholding = Withholding(self.report, job.get("hold_out"))
        self.evaluations = Evaluations(self.report, self.loaders, self.withholding)
        self.models, self.by_optimiser, self.by_module, self.waiting = [], {}, {}, set()
        self.losses, self.loss_call, self.written = collections.deque(maxlen=PENDING), None, ""
        self.compared, self.within, self.curious, self.forwarded = [], None, False, None
        self.with_gradients, self.tensor = torch.is_grad_enabled, torch.Tensor
        replace, loader = self.functions.replace, torch.utils.data.DataLoader
        for name in LOSSES:
            if hasattr(torch.nn.functional, name):
                replace(torch.nn.functional, name, functools.partial(self.loss_called, name))
        replace(torch.autograd, "backward", self.went_back)
        replace(torch.optim.Optimizer, "__init__", self.new_optimiser)
        replace(loader, "__iter__", lambda iterator, args, _: Pass(self.loaders, args[0], iterator))
        if job.get("hold_out"):
            self.withholding.install(self.functions, loader)
        self.counting = optimizer.register_optimizer_step_post_hook(self.after_step)

    # Finding the model.

    @own("noticing an optimiser")
    def new_optimiser(self, _, args, kwargs):
        """Until a new optimiser has made its first step, note what modules are called."""
        self.waiting.add(args[0])
        self.curious = True
        self.calls.look()

    @own("preparing a step")
    def before_step(self, optimiser, args, kwargs):
        """Gradients are there, weights are still those that made them."""
        model = self.by_optimiser.get(optimiser)
        if model is None and self.calls.seen:
            model = self.begin(optimiser)
        if model is not None and model.due and self.calls.seen:
            self.sampling.sample(model)
        if not self.waiting and not any(each.due for each in self.models):
            self.calls.look_away()

    def begin(self, optimiser):
        """The model an optimiser trains, new if need be."""
        module = self.calls.trained_module(optimiser)
        model = self.by_module.get(id(module))
        if model is None:
            model = Model(f"torch {len(self.models) + 1}", module, optimiser, self.calls.began, self.report.spent)
            model.due = self.full and bool(model.leaves)
            self.models.append(model)
            self.describe(model)
        self.by_optimiser[optimiser] = model
        self.waiting.discard(optimiser)
        return model

    def describe(self, model):
        """Everything known before the first update."""
        import torch

        if len(self.models) == 1:
            self.report.tell_versions(self.seed)
        if model.module is not None:
            self.by_module[id(model.module)] = model
            kind = type(model.module)
            if not self.functions.holds(kind):
                self.functions.replace(kind, "__call__", self.called)
            calls = self.calls.of_leaves(leaf for _, leaf in model.leaves)
            _, model.given, output, model.shape = self.calls.seen.get(id(model.module), (None, None, None, ()))
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
        self.report.tell("model", model, framework="torch", **fields)
        self.report.tell_training(model)

    # Forward passes and losses.

    def called(self, output, args, kwargs):
        """A module of a model's class was called: this tells training from evaluation."""
        model = self.by_module.get(id(args[0]))
        if model is None:
            return
        gradients, given = self.with_gradients(), (args[1:], kwargs)
        if gradients and (args[0].training or model.never_back):
            model.given, model.idle, self.forwarded, self.evaluations.last = given, True, model, None
            self.trained_on(model, output)
        else:
            within, self.within = self.within, None
            self.evaluations.evaluated(model, given, output, within)
            model.doubted = given if gradients else None

    @own("reading an output")
    def trained_on(self, model, output):
        """A forward pass in training."""
        model.shape, self.within = shape_of(output), None

    def loss_called(self, name, value, args, kwargs):
        """A function of `torch.nn.functional` was called."""
        if self.curious or self.evaluations.last is not None:
            given = [*args[:2], *(kwargs[each] for each in ("input", "target") if each in kwargs)]
            if len(given) == 2:
                self.loss_computed(name, value, *given, kwargs.get("ignore_index"))

    @own("reading a loss")
    def loss_computed(self, *told):
        """In training it names the loss, in evaluation it may bring the labels."""
        call, evaluating = LossCall(*told), self.evaluations.last
        modules = [] if evaluating is None else [evaluating[0].module]
        if called_within([*modules, *(model.module for model in self.models)]):
            self.within = call  # of a forward pass that is not over; the one that was is another
        if evaluating is None:
            self.loss_call = call
            self.compared = [list(call.input.shape), list(call.target.shape)]
        elif self.within is not call:
            self.evaluations.validated(call, *evaluating)

    @own("reading a loss")
    def went_back(self, _, args, kwargs):
        """`torch.autograd.backward` was called: the loss of a step."""
        loss = args[0] if args else kwargs["tensors"]
        loss = loss if isinstance(loss, self.tensor) else next(iter(loss))
        self.losses.append(readable(loss))
        evaluating, self.evaluations.last = self.evaluations.last, None
        if evaluating is not None and evaluating[0].doubted is not None:
            self.forwarded = evaluating[0]
            self.forwarded.misread(*evaluating[1:])
        model = self.forwarded
        if model is not None:
            model.idle, model.x = False, rows_first(model.given, model.rows)
            model.fed += 0 if model.x is None else len(model.x)
        if self.waiting and self.loss_call is None:
            self.written = written_loss(loss.grad_fn)

    # Updates and epochs.

    @own("reading a step")
    def after_step(self, optimiser, args, kwargs):
        """Count the step to its epoch."""
        model = self.by_optimiser.get(optimiser) or self.begin(optimiser)
        if not self.losses and optimiser is not model.optimiser:
            return  # the same update: each optimiser of a model takes its own share of one backward pass
        clock, losses = time.perf_counter() - self.report.spent, list(self.losses)
        self.losses.clear()
        rows, model.fed = model.fed or (0 if model.x is None else len(model.x)), 0
        source = self.loaders.last
        if source is None or source.ref is not model.source:
            source = self.loaders.of(model.x)
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
                self.report.tell_epoch(model, len(model.ends), model.ends)
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
        self.sampling.after_epoch(model)

    def pass_ended(self, ref):
        """A pass over a `DataLoader` is over."""
        for model in self.models:
            if model.source is ref:
                self.end_epoch(model)

    # The end.

    def finish(self):
        """Report the end of training, and predict the evaluation data with the final weights."""
        self.counting.remove()
        self.calls.look_away()
        self.functions.put_back()
        for number, model in enumerate(self.models):
            self.finish_training(model)
            self.sampling.finish(model)
            self.evaluations.finish(model, number == 0)

    @own("ending the training")
    def finish_training(self, model):
        """Epochs not yet told, the data, the totals."""
        model.end_epoch()
        self.report.tell_training(model)
        ends = model.epochs()
        for number in range(len(ends) if model.direct else 1, len(ends) + 1):
            self.report.tell_epoch(model, number, ends)
        self.report.tell_data(model, "inputs", model.inputs, model.total or model.key_rows)
        # Of several inputs the labels may follow from another than the first.
        only = model.inputs if model.given and len(model.given[0]) + len(model.given[1]) == 1 else ()
        self.report.tell_data(model, "labels", model.labels, model.total or model.key_rows, only)
