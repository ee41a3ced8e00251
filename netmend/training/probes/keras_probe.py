"""Watches a Keras 3 program train, from inside its own interpreter, and reports what it saw.

It needs Python 3.8, NumPy and Keras only and imports nothing of netmend: it runs where the program runs. The events it
reports are listed in `netmend.training.channel`.

It must not change the training it watches. All its work leaves the random number generators of Python, NumPy, PyTorch
and TensorFlow as they were; forward passes are in inference mode inside `keras.StatelessScope`, which no assignment to
a weight, metric or seed variable leaves; a failure is reported, never raised. Three things change the training, because
the job asks for them: `hold_out` withholds rows, `checkpoint_in` goes on from a saved state, and raises if that does
not fit, and `weights_in` starts from those saved weights that fit.

Contents, each part built on those below it:

    Installing         `install` wraps `fit`, `evaluate` and `train_on_batch` of `keras.Model`
    Watching           `Watched`, what is known of one model; `Probe`: the wrapped methods, what happens in `fit`,
                       what is reported, measuring layers, checkpoints, evaluation
    Data               `Data`: rows of arrays, generators, data sets and loaders
    Describing         layers, regularisers, losses and optimisers in the terms of `LayerInfo` and `Trace`
    Statistics         `ArrayStats` and `LayerStats` of arrays; row checksums; which rows to withhold
    Random numbers     putting generators back
    Small readings     of Keras objects and of nested arrays

The evaluation data are, in this order: those of the last `evaluate` after training whose rows are not training rows;
the validation data of `fit`; its validation split; the withheld rows. A generator is not consumed: what passes through
it on its way to Keras is noted down. A `tf.data.Dataset` is read only after training, because reading it advances its
shuffling: until then only the weights of layers are measured. Predictions that the program compares with labels itself
are not seen: netmend cannot know what they are compared with.

Layers are measured before the first update, after the last and, while the probe has used less than `PROBE_SHARE` of
the training time, in between. The two are worth their price even where it is higher, as in a training of seconds under
JAX, which must compile the gradient first.

A loop of `train_on_batch` has no epochs: every `GROUP` updates count as one, their values averaged.
"""

import contextlib
import functools
import inspect
import itertools
import json
import random
import re
import sys
import time
import types
import zlib

import numpy as np

STATISTICS_ROWS, LISTED_CLASSES = 10000, 100  # as `ArrayStats` promises
EVALUATION_ROWS, PREDICTION_BYTES = 20000, 64 * 2**20  # the metric's standard error is below 0.4 % with 20,000 rows
SAMPLE_ROWS = 256  # of the batch for layer statistics: shares in steps below 0.5 %
COPIED_BYTES = 2**29  # of one data set at a time
OUTPUT_ENTRIES = 2**20  # of one layer that are summarised: bounds time and memory
PREDICT_ROWS = 512
PROBE_SHARE = 0.04  # of training time, so that the whole probe stays below 5 %
GROUP = 100  # updates
SATURATED = 0.007  # sigmoid(-5): inputs beyond +-5, as `LayerStats.saturated_share` says

ACTIVATION_LAYERS = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax"}
RELU_LIKE = ("relu", "relu6", "leaky_relu", "prelu")


# Installing


