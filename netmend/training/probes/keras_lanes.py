"""Trains one small Keras net many times at once, as lanes of one JAX program that differ in seed and optimiser numbers.

It needs Python 3.8, NumPy, and Keras 3 on JAX, and imports nothing of netmend: it runs where the program runs, in place
of the probe. Data, evaluation rows and withheld rows are those that `keras_probe` finds.

The script runs until its `fit`. Model, compiled loss, optimiser and arrays are taken as they are then. Each lane gets
initial weights from the model's own initialisers under its seed (of a clone of the model; what is not trainable is
kept), an order of rows of its own, and dropout of its own. An epoch is a `jax.lax.scan` over updates, mapped over the
lanes by `jax.vmap`; metrics are not computed. Then the script goes on to its end with the weights of the first lane,
so that the rows it evaluates are seen, and every lane predicts these.

Whatever would make a lane another training than the script's own is told as "lanes-unsuitable", with the reason, and
ends the process: never a wrong number. Nets that gain nothing are unsuitable, too.

Many models in one program by `vmap`: the JAX documentation, "Automatic vectorization".
"""

import contextlib
import functools
import os
import time

import numpy as np

from .keras_probe import Probe, wrapped
from .keras_probe.data import row_hashes
from .keras_probe.describing import leaf_layers, puts_out_logits
from .keras_probe.evaluation import PREDICT_ROWS, PREDICTION_BYTES
from .keras_probe.readings import row_count, some_rows, to_tensors, trainable_size
from .measures import EVALUATION_ROWS

# Own measurements on two cores: a net of 200 weights gains most, one of 535,000 nothing (the bound lies in between by
# own choice), and convolutions take twice as long as lanes as they do one by one.
MOST_WEIGHTS = 50000
SLOW_LAYERS = ("keras.src.layers.convolutional", "keras.src.layers.rnn")
HARMLESS_CALLBACKS = {"History", "ProgbarLogger", "CSVLogger", "TensorBoard"}  # they only write down
NOT_CARRIED = ("use_ema", "loss_scale_factor", "gradient_accumulation_steps")  # of the optimiser


class Unsuitable(Exception):
    """Why lanes cannot stand for trainings of this script; ends as a sentence."""


