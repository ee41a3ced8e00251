"""Lanes are the trainings Keras itself would make: compared with `fit` on JAX, in one interpreter of their own."""

import json
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from scipy import stats

from netmend.training.probes import keras_lanes

if find_spec("keras") is None or find_spec("jax") is None:  # importing them here would choose a backend for all tests
    pytest.skip("Keras on JAX is not installed", allow_module_level=True)
pytestmark = pytest.mark.keras

SCRIPT = r"""
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import keras, launch
keras_lanes = launch.neighbour("keras_lanes")
from keras import layers

draw = np.random.default_rng(3)
x = draw.normal(size=(100, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype("int32") + (x[:, 2] > 1)

def dense(*between, width=8, **options):
    return keras.Sequential([layers.Input((6,)), layers.Dense(width, activation="relu", **options), *between,
                             layers.Dense(3, activation="softmax")])

def compiled(model, optimiser="adam"):
    model.compile(optimiser, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

def lanes_of(lanes):
    job = dict(lanes=lanes, seed=0, detail="score", hold_out=0, checkpoint_in=None, checkpoint_out=None)
    return keras_lanes.Lanes(keras, job, lambda event: None, None)

def losses_of(model, lanes, **options):
    made = lanes_of(lanes)
    made.fit(model, dict(x=x, y=y, **options), None)
    return [[float(epoch[lane]) for epoch in made.losses] for lane in range(len(lanes))], made

def with_keras(model, seed, optimiser, **options):
    keras.utils.set_random_seed(seed)
    model = compiled(keras.models.clone_model(model), optimiser)
    return model.fit(x, y, verbose=0, **options).history["loss"], model

said = {}

# The same order of rows, the same initial weights: the same losses.
fixed = dict(shuffle=False, epochs=4, batch_size=32)  # the last batch holds 4 rows
cases = {
    "plain": (dense, lambda **numbers: keras.optimizers.SGD(**{"learning_rate": 0.1, "momentum": 0.9, **numbers}),
              [{}, {"learning_rate": 0.03}]),
    "penalised": (lambda: dense(layers.BatchNormalization(), kernel_regularizer="l2", activity_regularizer="l2"),
                  lambda **numbers: keras.optimizers.AdamW(**{"weight_decay": 0.1, "clipnorm": 1.0, **numbers}),
                  [{"weight_decay": 0.01, "beta_1": 0.5}]),
}
for name, (make, optimiser, given) in cases.items():
    model = compiled(make(), optimiser())
    lanes, made = losses_of(model, [{"seed": 5, **each} for each in given], **fixed)
    pairs = [with_keras(model, 5, optimiser(**each), **fixed) for each in given]
    differences = [float(np.abs(np.subtract(lane, losses)).max()) for lane, (losses, _) in zip(lanes, pairs)]
    predicted = [float(np.abs(values - other.predict(x, verbose=0)).max())
                 for values, (_, other) in zip(made.outputs(model, x), pairs)]
    said[name] = {"losses": differences, "predictions": predicted, "history": model.history.history["loss"] == lanes[0]}

# Rows in an order of their own, dropout: the same distribution.
net = compiled(dense(layers.Dropout(0.2)), keras.optimizers.Adam())
rates, seeds, options = [0.001, 0.003, 0.01, 0.03], range(16), dict(epochs=3, batch_size=16)
lanes, _ = losses_of(net, [{"seed": seed, "learning_rate": rate} for rate in rates for seed in seeds], **options)
one = compiled(dense(layers.Dropout(0.2)), keras.optimizers.Adam())
one.fit(x, y, verbose=0, **options)
def again(rate, seed):
    keras.utils.set_random_seed(1000 + seed)
    one.set_weights(keras.models.clone_model(one).get_weights())
    for variable in one.optimizer.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    one.optimizer.learning_rate.assign(rate)
    return one.fit(x, y, verbose=0, **options).history["loss"][-1]
said["lanes"] = {str(rate): [lane[-1] for lane in lanes[16 * n:16 * n + 16]] for n, rate in enumerate(rates)}
said["fits"] = {str(rate): [again(rate, seed) for seed in seeds] for rate in rates}

# What lanes cannot stand for.
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(3, activation="softmax")
    def call(self, x):
        return self.last(x)

def set_by_hand(change):
    made, model = lanes_of([{"seed": 1, "learning_rate": 0.1}]), compiled(dense())
    made.watch_assignments()
    change(model)
    return made, model, {}

def plain(model, lane=None, **options):
    return lanes_of([{"seed": 1, **(lane or {})}]), model, options

schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 4, 0.5)
stop = keras.callbacks.EarlyStopping("loss")
unsuitable = {
    "a class of its own": plain(compiled(Own())),
    "50,": plain(compiled(dense(width=6000))),
    "Conv1D": plain(compiled(dense(layers.Reshape((8, 1)), layers.Conv1D(2, 3), layers.Flatten()))),
    "LSTM": plain(compiled(dense(layers.Reshape((8, 1)), layers.LSTM(2)))),
    "EarlyStopping": plain(compiled(dense()), callbacks=[stop]),
    "class_weight": plain(compiled(dense()), class_weight={0: 1.0, 1: 2.0, 2: 1.0}),
    "sample_weight": plain(compiled(dense()), sample_weight=np.ones(100)),
    "steps_per_epoch": plain(compiled(dense()), steps_per_epoch=2),
    "not arrays": plain(compiled(dense()), x=(each for each in [(x, y)]), y=None),
    "no labels": plain(compiled(dense()), y=None),
    "schedule": plain(compiled(dense(), keras.optimizers.SGD(schedule)), {"learning_rate": 0.1}),
    "no number momentum": plain(compiled(dense(), keras.optimizers.SGD(0.1)), {"momentum": 0.5}),
    "decides by momentum": plain(compiled(dense(), keras.optimizers.SGD(0.1, momentum=0.9)), {"momentum": 0.5}),
    "use_ema": plain(compiled(dense(), keras.optimizers.SGD(0.1, use_ema=True))),
    "sets weights itself": set_by_hand(lambda model: model.set_weights(model.get_weights())),
    "sets the learning rate itself": set_by_hand(lambda model: setattr(model.optimizer, "learning_rate", 0.5)),
}
said["reasons"] = {}
for wanted, (each, net, options) in unsuitable.items():
    try:
        each.fit(net, {"x": x, "y": y, **options}, None)
        said["reasons"][wanted] = "trained"
    except keras_lanes.Unsuitable as error:
        said["reasons"][wanted] = str(error)
try:
    made.fit(model, dict(x=x, y=y), None)
except keras_lanes.Unsuitable as error:
    said["twice"] = str(error)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said():
    quickly = "--xla_backend_optimization_level=0 --xla_cpu_multi_thread_eigen=false"  # compiled, not run
    environment = {**os.environ, "KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1", "XLA_FLAGS": quickly}
    folder = str(Path(keras_lanes.__file__).parent)
    run = subprocess.run([sys.executable, "-c", SCRIPT, folder], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", ["plain", "penalised"])
def test_with_rows_in_order_a_lane_has_the_losses_and_predictions_of_keras(said, case):
    assert max(said[case]["losses"]) < 1e-4
    assert max(said[case]["predictions"]) < 1e-3
    assert said[case]["history"], "the script is shown the losses of the first lane"


def test_lanes_rank_rates_as_trainings_by_keras_do(said):
    means = [[statistics.fmean(losses) for losses in said[way].values()] for way in ("lanes", "fits")]
    assert stats.spearmanr(*means).statistic > 0.99


def test_final_losses_of_lanes_are_distributed_as_those_of_keras(said):
    for rate, lanes in said["lanes"].items():
        assert len(set(lanes)) == 16, "lanes of different seeds are different trainings"
        assert stats.mannwhitneyu(lanes, said["fits"][rate]).pvalue > 0.01, rate
        assert stats.levene(lanes, said["fits"][rate]).pvalue > 0.01, rate


def test_what_lanes_cannot_stand_for_is_unsuitable_with_the_reason(said):
    assert {wanted: reason for wanted, reason in said["reasons"].items() if wanted not in reason} == {}


def test_a_second_training_is_unsuitable(said):
    assert said["twice"] == "it trains more than once"
