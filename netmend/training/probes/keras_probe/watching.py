"""The wrapped methods of `keras.Model`, and what is known of each model in training.

A loop of `train_on_batch` has no epochs: every `GROUP` updates count as one, their values averaged.
"""

import functools
import inspect
import time

import numpy as np

from ..measures import withheld
from .checkpoints import Checkpoints
from .data import Data
from .describing import layer_infos, loss_name, optimiser_name
from .evaluation import Evaluation
from .readings import inputs_and_labels, iterations_of, learning_rate_of, some_rows, trainable_size
from .reporting import Report
from .sampling import Sampling

GROUP = 100  # updates


class Watched:
    """What is known of one model in training; keeps it alive until its predictions are saved."""

    def __init__(self, name, model):
        self.name, self.model = name, model
        self.training = self.validation = self.sample = self.step = self.shuffled = self.iterations = None
        self.origin, self.evaluations, self.group, self.resumable = "", [], [], True
        self.fits = self.epochs = self.measured = self.planned = self.updates = self.batch_size = self.steps = 0
        self.train_seconds = self.probe_seconds = self.started = 0.0
        self.class_weights = {}


class Probe:
    """The wrapped methods of `keras.Model`, and what they remember."""

    def __init__(self, keras, job, emit, save):
        self.keras, self.job, self.backend = keras, job, keras.backend.backend()
        self.report = Report(emit, save)
        self.checkpoints = Checkpoints(job, self.report)
        self.sampling = Sampling(keras, self.report, job.get("detail") == "full")
        self.evaluation = Evaluation(keras, self.report, self.sampling)
        self.models, self.inside = {}, False

    def watched(self, model):
        """The record of a model, new if need be."""
        if id(model) not in self.models:
            self.models[id(model)] = Watched(f"keras {len(self.models) + 1}", model)
        return self.models[id(model)]

    # The wrapped methods: `given` are the arguments the user gave, `call` goes on with them as they are then.

    def fit(self, model, given, call):
        """`keras.Model.fit`."""
        if self.inside:
            return call()
        watched = self.watched(model)
        with self.report.working("reading the arguments of fit", watched):
            self.read_arguments(watched, given)
        with self.report.working("watching fit", watched):
            initial = given.get("initial_epoch", 0)
            callbacks = self.keras.tree.flatten(given.get("callbacks") or [])
            given["callbacks"] = [*callbacks, self.callback(watched, initial)]
            if self.job["checkpoint_in"] and not watched.fits:
                given["initial_epoch"] = watched.epochs = max(self.job["initial_epoch"], initial)
        self.inside = True
        try:
            result = call()
        finally:
            self.inside = False
            with self.report.working("ending fit"):
                self.report.tell_training(watched)
        with self.report.working("saving a checkpoint"):
            self.checkpoints.save(watched, len(self.models))
        return result

    def evaluate(self, model, given, call):
        """`keras.Model.evaluate`; the calls that `fit` makes are passed through."""
        watched = self.models.get(id(model))
        if not self.inside and watched is not None:
            with self.report.working("reading the arguments of evaluate"):
                data = Data(given.get("x"), given.get("y"))
                given["x"] = data.x
                watched.evaluations = [*watched.evaluations[-7:], data]  # bounded: a loop may evaluate often
        return call()

    def train_on_batch(self, model, given, call):
        """`keras.Model.train_on_batch`."""
        watched = self.watched(model)
        with self.report.working("reading a batch", watched, restore=False):
            watched.training = watched.training or Data(None, None, tape=[])
            watched.training.note((given["x"], given.get("y")))
        if not watched.group:
            watched.started = time.perf_counter()
        result = call()
        watched.updates += 1
        if watched.updates == 1:  # only now is every model built; the statistics "before" are one update late
            with self.report.working("describing the model", watched):
                self.describe(watched)
        with self.report.working("reading an update", watched, restore=False):
            names = [] if isinstance(result, dict) else model.metrics_names if np.ndim(result) else ["loss"]
            watched.group.append(dict(zip(names, np.ravel(result))) if names else result)  # noqa: B905
        if len(watched.group) == GROUP:
            self.end_group(watched)
        return result

    def end_group(self, watched):
        """Report the updates since the last group as one epoch."""
        seconds, group, watched.group = time.perf_counter() - watched.started, watched.group, []
        with self.report.working("ending a group of updates", watched):
            values = {name: np.mean([float(item[name]) for item in group]) for name in group[0]}
            self.report_epoch(watched, values, len(group), seconds)
            self.report.tell_training(watched)

    # What happens in fit.

    def read_arguments(self, watched, given):
        """Note training and validation data; withhold rows if the job asks for it and nothing else is there."""
        data, split, share = Data(given.get("x"), given.get("y")), given.get("validation_split"), self.job["hold_out"]
        given["x"], held = data.x, None
        if given.get("validation_data") is not None:
            held = Data(*inputs_and_labels(given["validation_data"]))
            if held.tape is not None:
                given["validation_data"] = held.x
            watched.validation, watched.origin = held, "validation_data"
        elif data.arrays and split:
            cut = int(data.count() * (1.0 - split))  # where Keras cuts
            watched.validation, watched.origin = data.part(slice(cut, None)), "validation_split"
            data = data.part(slice(0, cut))
        elif data.arrays and share > 0:
            out = withheld(data.count(), share)
            watched.validation, watched.origin = data.part(out), "held-out training rows"
            data = data.part(~out)
            given["x"], given["y"] = data.x, data.y
            if given.get("sample_weight") is not None:
                given["sample_weight"] = some_rows(given["sample_weight"], ~out)
            self.report.warn(
                f"{out.sum()} of the {len(out)} training rows were kept out of training, so that the model can be "
                "measured on rows it has not seen."
            )
        watched.training = watched.training or data
        # The state of callbacks, generators and data sets is not known, nor that of Keras' shuffling by batches.
        stateless = data.arrays and (held is None or held.arrays) and given.get("shuffle") != "batch"
        watched.resumable = stateless and not given.get("callbacks")
        if data.arrays:
            rows, steps = data.count(), given.get("steps_per_epoch")
            watched.batch_size = min(given.get("batch_size") or (-(-rows // steps) if steps else 32), rows)
            watched.shuffled = bool(given.get("shuffle", True))
        weights = given.get("class_weight") or {}
        watched.class_weights = {str(int(label)): float(weight) for label, weight in weights.items()}

    def callback(self, watched, initial_epoch):
        """The callback added last to every `fit`."""
        probe = self

        class Watch(self.keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                probe.build(watched)
                probe.checkpoints.before(watched)
                with probe.report.working("describing the model", watched):
                    watched.planned += self.params["epochs"] - initial_epoch
                    watched.steps = self.params.get("steps") or 0
                    watched.iterations = iterations_of(watched.model)
                    probe.describe(watched)

            def on_epoch_begin(self, epoch, logs=None):
                watched.started = time.perf_counter()

            def on_epoch_end(self, epoch, logs=None):
                seconds = time.perf_counter() - watched.started
                # TensorFlow runs generators in a thread, which may be drawing random numbers right now.
                restore = probe.backend != "tensorflow" or getattr(watched.training, "arrays", False)
                with probe.report.working("reading an epoch", watched, restore):
                    before, watched.iterations = watched.iterations, iterations_of(watched.model)
                    updates = watched.steps if watched.iterations is None else watched.iterations - before
                    watched.updates += updates
                    last = epoch + 1 >= self.params["epochs"] or watched.model.stop_training
                    probe.report_epoch(watched, logs or {}, updates, seconds, last)

        return Watch()

    def build(self, watched):
        """Create the variables of model and optimiser, as Keras does here on PyTorch and JAX, with its own method.

        TensorFlow creates them in the first update, and then draws the same random numbers as here.
        """
        if self.backend != "tensorflow" or watched.fits:
            return
        batch = None
        with self.report.working("reading a batch to build the model", watched):
            batch = watched.training.symbols()
        with self.report.working("building the model", watched, restore=False):
            if batch is not None:
                watched.model._symbolic_build(data_batch=batch)

    # What is reported.

    def describe(self, watched):
        """Everything known before the first update."""
        model, optimiser = watched.model, watched.model.optimizer
        watched.fits += 1
        loss, logits = loss_name(getattr(model, "loss", None))
        names = {"loss": loss, "loss_from_logits": logits, "optimiser": optimiser_name(optimiser)}
        sizes = {"parameters": trainable_size(model), "learning_rate": learning_rate_of(optimiser)}
        self.report.tell("model", watched, framework="keras", layers=layer_infos(model), **names, **sizes)
        self.report.tell_training(watched)
        if watched.fits == 1 and watched.training.readable:
            self.report.tell_training_data(watched)
        if watched.fits == 1:
            self.sampling.sample(watched)

    def report_epoch(self, watched, values, updates, seconds, last=False):
        """One epoch, and the layers if it is their turn."""
        watched.epochs += 1
        watched.train_seconds += seconds
        values = {name: float(value) for name, value in values.items() if np.ndim(value) == 0}
        numbers = {"number": watched.epochs, "updates": updates, "seconds": seconds}
        self.report.tell(
            "epoch", watched, values=values, learning_rate=learning_rate_of(watched.model.optimizer), **numbers
        )
        self.sampling.after_epoch(watched, last)

    def finish(self):
        """Predict on the evaluation data; called after the program's end."""
        for watched in self.models.values():
            if watched.group:
                self.end_group(watched)
            if watched.measured < watched.epochs:  # training has ended elsewhere than at the end of its only fit
                with self.report.working("measuring the layers"):
                    self.sampling.sample(watched)
        trained = [watched for watched in self.models.values() if watched.updates]
        if trained:
            with self.report.working("predicting on the evaluation data"):
                most = max(trained, key=lambda watched: watched.updates)  # the first of equals, as the reader
                self.evaluation.measure(most)


def wrapped(original, watch):
    """A method that is watched: `watch` gets the model, the arguments given, and what goes on with them."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def call(model, *args, **kwargs):
        try:
            bound = signature.bind(model, *args, **kwargs)
        except TypeError:
            return original(model, *args, **kwargs)  # raises the error the user should see
        return watch(model, bound.arguments, lambda: original(*bound.args, **bound.kwargs))

    return call