def install(job, emit, save):
    """Train lanes in place of the first `fit`; called right after Keras was imported.

    Args:
        job: "lanes": a list of objects with "seed" and optimiser numbers ("learning_rate", "beta_1", ...); the rest as
            for `keras_probe.install`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    import keras

    lanes = Lanes(keras, job, emit, save)
    guarded = {name: lanes.guarded(getattr(lanes, name)) for name in ("fit", "train_on_batch")}
    for name, watch in {**guarded, "evaluate": lanes.evaluate, "predict": lanes.predict}.items():
        setattr(keras.Model, name, wrapped(getattr(keras.Model, name), watch))
    lanes.watch_assignments()
    return lanes.guarded(lanes.finish)


class Lanes:
    """The lanes of one script, and what is known of its model."""

    def __init__(self, keras, job, emit, save):
        self.keras, self.lanes, self.emit, self.save = keras, job["lanes"], emit, save
        self.probe = Probe(keras, job, emit, save)
        self.watched = self.states = None
        self.assigned, self.losses, self.seconds = set(), [], {}

    def guarded(self, work):
        """The same function; what fails in it makes the script unsuitable, and ends the process."""

        def call(*args):
            try:
                return work(*args)
            except Unsuitable as error:
                reason = str(error)
            except Exception as error:
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            self.emit({"event": "lanes-unsuitable", "reason": reason})
            os._exit(0)

        return call

    def watch_assignments(self):
        """Note which variables are given a value by anyone but us."""
        original = self.keras.Variable.assign

        def assign(variable, *args, **kwargs):
            self.assigned.add(id(variable))
            return original(variable, *args, **kwargs)

        self.keras.Variable.assign = assign

    # The wrapped methods

    def train_on_batch(self, model, given, call):
        """`keras.Model.train_on_batch`."""
        raise Unsuitable("it trains by train_on_batch")

    def fit(self, model, given, call):
        """`keras.Model.fit`: all lanes in its place; the model gets the weights of the first."""
        if self.watched is not None:
            raise Unsuitable("it trains more than once")
        watched = self.watched = self.probe.watched(model)
        self.require_plain(model, given)
        self.probe.read_arguments(watched, given)
        if not watched.training.arrays:
            raise Unsuitable("its training data are not arrays")
        x, y = watched.training.rows(None)
        if y is None or row_count(x) < watched.training.count():
            raise Unsuitable("its training data have no labels, or are too large")
        self.build(model)
        self.train(model, *map(to_tensors, (x, y)), given.get("epochs", 1))
        for variable, values in zip(model.variables, self.states):  # noqa: B905
            variable.assign(values[0])
        self.assigned.clear()
        history = model.history = self.keras.callbacks.History()
        history.set_model(model)
        history.epoch = list(range(len(self.losses)))
        history.history = _Unreported(loss=[float(losses[0]) for losses in self.losses])
        return history

    def evaluate(self, model, given, call):
        """`keras.Model.evaluate`."""
        return self.predict(model, given, lambda: self.probe.evaluate(model, given, call))

    def predict(self, model, given, call):
        """`keras.Model.predict`. Keras puts the weights back with `assign` after it has used them."""
        before = set(self.assigned)
        try:
            return call()
        finally:
            self.assigned = before

    def require_plain(self, model, given):
        """A lane is the same training as the script's own, as far as model and arguments of `fit` tell.

        Raises:
            Unsuitable: it is not.
        """
        if self.probe.backend != "jax":
            raise Unsuitable(f"it chooses the backend {self.probe.backend} itself")
        if type(model).__module__ not in ("keras.src.models.sequential", "keras.src.models.functional"):
            raise Unsuitable(f"its model is a class of its own, {type(model).__name__}")
        for name in ("class_weight", "sample_weight", "initial_epoch", "steps_per_epoch"):
            if given.get(name) is not None and not (name == "initial_epoch" and given[name] == 0):
                raise Unsuitable(f"it trains with {name}")
        if given.get("shuffle", True) not in (True, False):
            raise Unsuitable("it shuffles batches, not rows")
        for callback in self.keras.tree.flatten(given.get("callbacks") or []):
            if type(callback).__name__ not in HARMLESS_CALLBACKS:
                raise Unsuitable(f"it trains with the callback {type(callback).__name__}")
        optimiser = getattr(model, "optimizer", None)
        if optimiser is None or hasattr(optimiser, "inner_optimizer"):
            raise Unsuitable("it has no plain optimiser")
        for name in NOT_CARRIED:
            if optimiser.get_config().get(name):
                raise Unsuitable(f"its optimiser uses {name}")

    def build(self, model):
        """Create all variables, by Keras' own method, and look at what was built.

        Raises:
            Unsuitable: the net would not gain, or does not start from its initialisers.
        """
        model._symbolic_build(data_batch=self.watched.training.symbols())
        size = trainable_size(model)
        if size > MOST_WEIGHTS:
            raise Unsuitable(f"its net has {size:,} weights, more than {MOST_WEIGHTS:,}")
        for layer in leaf_layers(model):
            if any(kind.__module__.startswith(SLOW_LAYERS) for kind in type(layer).__mro__):
                raise Unsuitable(f"its net has a {type(layer).__name__} layer")
        if any(id(variable) in self.assigned for variable in model.trainable_variables):
            raise Unsuitable("it sets weights itself before it trains")

    # Training

    def train(self, model, x, y, epochs):
        """Train all lanes: `states`, the model's variables in their order, and `losses` of each epoch, by lane."""
        import jax

        began = time.perf_counter()
        stacked = functools.partial(jax.tree.map, lambda *leaves: jax.numpy.stack(leaves))
        states, steps, numbers = stacked(*(self.start(model, lane) for lane in self.lanes))
        rows, batch = row_count(x), self.watched.batch_size
        whole = rows // batch * batch
        epoch = jax.jit(jax.vmap(self.epoch(model), in_axes=(0, 0, 0, 0, 0, None, None)), donate_argnums=(0, 1))
        draws = [np.random.default_rng(lane["seed"]) for lane in self.lanes]
        prepared = time.perf_counter()
        for number in range(epochs):
            orders = [draw.permutation(rows) if self.watched.shuffled else np.arange(rows) for draw in draws]
            order = np.stack(orders).astype(np.int32)
            batches = order[:, :whole].reshape(len(order), -1, batch)
            try:
                states, steps, losses = epoch(states, steps, numbers, batches, order[:, whole:], x, y)
            except jax.errors.ConcretizationTypeError as error:
                names = " or ".join(numbers) or "values"
                raise Unsuitable(
                    f"it decides by {names} what to compute, which is compiled once for all lanes"
                ) from error
            self.losses.append(np.asarray(losses))
            if not number:
                compiled = time.perf_counter()
        self.states = states
        ended = time.perf_counter()
        self.seconds = {"start": prepared - began, "first": compiled - prepared, "rest": ended - compiled}

    def start(self, model, lane):
        """The model's variables before a lane's first update, those of its optimiser, and the numbers it is to use."""
        self.keras.utils.set_random_seed(lane["seed"])
        clone, optimiser = self.keras.models.clone_model(model), model.optimizer
        if not clone.built:
            clone.build(model.input_shape)
        if [v.shape for v in model.variables] != [v.shape for v in clone.variables]:
            raise Unsuitable("a clone of its model is another model")
        states = [
            (new if old.trainable or "seed_generator" in new.path else old).value
            for old, new in zip(model.variables, clone.variables)  # noqa: B905
        ]
        steps = [v.value for v in optimiser.variables]
        numbers = {name: np.float32(value) for name, value in lane.items() if name != "seed"}
        if "learning_rate" in numbers:
            at = [v is optimiser.learning_rate for v in optimiser.variables]
            if not any(at):
                raise Unsuitable("its learning rate follows a schedule")
            if id(optimiser.learning_rate) in self.assigned:
                raise Unsuitable("it sets the learning rate itself before it trains")
            steps[at.index(True)] = self.keras.ops.full_like(steps[at.index(True)], numbers.pop("learning_rate"))
        for name in numbers:
            present = optimiser.get_config().get(name)
            if isinstance(present, bool) or not isinstance(present, (int, float)) or not present:
                raise Unsuitable(f"{type(optimiser).__name__} has no number {name} that could be another")
        return states, steps, numbers

    def epoch(self, model):
        """A function that trains one lane for one epoch."""
        import jax

        optimiser, variables = model.optimizer, model.variables
        free = [number for number, v in enumerate(variables) if v.trainable]

        def loss_of(values, state, x, y):
            state = _with(state, free, values)
            mapping = list(zip(variables, state))  # noqa: B905
            with self.keras.StatelessScope(mapping, collect_losses=True) as scope:
                loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True), sample_weight=None)
            after = [scope.get_current_value(v) for v in variables]
            return loss, [old if new is None else new for old, new in zip(state, after)]  # noqa: B905

        def epoch(state, steps, numbers, batches, rest, x, y):
            def update(carry, rows):
                state, steps = carry
                batch = [jax.tree.map(lambda leaf: leaf[rows], part) for part in (x, y)]
                values = [state[number] for number in free]
                (loss, state), slopes = jax.value_and_grad(loss_of, has_aux=True)(values, state, *batch)
                values, steps = optimiser.stateless_apply(steps, slopes, values)
                return (_with(state, free, values), steps), loss

            with _attributes(optimiser, numbers):
                carry, losses = jax.lax.scan(update, (state, steps), batches)
                total = losses.sum() * batches.shape[1]
                if len(rest):
                    carry, loss = update(carry, rest)
                    total += loss * len(rest)
            return (*carry, total / (batches.size + len(rest)))

        return epoch

    # The end

    def finish(self):
        """Predict the evaluation rows by every lane, and report the lanes."""
        if self.watched is None:
            raise Unsuitable("it trains no Keras model by fit")
        model = self.watched.model
        if any(id(variable) in self.assigned for variable in model.trainable_variables):
            raise Unsuitable("it sets weights itself after training")
        data, origin = self.probe.evaluation.data(self.watched)
        if data is None:
            raise Unsuitable("it shows no data to measure a model on")
        began = time.perf_counter()
        x, y = data.rows(EVALUATION_ROWS)
        predictions = self.outputs(model, x)
        rows = predictions.shape[1]
        x, y = some_rows(x, slice(rows)), self.keras.tree.flatten(y)[0][:rows]
        same = {"y_true": y.astype(np.float32) if y.dtype.kind == "f" else y, "row_hash": row_hashes(x)}
        logits = puts_out_logits(model)
        for number, values in enumerate(predictions):
            name = f"lane{number}"
            file = {"file": name + ".npz", "sha256": self.save(name, y_pred=values, **same), "rows": rows}
            losses = [float(epoch[number]) for epoch in self.losses]
            self.emit({"event": "lane", "number": number, "losses": losses, "origin": origin, "logits": logits, **file})
        self.emit({"event": "lanes", "seconds": dict(self.seconds, predict=time.perf_counter() - began)})

    def outputs(self, model, x):
        """The first output of every lane for every row: lanes, rows, outputs."""
        import jax

        @jax.jit
        @functools.partial(jax.vmap, in_axes=(0, None))
        def first(state, rows):
            with self.keras.StatelessScope(list(zip(model.variables, state))):  # noqa: B905
                return self.keras.tree.flatten(model(rows, training=False))[0]

        parts, size = [], PREDICT_ROWS
        for start in range(0, row_count(x), size):
            batch = to_tensors(some_rows(x, slice(start, start + size)))
            parts.append(np.asarray(first(self.states, batch), dtype=np.float32))
            if sum(part.nbytes for part in parts) > PREDICTION_BYTES * len(self.lanes):
                raise Unsuitable("its outputs on the evaluation rows are too large")
        return np.concatenate(parts, axis=1)


class _Unreported(dict):
    """The history of a training whose metrics were not computed: each is a list of NaN."""

    def __missing__(self, name):
        return [float("nan")] * len(self["loss"])


def _with(values, numbers, others):
    """A list with some entries replaced."""
    replaced = list(values)
    for number, other in zip(numbers, others):  # noqa: B905
        replaced[number] = other
    return replaced


@contextlib.contextmanager
def _attributes(thing, values):
    """Give an object other attributes for a while."""
    before = {name: getattr(thing, name) for name in values}
    try:
        for name, value in values.items():
            setattr(thing, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(thing, name, value)