def install(job, emit, save):
    """Start watching; called right after Keras was imported.

    Args:
        job: "seed", "detail", "hold_out", "checkpoint_in", "checkpoint_out", "initial_epoch", "weights_in" as in
            `RunRequest`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    import keras

    probe = Probe(keras, job, emit, save)
    loaded = [(name, sys.modules.get(name)) for name in ("keras", "torch", "jax", "tensorflow", "numpy")]
    versions = {name: str(getattr(module, "__version__", "")) for name, module in loaded if module is not None}
    emit({"event": "probe", "framework": "keras", "backend": probe.backend, "seed": job["seed"], "versions": versions})
    for name in ("fit", "evaluate", "train_on_batch"):
        setattr(keras.Model, name, _wrapped(getattr(keras.Model, name), getattr(probe, name)))
    return probe.finish


def _wrapped(original, watch):
    signature = inspect.signature(original)

    @functools.wraps(original)
    def call(model, *args, **kwargs):
        try:
            bound = signature.bind(model, *args, **kwargs)
        except TypeError:
            return original(model, *args, **kwargs)  # raises the error the user should see
        return watch(model, bound.arguments, lambda: original(*bound.args, **bound.kwargs))

    return call


# Watching


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
        self.keras, self.job, self.emit, self.save = keras, job, emit, save
        self.backend = keras.backend.backend()
        self.models, self.inside = {}, False

    @contextlib.contextmanager
    def working(self, doing, watched=None, restore=True):
        """The probe's own work: timed, its failures reported; random numbers it draws are not missing afterwards.

        Args:
            doing: for the report of a failure. watched: whose time it is, if anyone's.
            restore: put the random number generators back.
        """
        started = time.perf_counter()
        try:
            with _same_random_numbers() if restore else contextlib.nullcontext():
                yield
        except Exception as error:
            self.emit({"event": "probe-error", "where": doing, "error": f"{type(error).__name__}: {error}"})
        finally:
            if watched is not None:
                watched.probe_seconds += time.perf_counter() - started

    def watched(self, model):
        """The record of a model, new if need be."""
        if id(model) not in self.models:
            self.models[id(model)] = Watched(f"keras {len(self.models) + 1}", model)
        return self.models[id(model)]

    def tell(self, event, watched, **fields):
        """Report an event of one model."""
        self.emit({"event": event, "model": watched.name, **fields})

    def warn(self, text):
        """Report a sentence for the user."""
        self.emit({"event": "warning", "text": text})

    # The wrapped methods: `given` are the arguments the user gave, `call` goes on with them as they are then.

    def fit(self, model, given, call):
        """`keras.Model.fit`."""
        if self.inside:
            return call()
        watched = self.watched(model)
        with self.working("reading the arguments of fit", watched):
            self.read_arguments(watched, given)
        with self.working("watching fit", watched):
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
            with self.working("ending fit"):
                self.report_training(watched)
        with self.working("saving a checkpoint"):
            self.save_checkpoint(watched)
        return result

    def evaluate(self, model, given, call):
        """`keras.Model.evaluate`; the calls that `fit` makes are passed through."""
        watched = self.models.get(id(model))
        if not self.inside and watched is not None:
            with self.working("reading the arguments of evaluate"):
                data = Data(given.get("x"), given.get("y"))
                given["x"] = data.x
                watched.evaluations = [*watched.evaluations[-7:], data]  # bounded: a loop may evaluate often
        return call()

    def train_on_batch(self, model, given, call):
        """`keras.Model.train_on_batch`."""
        watched = self.watched(model)
        with self.working("reading a batch", watched, restore=False):
            watched.training = watched.training or Data(None, None, tape=[])
            watched.training.note((given["x"], given.get("y")))
        if not watched.group:
            watched.started = time.perf_counter()
        result = call()
        watched.updates += 1
        if watched.updates == 1:  # only now is every model built; the statistics "before" are one update late
            with self.working("describing the model", watched):
                self.describe(watched)
        with self.working("reading an update", watched, restore=False):
            names = [] if isinstance(result, dict) else model.metrics_names if np.ndim(result) else ["loss"]
            watched.group.append(dict(zip(names, np.ravel(result))) if names else result)  # noqa: B905
        if len(watched.group) == GROUP:
            self.end_group(watched)
        return result

    def end_group(self, watched):
        """Report the updates since the last group as one epoch."""
        seconds, group, watched.group = time.perf_counter() - watched.started, watched.group, []
        with self.working("ending a group of updates", watched):
            values = {name: np.mean([float(item[name]) for item in group]) for name in group[0]}
            self.report_epoch(watched, values, len(group), seconds)
            self.report_training(watched)

    # What happens in fit.

    def read_arguments(self, watched, given):
        """Note training and validation data; withhold rows if the job asks for it and nothing else is there."""
        data, split, share = Data(given.get("x"), given.get("y")), given.get("validation_split"), self.job["hold_out"]
        given["x"], held = data.x, None
        if given.get("validation_data") is not None:
            held = Data(*_pair(given["validation_data"]))
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
                given["sample_weight"] = _part(given["sample_weight"], ~out)
            self.warn(
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
                if probe.job["checkpoint_in"] and not watched.fits:
                    probe.load_checkpoint(watched)
                elif probe.job.get("weights_in") and not watched.fits:
                    probe.load_weights(watched)
                with probe.working("describing the model", watched):
                    watched.planned += self.params["epochs"] - initial_epoch
                    watched.steps = self.params.get("steps") or 0
                    watched.iterations = _iterations(watched.model)
                    probe.describe(watched)

            def on_epoch_begin(self, epoch, logs=None):
                watched.started = time.perf_counter()

            def on_epoch_end(self, epoch, logs=None):
                seconds = time.perf_counter() - watched.started
                # TensorFlow runs generators in a thread, which may be drawing random numbers right now.
                restore = probe.backend != "tensorflow" or getattr(watched.training, "arrays", False)
                with probe.working("reading an epoch", watched, restore):
                    before, watched.iterations = watched.iterations, _iterations(watched.model)
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
        with self.working("reading a batch to build the model", watched):
            batch = watched.training.symbols()
        with self.working("building the model", watched, restore=False):
            if batch is not None:
                watched.model._symbolic_build(data_batch=batch)

    # What is reported.

    def describe(self, watched):
        """Everything known before the first update."""
        model, optimiser = watched.model, watched.model.optimizer
        watched.fits += 1
        loss, logits = loss_name(getattr(model, "loss", None))
        names = {"loss": loss, "loss_from_logits": logits, "optimiser": optimiser_name(optimiser)}
        sizes = {"parameters": _size(model), "learning_rate": _rate(optimiser)}
        self.tell("model", watched, framework="keras", layers=layer_infos(model), **names, **sizes)
        self.report_training(watched)
        if watched.fits == 1 and watched.training.readable:
            self.report_training_data(watched)
        if watched.fits == 1:
            self.report_layers(watched)

    def report_training_data(self, watched):
        """Statistics of inputs and labels; the batch size where only the data know it."""
        x, y = watched.training.rows(STATISTICS_ROWS)
        watched.batch_size = watched.batch_size or watched.training.batch
        self.report_data(watched, "inputs", x, watched.training.count())
        self.report_data(watched, "labels", y, watched.training.count())

    def report_data(self, watched, role, arrays, rows):
        """Statistics of one array, the first of several."""
        first = _first(arrays)
        if first is not None:
            stats = array_stats(first[:STATISTICS_ROWS], rows, labels=role.endswith("labels"))
            self.tell("data", watched, role=role, stats=stats)

    def report_epoch(self, watched, values, updates, seconds, last=False):
        """One epoch, and the layers if it is their turn."""
        watched.epochs += 1
        watched.train_seconds += seconds
        values = {name: float(value) for name, value in values.items() if np.ndim(value) == 0}
        numbers = {"number": watched.epochs, "updates": updates, "seconds": seconds}
        self.tell("epoch", watched, values=values, learning_rate=_rate(watched.model.optimizer), **numbers)
        share = watched.probe_seconds / max(watched.train_seconds, 1e-9)
        due = _on_grid(watched.epochs)
        if (last and watched.fits == 1) or (due and share <= PROBE_SHARE):
            self.report_layers(watched)
        elif due:
            self.report_layers(watched, f"Measuring has already used {share:.1%} of the training time.")

    def report_training(self, watched):
        """The running totals."""
        totals = {"updates": watched.updates, "batch_size": watched.batch_size, "epochs_planned": watched.planned}
        seconds = {"train_seconds": watched.train_seconds, "probe_seconds": watched.probe_seconds}
        weights = {"class_weights": watched.class_weights} if watched.class_weights else {}
        self.tell("training", watched, shuffled=watched.shuffled, **totals, **seconds, **weights)

    def report_layers(self, watched, skipped=""):
        """Measure every layer on the fixed sample batch, or say why not; without a batch only the weights."""
        if self.job["detail"] != "full":
            return
        if skipped:
            self.tell("layer-stats", watched, epoch=watched.epochs, layers=[], skipped=skipped)
            return
        watched.measured = watched.epochs
        if watched.sample is None and watched.training.readable:
            watched.sample = [_tensors(part) for part in watched.training.rows(SAMPLE_ROWS)]
        rate, layers = _rate(watched.model.optimizer), []
        slopes, outputs = self.gradients(watched) if watched.sample else ({}, {})
        for number, layer in enumerate(leaf_layers(watched.model)):
            weights = layer.trainable_variables
            arrays = [_array(v).ravel() for v in weights]
            steep = [_array(slopes[id(v)]).ravel() for v in weights if slopes.get(id(v)) is not None]
            output = _array(outputs[number]) if number in outputs else None
            if output is not None and getattr(layer, "data_format", "") == "channels_first" and output.ndim > 2:
                output = np.moveaxis(output, 1, -1)
            layers.append(layer_stat(layer.name, activation_of(layer), arrays, steep, output, rate))
        self.tell("layer-stats", watched, epoch=watched.epochs, layers=layers, skipped="")

    def gradients(self, watched):
        """Gradients by variable id and outputs by layer number on the sample batch, in inference mode."""
        model, leaves = watched.model, leaf_layers(watched.model)
        free, fixed = model.trainable_variables, model.non_trainable_variables

        def loss_of(values, others, x, y):
            state = list(zip(free + fixed, values + others))  # noqa: B905
            with self.keras.StatelessScope(state, collect_losses=True), self.spying(leaves) as outputs:
                loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False), sample_weight=None)
            return loss, outputs

        given = ([v.value for v in free], [v.value for v in fixed], *watched.sample)
        with self.inference(model):
            if self.backend == "torch":
                import torch

                with torch.enable_grad():
                    loss, outputs = loss_of(*given)
                    found = torch.autograd.grad(loss, given[0], allow_unused=True)
            elif self.backend == "jax":
                import jax

                compiled_for = [id(model.optimizer), *map(id, free)]  # compiling costs more than all calls
                if watched.step is None or watched.step[0] != compiled_for:
                    watched.step = compiled_for, _compiled(jax.value_and_grad(loss_of, has_aux=True))
                (_, outputs), found = watched.step[1](*given)
            else:
                import tensorflow

                with tensorflow.GradientTape() as tape:
                    values = [tensorflow.convert_to_tensor(value) for value in given[0]]
                    tape.watch(values)
                    loss, outputs = loss_of(values, *given[1:])
                found = tape.gradient(loss, values)
        return {id(v): gradient for v, gradient in zip(free, found)}, outputs  # noqa: B905

    @contextlib.contextmanager
    def spying(self, leaves):
        """Collect the first output tensor of every leaf layer that is called, by its number."""
        numbers, outputs = {id(layer): number for number, layer in enumerate(leaves)}, {}
        original = self.keras.Layer.__call__

        def call(layer, *args, **kwargs):
            result = original(layer, *args, **kwargs)
            if id(layer) in numbers:
                outputs[numbers[id(layer)]] = self.keras.tree.flatten(result)[0]
            return result

        self.keras.Layer.__call__ = call
        try:
            yield outputs
        finally:
            self.keras.Layer.__call__ = original

    @contextlib.contextmanager
    def inference(self, model):
        """Layers made of torch modules know inference mode only by their own flag."""
        flag = model.training if self.backend == "torch" else None
        try:
            if flag is not None:
                model.eval()
            yield
        finally:
            if flag is not None:
                model.train(flag)

    # Checkpoints, evaluation.

    def save_checkpoint(self, watched):
        """Save weights, optimiser and random state, unless continuing would not equal an uninterrupted training.

        That is so for a second fit or model, and for callbacks of the user, whose state is not known.
        """
        if not self.job["checkpoint_out"] or watched.fits > 1 or len(self.models) > 1 or not watched.resumable:
            return
        arrays = {f"v{number}": _array(v) for number, v in enumerate(_variables(watched.model))}
        arrays["paths"] = np.array([v.path for v in watched.model.variables])
        state = json.dumps(_random_state(), default=lambda array: array.tolist())
        np.savez(self.job["checkpoint_out"], random=np.array(state), **arrays)
        self.tell("checkpoint", watched, path=self.job["checkpoint_out"], epochs=watched.epochs)

    def load_checkpoint(self, watched):
        """Continue from a checkpoint.

        Raises:
            ValueError: it is of another model; to train from scratch instead would be a wrong answer.
        """
        optimiser = getattr(watched.model, "optimizer", None)
        if optimiser is not None and not optimiser.built:  # TensorFlow builds it in the first update
            optimiser.build(watched.model.trainable_variables)
        variables = _variables(watched.model)
        with np.load(self.job["checkpoint_in"]) as arrays:
            if len(variables) != len(arrays.files) - 2:
                raise ValueError("the checkpoint is of a model with other variables")
            for number, variable in enumerate(variables):
                variable.assign(arrays[f"v{number}"])
            _set_random_state(json.loads(str(arrays["random"])))

    def load_weights(self, watched):
        """Start from trained weights where name and shape fit; all else, and the optimiser, starts afresh."""
        with np.load(self.job["weights_in"]) as arrays:
            trained = {str(path): arrays[f"v{number}"] for number, path in enumerate(arrays["paths"])}
        for variable in watched.model.weights:
            if variable.path in trained and trained[variable.path].shape == tuple(variable.shape):
                variable.assign(trained[variable.path])

    def finish(self):
        """Predict on the evaluation data; called after the program's end."""
        for watched in self.models.values():
            if watched.group:
                self.end_group(watched)
            if watched.measured < watched.epochs:  # training has ended elsewhere than at the end of its only fit
                with self.working("measuring the layers"):
                    self.report_layers(watched)
        trained = [watched for watched in self.models.values() if watched.updates]
        if len(trained) > 1:
            self.warn(f"The program trains {len(trained)} models; the report is on the one with most weight updates.")
        if trained:
            with self.working("predicting on the evaluation data"):
                self.measure(max(trained, key=lambda watched: watched.updates))  # the first of equals, as the reader

    def measure(self, watched):
        """Save predictions, labels and row hashes of the evaluation data, or say why there are none."""
        if not watched.training.readable:
            watched.training.readable = True  # now that training is over
            self.report_training_data(watched)
            self.report_training(watched)
            self.report_layers(watched)
        data, origin = self.evaluation_data(watched)
        if data is None:
            reason = (
                "The program never measures the model on data it was not trained on: there is neither an evaluate() "
                "on other rows nor validation data in fit()."
            )
            self.tell("no-evaluation", watched, reason=reason, arrays=watched.training.arrays)
            return
        x, y = data.rows(EVALUATION_ROWS)
        labels = self.keras.tree.flatten(y)
        predictions, outputs = self.predict(watched.model, x)
        if max(outputs, len(labels)) > 1:
            self.warn("The model has several outputs; only its first output is measured.")
        rows = len(predictions)
        x, y = _part(x, slice(rows)), labels[0][:rows]
        for role, arrays, count in (("inputs", x, data.count()), ("labels", y, data.count())):
            self.report_data(watched, "eval_" + role, arrays, count)
        self.report_data(watched, "outputs", predictions, rows)
        y = y.astype(np.float32) if y.dtype.kind == "f" else y
        digest = self.save("evaluation", y_true=y, y_pred=predictions, row_hash=row_hashes(x))
        file = {"file": "evaluation.npz", "sha256": digest, "rows": rows}
        self.tell("evaluation", watched, origin=origin, logits=puts_out_logits(watched.model), **file)

    def evaluation_data(self, watched):
        """The data to measure on and where they are from; None if there are none."""
        seen = None
        for data in reversed(watched.evaluations):
            x, y = data.rows(EVALUATION_ROWS)
            if y is None:
                continue
            seen = row_hashes(watched.training.rows(None)[0]) if seen is None else seen
            known = np.isin(row_hashes(x), seen)
            if known.mean() <= 0.5:
                return data, "evaluate"
            self.warn(
                f"evaluate() was called on {len(known)} rows, of which {known.sum()} are also training rows. Such a "
                "score does not tell how the model does on new data, so this call was not used to measure it."
            )
        usable = watched.validation is not None and watched.validation.rows(1)[1] is not None
        return (watched.validation, watched.origin) if usable else (None, "")

    def predict(self, model, x):
        """The first output for every row, up to `PREDICTION_BYTES`, and the number of outputs."""
        torch = sys.modules["torch"] if self.backend == "torch" else None
        parts, rows, start = [], _length(x), 0
        with self.inference(model), torch.no_grad() if torch else contextlib.nullcontext():
            while start < rows:
                batch = _tensors(_part(x, slice(start, start + PREDICT_ROWS)))
                with self.keras.StatelessScope():
                    outputs = self.keras.tree.flatten(model(batch, training=False))
                parts.append(_array(outputs[0]).astype(np.float32))
                rows = min(rows, max(1, PREDICTION_BYTES * len(parts[0]) // max(parts[0].nbytes, 1)))
                start += PREDICT_ROWS
        return np.concatenate(parts)[:rows], len(outputs)


def _on_grid(epoch):
    """1, 2, 3, 4, 6, 8, 12, 16, 24, ...: dense at the start, logarithmic cost."""
    third = epoch // 3 if epoch % 3 == 0 else epoch
    return epoch & (epoch - 1) == 0 or third & (third - 1) == 0


def _compiled(function):
    """The function compiled by JAX in the shortest time, not for the shortest runs: it is called a few times only.

    Own measurement, gradient of an MLP and of a small CNN on one busy core: 0.6 s and 1.9 s instead of 1.9 s and 3.4 s;
    without compiling, 9 s and 10 s.
    """
    import jax

    known = "compiler_options" in inspect.signature(jax.jit).parameters
    return jax.jit(function, **({"compiler_options": {"xla_backend_optimization_level": 0}} if known else {}))


# Data


class Data:
    """Inputs and labels in any form Keras takes.

    Attributes:
        x: what to hand to Keras instead; differs from what was given only for a generator.
        arrays: rows can be picked by number. tape: batches noted from a generator or from single updates, else None.
        batch: rows of the first batch; 0 before anything was read.
        readable: reading does not change what the training will read.
    """

    def __init__(self, x, y, tape=None):
        import keras

        leaves = keras.tree.flatten(x)
        self.x, self.y, self.tape = x, y, tape
        self.arrays = tape is None and all(len(getattr(leaf, "shape", ())) > 0 for leaf in leaves)
        self.readable = self.arrays or not type(x).__module__.startswith("tensorflow")
        self.noted = self.batch = 0
        if isinstance(x, types.GeneratorType):
            self.tape, self.x = [], self.noting(x)

    def noting(self, generator):
        """The same generator, its first batches noted as they pass."""
        for batch in generator:
            self.note(batch)
            yield batch

    def note(self, batch):
        """Keep a copy of a batch; the program may use the same memory again."""
        if self.noted < EVALUATION_ROWS:
            self.tape.append(tuple(_map(lambda leaf: np.array(_array(leaf)), part) for part in _pair(batch)))
            self.noted += _length(self.tape[-1][0])

    def symbols(self):
        """A batch without numbers, of any length: shapes and types as Keras will feed them; None if unknown."""
        import keras

        if not self.readable:
            batch = getattr(self.x, "element_spec", None)
        else:
            x, y = (_tensors(part) for part in self.rows(1))
            batch = x if y is None else (x, y)
        return _map(
            lambda leaf: keras.KerasTensor((None, *leaf.shape[1:]), keras.backend.standardize_dtype(leaf.dtype)), batch
        )

    def count(self):
        """Number of rows; 0 if unknown."""
        if self.arrays:
            return _length(self.x)
        rows = getattr(self.x, "dataset", None)
        return len(rows) if hasattr(rows, "__len__") else 0

    def part(self, index):
        """Some of the rows of arrays."""
        return Data(_part(self.x, index), _part(self.y, index))

    def batches(self):
        """Inputs and labels, batch by batch; arrays are one batch."""
        if self.tape is not None:
            return iter(self.tape)
        if self.arrays:
            return iter([(self.x, self.y)])
        if hasattr(self.x, "num_batches") and hasattr(self.x, "__getitem__"):
            numbers = itertools.count() if self.x.num_batches is None else range(self.x.num_batches)
            return (_pair(self.x[number]) for number in numbers)
        return (_pair(batch) for batch in self.x)

    def rows(self, limit):
        """Inputs and labels as NumPy arrays: evenly spaced rows of arrays, the first rows of anything else."""
        parts, found = [], 0
        given = self.arrays or self.tape is not None
        with contextlib.nullcontext() if given else _unchanged(self.x):
            for batch in self.batches():
                parts.append([_map(_array, part) for part in batch])
                self.batch = self.batch or _length(batch[0])
                found += _length(batch[0])
                if not self.arrays and found >= (limit or EVALUATION_ROWS):
                    break
        if not parts:
            return None, None
        if not self.arrays:
            x, y = ([part[n] for part in parts] for n in (0, 1))
            return [_map(lambda *leaves: np.concatenate(leaves)[:limit], *column) for column in (x, y)]
        limit = min(limit or found, max(1, COPIED_BYTES // max(_array(_first(self.x))[:1].nbytes, 1)))
        index = slice(None) if found <= limit else np.arange(limit) * found // limit
        return [_part(part, index) for part in parts[0]]


# Describing


def leaf_layers(model):
    """The layers of a model in its own order, nested models opened, input layers left out, each once."""
    leaves = []
    for layer in model.layers:
        inner = leaf_layers(layer) if hasattr(layer, "layers") and hasattr(layer, "compile") else [layer]
        leaves += [leaf for leaf in inner if type(leaf).__name__ != "InputLayer" and not any(leaf is a for a in leaves)]
    return leaves


def _to_first_output(model, layers, weighted):
    """Numbers of the last layer with weights before the first output, the one measured, and of those behind it."""
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) > 1:
        behind, made = [], outputs[0]
        while made is not None:
            maker, index = made._keras_history.operation, made._keras_history.node_index
            number = next((n for n, layer in enumerate(layers) if layer is maker), None)
            if number in weighted:
                return number, behind
            behind.append(number)
            made = next(iter(maker._inbound_nodes[index].input_tensors), None)
    return (weighted[-1], range(weighted[-1] + 1, len(layers))) if weighted else (None, ())


def layer_infos(model):
    """The fields of `LayerInfo` for every leaf layer."""
    layers = leaf_layers(model)
    weighted = [n for n, layer in enumerate(layers) if layer.weights and "Normalization" not in type(layer).__name__]
    last, behind = _to_first_output(model, layers, weighted)
    infos = []
    for number, layer in enumerate(layers):
        core = _core(layer)
        first = getattr(core, "kernel_initializer", getattr(core, "embeddings_initializer", None))
        regularised = [v for v in layer.trainable_variables if v.regularizer is not None]
        role = "hidden"
        if number == last or (number in behind and activation_of(layer)):
            role = "output"
        elif weighted and number <= weighted[0]:
            role = "input"
        widths = [getattr(core, name, None) for name in ("units", "filters", "output_dim")]
        info = {"name": layer.name, "kind": type(layer).__name__, "activation": activation_of(layer), "role": role}
        info["units"] = next((int(width) for width in widths if isinstance(width, int)), 0)
        info["parameters"], info["rate"] = _size(layer), float(getattr(core, "rate", "nan"))
        info["initialiser"] = "" if first is None else _snake(type(first).__name__)
        info["regulariser"] = regulariser_name(regularised[0].regularizer) if regularised else ""
        info["penalty"] = sum(float(_array(v.regularizer(v))) for v in regularised)
        infos.append(info)
    return infos


def puts_out_logits(model):
    """Whether the loss takes the outputs for logits, and no sigmoid at the end has made them probabilities before."""
    layers = leaf_layers(model)
    weighted = [n for n, layer in enumerate(layers) if layer.weights and "Normalization" not in type(layer).__name__]
    last, behind = _to_first_output(model, layers, weighted)
    ends = [activation_of(layer) for number, layer in enumerate(layers) if number == last or number in behind]
    shaping = [name for name in ends if name not in ("", "linear")]
    return loss_name(getattr(model, "loss", None))[1] and shaping[-1:] not in (["sigmoid"], ["hard_sigmoid"])


def activation_of(layer):
    """Canonical name of the activation inside a layer, or that a layer is; "" if none."""
    kind = type(layer).__name__
    if kind in ACTIVATION_LAYERS:
        return "relu6" if kind == "ReLU" and layer.max_value == 6 else ACTIVATION_LAYERS[kind]
    activation = getattr(_core(layer), "activation", None)
    if activation is None:
        return ""
    if hasattr(activation, "trainable_variables"):
        return activation_of(activation)
    import keras

    name = getattr(activation, "__name__", "")
    return name if hasattr(keras.activations, name) else "custom"


def regulariser_name(regulariser):
    """Canonical regulariser with its factors: "l2(0.01)"; "custom" if it has neither l1 nor l2."""
    factors = [(name, float(getattr(regulariser, name, 0.0))) for name in ("l1", "l2")]
    used = [(name, factor) for name, factor in factors if factor]
    names, numbers = "_".join(name for name, _ in used), ", ".join(f"{factor:g}" for _, factor in used)
    return f"{names}({numbers})" if used else "custom"


def loss_name(loss):
    """Canonical name of a loss, and whether it takes logits. Of several losses the first."""
    import keras

    if isinstance(loss, (dict, list, tuple)):
        loss = _first(loss)
    logits = False
    if isinstance(loss, functools.partial):
        loss, logits = loss.func, bool(loss.keywords.get("from_logits"))
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        logits = bool(loss.get_config().get("from_logits", False))
        name = _snake(type(loss).__name__)
    else:
        name = getattr(loss, "__name__", "")
    known = hasattr(keras.losses, name) and type(loss).__module__.split(".")[0] in ("keras", "builtins")
    return (name if known else "custom"), logits


def optimiser_name(optimiser):
    """Canonical name of an optimiser: its class in lower case."""
    optimiser = getattr(optimiser, "inner_optimizer", optimiser)
    known = type(optimiser).__module__.split(".")[0] == "keras"
    return type(optimiser).__name__.lower() if known else "custom"


def _core(layer):
    """The layer inside `TimeDistributed`, `Bidirectional` and other wrappers."""
    for name in ("layer", "forward_layer"):
        inner = getattr(layer, name, None)
        if hasattr(inner, "trainable_variables"):
            return inner
    return layer


# Statistics


def array_stats(array, rows, labels):
    """The fields of `ArrayStats`."""
    array = array[: max(1, 2**24 // max(array[:1].size, 1))]  # at most 128 MiB as float64
    stats = {"dtype": str(array.dtype), "shape": array.shape[1:], "rows": rows, **_moments(np.zeros(0))}
    classes = array.reshape(len(array), -1)
    if array.dtype.kind in "biuf" and array.size:
        values = array.astype(np.float64)
        finite = values[np.isfinite(values)]
        stats.update(_moments(finite), nonfinite=values.size - finite.size)
        stats["integral"] = bool(finite.size == values.size and (finite == np.round(finite)).all())
        if array.ndim == 2 and array.shape[1] > 1 and np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all():
            stats["one_hot"] = True
            classes = values.argmax(1)[:, None]
    if labels and classes.shape[1] == 1:
        found, counts = np.unique(classes, return_counts=True)
        stats.update(distinct=min(len(counts), 1000), largest_share=float(counts.max() / counts.sum()))
        if stats.get("integral") and len(found) <= LISTED_CLASSES:
            stats["classes"], stats["shares"] = [int(value) for value in found], (counts / counts.sum()).tolist()
    return stats


def layer_stat(layer, activation, weights, gradients, output, rate):
    """The fields of `LayerStats` from lists of flat arrays and one array of outputs, each of which may be missing."""
    stats = {"layer": layer, "nonfinite": 0}
    if weights:
        values = np.concatenate(weights).astype(np.float64)
        stats.update(weight_norm=_norm(values), weight_std=float(values.std()), nonfinite=_nonfinite(values))
    if gradients:
        values = np.concatenate(gradients).astype(np.float64)
        stats.update(gradient_norm=_norm(values), gradient_abs_mean=float(np.abs(values).mean()))
        stats["gradient_zero_share"] = float((values == 0).mean())
        stats["nonfinite"] += _nonfinite(values)
        stats["update_ratio"] = rate * stats["gradient_norm"] / max(stats["weight_norm"], np.finfo(float).tiny)
    if output is not None and output.size and output.dtype.kind not in "biu":
        output = output[: max(1, OUTPUT_ENTRIES // max(output[:1].size, 1))].astype(np.float64)
        size, zero = np.abs(output), (output <= 0) if activation in RELU_LIKE else (output == 0)
        stats.update({"output_" + name: value for name, value in _moments(output).items()})
        stats.update(output_abs_mean=float(size.mean()), output_zero_share=float(zero.mean()))
        stats["dead_share"] = float((output.reshape(-1, output.shape[-1]) == 0).all(axis=0).mean())
        if activation in ("sigmoid", "tanh"):
            near = (size > 1 - SATURATED) if activation == "tanh" else np.minimum(output, 1 - output) < SATURATED
            stats["saturated_share"] = float(near.mean())
        stats["nonfinite"] += _nonfinite(output)
    return stats


def _moments(values):
    functions = {"minimum": np.min, "maximum": np.max, "mean": np.mean, "std": np.std}
    return {name: float(function(values)) if values.size else float("nan") for name, function in functions.items()}


def _norm(values):
    return float(np.sqrt(np.square(values).sum()))


def _nonfinite(values):
    return int(values.size - np.isfinite(values).sum())


def row_hashes(x):
    """A checksum of every row of the inputs as 32-bit floats; several inputs are chained in order."""
    import keras

    hashes = None
    for leaf in keras.tree.flatten(x):
        rows = np.ascontiguousarray(leaf, dtype=np.float32) if leaf.dtype.kind in "biuf" else leaf.astype("S")
        hashes = [0] * len(rows) if hashes is None else hashes
        hashes = [zlib.crc32(row.tobytes(), start) for row, start in zip(rows, hashes)]  # noqa: B905
    return np.array(hashes, dtype=np.uint32)


def withheld(rows, share):
    """Which rows to withhold: those whose number has a checksum below the share; the same in every run."""
    numbers = np.array([zlib.crc32(number.to_bytes(4, "little")) for number in range(rows)], dtype=np.float64)
    return numbers < share * 2**32


# Random numbers


@contextlib.contextmanager
def _same_random_numbers():
    """Draw random numbers in here without effect on those drawn afterwards."""
    state = None
    with contextlib.suppress(Exception):  # where a framework does not tell its state, it is not put back
        state = _random_state()
    tensorflow = sys.modules.get("tensorflow.python.eager.context")
    context = tensorflow and tensorflow.context()
    seeds = getattr(context, "_rng", None)  # of operations outside of functions
    if seeds is not None:
        context._rng = random.Random("probe")  # other seeds, because TensorFlow keeps a state for each seed
    try:
        yield
    finally:
        if state is not None:
            _set_random_state(state)
        if seeds is not None:
            context._rng = seeds


@contextlib.contextmanager
def _unchanged(source):
    """Put back the random number generators that a data set, or a variable of the program, holds."""
    put_back = _generators(source, 3) + _generators(sys.modules["__main__"], 0)
    try:
        yield
    finally:
        for call in put_back:
            call()


def _generators(holder, depth):
    found = []
    for value in list(getattr(holder, "__dict__", {}).values()):
        if isinstance(value, np.random.Generator):
            found.append(functools.partial(setattr, value.bit_generator, "state", value.bit_generator.state))
        elif isinstance(value, random.Random):
            found.append(functools.partial(value.setstate, value.getstate()))
        elif isinstance(value, np.random.RandomState) or type(value).__name__ == "Generator":  # of torch
            found.append(functools.partial(value.set_state, value.get_state()))
        elif depth and not isinstance(value, type):
            found += _generators(value, depth - 1)
    return found


def _random_state():
    """State of the global random number generators; Keras's own live in variables and are guarded otherwise."""
    torch = sys.modules.get("torch")
    state = torch.get_rng_state() if hasattr(torch, "get_rng_state") else None
    return [random.getstate(), np.random.get_state(), state]


def _set_random_state(state):
    """Put back what `_random_state` gave, or what JSON made of it."""
    (version, words, gauss), (kind, keys, *rest), torch_state = state
    random.setstate((version, tuple(words), gauss))
    np.random.set_state((kind, np.asarray(keys, dtype=np.uint32), *rest))
    if torch_state is not None:
        torch = sys.modules["torch"]
        torch.set_rng_state(torch.as_tensor(torch_state, dtype=torch.uint8))


# Small readings


def _rate(optimiser):
    rate = getattr(optimiser, "learning_rate", None)
    return float("nan") if rate is None else float(_array(rate))


def _iterations(model):
    """Updates the optimiser has counted; None if it does not count."""
    count = getattr(model.optimizer, "iterations", None)
    return None if count is None else int(_array(count))


def _size(thing):
    """Number of trainable weights."""
    return sum(int(np.prod(v.shape)) for v in thing.trainable_variables)


def _variables(model):
    """All that a training changes: weights, moving averages, seeds, optimiser."""
    return list(model.variables) + list(model.optimizer.variables)


def _snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _pair(batch):
    """Inputs and labels of a batch as data sets yield it."""
    if not isinstance(batch, (tuple, list)):
        return batch, None
    return batch[0], batch[1] if len(batch) > 1 else None


def _map(function, *trees):
    """Apply a function to the arrays of nested lists, tuples and dictionaries; None stays None."""
    import keras

    return keras.tree.map_structure(lambda *leaves: None if leaves[0] is None else function(*leaves), *trees)


def _array(value):
    """NumPy array of an array, tensor, variable, series or frame."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    import keras

    return np.asarray(keras.ops.convert_to_numpy(value))


def _tensors(arrays):
    """Arrays as Keras would feed them: floating numbers in its default precision."""
    import keras

    floatx = keras.config.floatx()
    return _map(lambda leaf: keras.ops.convert_to_tensor(leaf, floatx if leaf.dtype.kind == "f" else None), arrays)


def _part(tree, index):
    """Some of the rows of every array."""
    return _map(lambda leaf: _array(leaf)[index], tree)


def _first(tree):
    import keras

    return keras.tree.flatten(tree)[0]


def _length(tree):
    return int(_first(tree).shape[0])
