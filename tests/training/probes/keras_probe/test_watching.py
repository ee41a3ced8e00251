"""The Keras probe sees what is there and changes nothing: each program runs in its own interpreter, as users run it."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netmend.training import channel
from netmend.training.probes import launch
from netmend.training.trace import Trace

if find_spec("keras") is None:  # not importorskip: importing Keras here would choose a backend for all tests
    pytest.skip("keras is not installed", allow_module_level=True)
pytestmark = pytest.mark.keras

LAUNCHER = Path(launch.__file__)
NONCE = "feedbeef"
FOLDERS = tempfile.TemporaryDirectory(prefix="probe-")  # removed when the interpreter ends


def backend(name: str) -> Any:
    if find_spec(name) is None:
        return pytest.param(name, marks=pytest.mark.skip(reason=f"{name} is not installed"))
    return name


BACKENDS = [backend(name) for name in ("torch", "jax", "tensorflow")]
DEFAULT = next(name for name in ("torch", "jax", "tensorflow") if find_spec(name))
needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed")

DATA = """
import json, random, sys
import numpy as np
import keras
from keras import layers
keras.utils.set_random_seed(11)
draw = np.random.default_rng(3)
x = draw.normal(size=(120, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype("int32") + (x[:, 2] > 1)
x_test = draw.normal(size=(50, 6)).astype("float32")
y_test = (x_test[:, 0] + x_test[:, 1] ** 2 > 0.5).astype("int32") + (x_test[:, 2] > 1)
def tell(**values):
    values["draws"] = [random.random(), float(np.random.rand()), float(keras.random.uniform(()))]
    if keras.backend.backend() == "torch":
        import torch
        values["draws"].append(float(torch.rand(())))
    json.dump(values, open("said.json", "w"))
"""

CLASSIFIER = (
    DATA
    + """
model = keras.Sequential([
    layers.Input((6,)),
    layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L1L2(0.001, 0.002), name="first"),
    layers.BatchNormalization(name="norm"),
    layers.Dropout(0.4, name="drop"),
    layers.Dense(8, kernel_initializer="he_normal", activity_regularizer="l2", name="second"),
    layers.LeakyReLU(name="leak"),
    layers.Dense(3, name="third"),
    layers.Softmax(name="soft"),
])
schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 4, 0.5, staircase=True)
model.compile(optimizer=keras.optimizers.Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
start = [model.get_layer(name).get_weights() for name in ("first", "second", "third")]
past = model.fit(x[:100], y[:100], epochs=5, batch_size=32, validation_data=(x[100:], y[100:]), verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0)
np.savez("said.npz", predictions=model.predict(x_test, verbose=0), x_test=x_test, y_test=y_test, x=x,
         **{f"start{i}{j}": array for i, arrays in enumerate(start) for j, array in enumerate(arrays)})
tell(history=past.history, scores=scores)
"""
)


class Run:
    """What one run left behind."""

    def __init__(self, folder: Path, printed: str) -> None:
        self.folder, self.printed = folder, printed
        self.trace = channel.read(folder, NONCE)
        self.events = channel.events(folder, NONCE).events
        self.said = json.loads((folder / "said.json").read_text()) if (folder / "said.json").exists() else {}

    @property
    def seen(self) -> Trace:
        assert self.trace is not None, self.printed
        return self.trace

    @property
    def warnings(self) -> tuple[str, ...]:
        """Without the launcher's note that the programs here set their seed."""
        return tuple(warning for warning in self.seen.warnings if "sets the seed itself" not in warning)

    def arrays(self, name: str) -> dict[str, np.ndarray[Any, Any]]:
        with np.load(self.folder / name) as file:
            return dict(file)


@functools.cache
def run(program: str, framework: str = DEFAULT, watched: bool = True, **job: Any) -> Run:
    folder = Path(tempfile.mkdtemp(dir=FOLDERS.name))
    (folder / "train.py").write_text(program)
    job = {"detail": "full", "hold_out": 0.0, "checkpoint_in": None, "checkpoint_out": None, "initial_epoch": 0} | job
    job |= {"folder": str(folder), "script": "train.py", "result": str(folder), "seed": 0, "nonce": NONCE}
    (folder / "job.json").write_text(json.dumps(job))
    environment = os.environ | {"KERAS_BACKEND": framework, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, str(LAUNCHER), "job.json"] if watched else [sys.executable, "train.py"]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert ended.returncode == 0, ended.stderr
    return Run(folder, ended.stdout + ended.stderr)


@pytest.mark.parametrize("framework", BACKENDS)
def test_losses_and_random_numbers_are_the_same_with_and_without_the_probe(framework: str) -> None:
    plain, watched = run(CLASSIFIER, framework, watched=False), run(CLASSIFIER, framework)
    assert plain.said["history"]["loss"] and plain.said == watched.said
    assert watched.warnings == ()


@pytest.mark.parametrize("framework", BACKENDS)
def test_epochs_are_those_of_the_history(framework: str) -> None:
    done = run(CLASSIFIER, framework)
    for name, values in done.said["history"].items():
        assert done.seen.series(name) == pytest.approx(values, rel=1e-12)
    assert [epoch.number for epoch in done.seen.epochs] == [1, 2, 3, 4, 5]
    assert [epoch.updates for epoch in done.seen.epochs] == [4] * 5  # ceil(100 / 32)
    assert (done.seen.updates, done.seen.epochs_planned, done.seen.batch_size) == (20, 5, 32)
    rates = [epoch.learning_rate for epoch in done.seen.epochs]
    assert rates == pytest.approx([0.01 * 0.5**number for number in (1, 2, 3, 4, 5)], rel=1e-5)
    assert done.seen.learning_rate == pytest.approx(0.01)
    assert (done.seen.backend, done.seen.shuffled, done.seen.models_trained) == (framework, True, 1)
    assert done.seen.probe_seconds > 0 and done.seen.train_seconds > 0


def test_layers_are_described_as_they_were_written() -> None:
    seen = run(CLASSIFIER).seen
    assert [(a.name, a.kind, a.activation, a.role, a.units, a.initialiser) for a in seen.layers] == [
        ("first", "Dense", "relu", "input", 16, "glorot_uniform"),
        ("norm", "BatchNormalization", "", "hidden", 0, ""),
        ("drop", "Dropout", "", "hidden", 0, ""),
        ("second", "Dense", "linear", "hidden", 8, "he_normal"),
        ("leak", "LeakyReLU", "leaky_relu", "hidden", 0, ""),
        ("third", "Dense", "linear", "output", 3, "glorot_uniform"),
        ("soft", "Softmax", "softmax", "output", 0, ""),
    ]
    assert [layer.parameters for layer in seen.layers] == [6 * 16 + 16, 32, 0, 16 * 8 + 8, 0, 8 * 3 + 3, 0]
    assert seen.parameters == sum(layer.parameters for layer in seen.layers)
    assert seen.layers[0].regulariser == "l1_l2(0.001, 0.002)" and seen.layers[3].regulariser == ""
    kernel = run(CLASSIFIER).arrays("said.npz")["start00"].astype(float)
    penalty = 0.001 * np.abs(kernel).sum() + 0.002 * (kernel**2).sum()
    assert seen.layers[0].penalty == pytest.approx(penalty, rel=1e-5) and seen.layers[3].penalty == 0
    assert seen.layers[2].rate == pytest.approx(0.4) and np.isnan(seen.layers[0].rate)
    assert (seen.loss, seen.loss_from_logits, seen.optimiser) == ("sparse_categorical_crossentropy", False, "adam")


@pytest.mark.parametrize("framework", BACKENDS)
def test_layers_before_training_measure_as_computed_by_hand(framework: str) -> None:
    done = run(CLASSIFIER, framework)
    said = done.arrays("said.npz")
    x, y = said["x"][:100].astype(float), None
    draw = np.random.default_rng(3).normal(size=(120, 6)).astype("float32")
    y = ((draw[:, 0] + draw[:, 1] ** 2 > 0.5).astype(int) + (draw[:, 2] > 1))[:100]
    first = np.maximum(x @ said["start00"] + said["start01"], 0)
    second = first / np.sqrt(1 + 1e-3) @ said["start10"] + said["start11"]
    leak = np.where(second > 0, second, 0.3 * second)
    third = leak @ said["start20"] + said["start21"]
    soft = np.exp(third) / np.exp(third).sum(1, keepdims=True)
    stats = {stat.layer: stat for stat in done.seen.stats if stat.epoch == 0}
    for name, output in (("first", first), ("second", second), ("leak", leak), ("third", third), ("soft", soft)):
        assert stats[name].output_mean == pytest.approx(output.mean(), rel=1e-4, abs=1e-6)
        assert stats[name].output_std == pytest.approx(output.std(), rel=1e-4)
        assert stats[name].output_abs_mean == pytest.approx(np.abs(output).mean(), rel=1e-4)
        assert stats[name].output_minimum == pytest.approx(output.min(), rel=1e-4, abs=1e-6)
        assert stats[name].output_maximum == pytest.approx(output.max(), rel=1e-4)
    assert stats["first"].output_zero_share == pytest.approx((first <= 0).mean())
    assert stats["first"].dead_share == pytest.approx((first == 0).all(0).mean())
    assert stats["leak"].output_zero_share == pytest.approx((leak <= 0).mean())
    slope = (soft - np.eye(3)[y]) / len(y)  # of the mean cross-entropy through the softmax
    gradient = np.concatenate([(leak.T @ slope).ravel(), slope.sum(0)])
    weights = np.concatenate([said["start20"].ravel(), said["start21"]]).astype(float)
    assert stats["third"].gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-3)
    assert stats["third"].gradient_abs_mean == pytest.approx(np.abs(gradient).mean(), rel=1e-3)
    assert stats["third"].gradient_zero_share == (gradient == 0).mean()
    assert stats["third"].weight_norm == pytest.approx(np.linalg.norm(weights), rel=1e-5)
    assert stats["third"].weight_std == pytest.approx(weights.std(), rel=1e-5)
    ratio = 0.01 * np.linalg.norm(gradient) / np.linalg.norm(weights)
    assert stats["third"].update_ratio == pytest.approx(ratio, rel=1e-3)
    assert np.isnan(stats["soft"].gradient_norm) and stats["soft"].nonfinite == 0


def test_layers_are_measured_before_training_and_at_its_end() -> None:
    seen = run(CLASSIFIER).seen
    moments = [event for event in run(CLASSIFIER).events if event["event"] == "layer-stats"]
    assert [moment["epoch"] for moment in moments] == [0, 1, 2, 3, 4, 5]  # the grid and the last
    assert all(moment["layers"] or "of the training time" in moment["skipped"] for moment in moments)
    measured = {stat.epoch for stat in seen.stats}
    assert {0, 5} <= measured <= {0, 1, 2, 3, 4, 5}
    for epoch in measured:
        assert [stat.layer for stat in seen.stats if stat.epoch == epoch] == [layer.name for layer in seen.layers]
    assert run(CLASSIFIER, detail="score").seen.stats == ()


@pytest.mark.parametrize("framework", BACKENDS)
def test_predictions_labels_and_row_hashes_are_those_of_the_evaluated_rows(framework: str) -> None:
    done = run(CLASSIFIER, framework)
    assert done.seen.evaluation is not None
    assert (done.seen.evaluation.origin, done.seen.evaluation.rows) == ("evaluate", 50)
    arrays, said = done.arrays("evaluation.npz"), done.arrays("said.npz")
    assert arrays["y_pred"] == pytest.approx(said["predictions"], abs=1e-6) and arrays["y_pred"].dtype == np.float32
    assert (arrays["y_true"] == said["y_test"]).all()
    assert arrays["row_hash"].tolist() == [zlib.crc32(row.tobytes()) for row in said["x_test"]]
    accuracy = (arrays["y_pred"].argmax(1) == arrays["y_true"]).mean()
    assert accuracy == pytest.approx(done.said["scores"][1], abs=1e-6)


def test_data_statistics_are_those_of_numpy() -> None:
    done = run(CLASSIFIER)
    x = done.arrays("said.npz")["x"][:100].astype(float)
    found = done.seen.inputs
    assert found is not None and done.seen.labels is not None and done.seen.eval_labels is not None
    assert (found.dtype, found.shape, found.rows, found.integral) == ("float32", (6,), 100, False)
    assert (found.minimum, found.maximum) == (x.min(), x.max())
    assert (found.mean, found.std) == pytest.approx((x.mean(), x.std()))
    assert (done.seen.labels.shape, done.seen.labels.distinct, done.seen.labels.integral) == ((), 3, True)
    y = done.arrays("said.npz")["y_test"]
    assert done.seen.eval_labels.largest_share == pytest.approx(np.bincount(y).max() / len(y))
    assert done.seen.outputs is not None and done.seen.outputs.shape == (3,)


SMALL = """
def small(units=3, activation="softmax"):
    return keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(units, activation=activation)])
model = small()
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
"""


def test_without_evaluation_data_the_run_says_so_and_can_withhold_rows() -> None:
    program = DATA + SMALL + "model.fit(x, y, epochs=2, verbose=0, sample_weight=np.ones(120))"
    seen = run(program, detail="score").seen
    assert seen.evaluation is None and seen.no_evaluation != "" and seen.can_hold_out
    held = run(program, detail="score", hold_out=0.25)
    assert held.seen.evaluation is not None and held.seen.inputs is not None
    assert held.seen.evaluation.origin == "held-out training rows"
    out = [number for number in range(120) if zlib.crc32(number.to_bytes(4, "little")) < 0.25 * 2**32]
    assert 20 <= len(out) == held.seen.evaluation.rows <= 40 and held.seen.inputs.rows == 120 - len(out)
    x = np.random.default_rng(3).normal(size=(120, 6)).astype("float32")
    assert held.arrays("evaluation.npz")["row_hash"].tolist() == [zlib.crc32(x[number].tobytes()) for number in out]
    assert any("kept out of training" in warning for warning in held.seen.warnings)


def test_an_embedding_tells_how_many_numbers_it_takes() -> None:
    model = """
words = draw.integers(0, 50, (120, 6))
model = keras.Sequential([layers.Embedding(50, 8), layers.Flatten(), layers.Dense(3, activation="softmax")])
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
model.fit(words, y, epochs=1, verbose=0)
"""
    seen = run(DATA + model).seen
    assert [layer.rows for layer in seen.layers] == [50, 0, 0]
    assert seen.inputs is not None and seen.inputs.integral and seen.inputs.maximum == 49


def test_class_weights_and_the_classes_of_a_sorted_split_are_told() -> None:
    fit = (
        "model.fit(x[np.argsort(y)], np.sort(y), epochs=1, verbose=0, validation_split=0.2, class_weight={0: 2, 2: 3})"
    )
    seen = run(DATA + SMALL + fit, detail="score").seen
    assert seen.class_weights == {"0": 2.0, "2": 3.0}
    assert seen.labels is not None and seen.eval_labels is not None
    x = np.random.default_rng(3).normal(size=(120, 6)).astype("float32")
    y = np.sort((x[:, 0] + x[:, 1] ** 2 > 0.5).astype("int32") + (x[:, 2] > 1))
    assert seen.eval_labels.classes == tuple(np.unique(y[96:])) and 0 not in seen.eval_labels.classes
    assert seen.labels.classes == tuple(np.unique(y[:96])) and 0 in seen.labels.classes
    assert sum(seen.labels.shares) == pytest.approx(1) and seen.labels.largest_share == max(seen.labels.shares)


def test_rows_of_a_validation_split_are_used_when_only_training_rows_are_evaluated() -> None:
    done = run(DATA + SMALL + "model.fit(x, y, validation_split=0.2, verbose=0); model.evaluate(x[:90], y[:90])")
    assert done.seen.evaluation is not None and done.seen.inputs is not None
    assert (done.seen.evaluation.origin, done.seen.evaluation.rows, done.seen.inputs.rows) == (
        "validation_split",
        24,
        96,
    )
    assert any("90 rows, of which 90 are also training rows" in warning for warning in done.seen.warnings)
    x = np.random.default_rng(3).normal(size=(120, 6)).astype("float32")
    assert done.arrays("evaluation.npz")["row_hash"].tolist() == [zlib.crc32(row.tobytes()) for row in x[96:]]


SOURCES = (
    DATA
    + SMALL
    + """
shared = np.random.RandomState(6)
def batches():
    for start in range(0, 1200, 20):
        yield x[start % 120:start % 120 + 20], y[start % 120:start % 120 + 20]
class Noisy(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.draw = np.random.default_rng(4)
    def noise(self):
        return self.draw.normal(size=(30, 6)) + shared.normal() + np.random.normal() + random.random()
    def __len__(self):
        return 4
    def __getitem__(self, n):
        return x[n * 30:n * 30 + 30] + self.noise().astype("float32"), y[n * 30:n * 30 + 30]
import torch
pairs = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
own = torch.utils.data.DataLoader(pairs, 15, shuffle=True, generator=torch.Generator().manual_seed(1))
losses = []
for source in (own, torch.utils.data.DataLoader(pairs, 24, shuffle=True), Noisy()):
    held = ((x_test[s:s + 10], y_test[s:s + 10]) for s in (0, 10, 20))
    again = small()
    again.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    losses += again.fit(source, epochs=2, verbose=0, validation_data=held, validation_steps=3).history["loss"]
losses += model.fit(batches(), steps_per_epoch=10, epochs=2, verbose=0).history["loss"]
losses += model.fit(own, epochs=2, verbose=0, validation_data=(x_test, y_test)).history["loss"]
tell(losses=losses)
"""
)


@needs_torch
def test_generators_datasets_and_loaders_are_read_without_changing_the_training() -> None:
    plain, watched = run(SOURCES, watched=False), run(SOURCES)
    assert len(plain.said["losses"]) == 10 and plain.said == watched.said
    read = {(event["model"], event["role"]): event["stats"]["rows"] for event in watched.events if "role" in event}
    assert [read[f"keras {n}", "inputs"] for n in (1, 2, 3, 4)] == [120, 120, 0, 0]  # 0: unknown
    batches = {event["model"]: event["batch_size"] for event in watched.events if event["event"] == "training"}
    assert batches == {"keras 1": 15, "keras 2": 24, "keras 3": 30, "keras 4": 20}
    measured = {event["model"] for event in watched.events if event["event"] == "layer-stats" and event["layers"]}
    assert measured == {"keras 1", "keras 2", "keras 3", "keras 4"}


@needs_torch
def test_fits_of_one_model_are_one_training() -> None:
    seen = run(SOURCES).seen
    assert [epoch.number for epoch in seen.epochs] == [1, 2, 3, 4]
    assert list(seen.series("loss")) == pytest.approx(run(SOURCES).said["losses"][6:])
    assert [epoch.updates for epoch in seen.epochs] == [10, 10, 8, 8] and seen.epochs_planned == 4
    assert seen.evaluation is not None and seen.inputs is not None
    assert (seen.evaluation.origin, seen.evaluation.rows) == ("validation_data", 50)
    assert (seen.inputs.rows, seen.inputs.shape, seen.models_trained) == (0, (6,), 4)


def test_of_several_models_the_one_with_most_updates_is_described() -> None:
    more = (
        "other = small(1, None); other.compile(optimizer='rmsprop', loss='mae'); other.fit(x, y, epochs=3, verbose=0)"
    )
    seen = run(DATA + SMALL + "model.fit(x, y, epochs=2, verbose=0)\n" + more, detail="score").seen
    assert (seen.models_trained, seen.optimiser, seen.loss, seen.updates) == (2, "rmsprop", "mean_absolute_error", 12)
    assert any("trains 2 models" in warning for warning in seen.warnings)


def test_inputs_and_outputs_in_dictionaries_are_measured_by_the_first_output() -> None:
    program = """
a, b = layers.Input((2,), name="a"), layers.Input((4,), name="b")
both = layers.Concatenate()([a, keras.Sequential([layers.Dense(3, "tanh", name="inner")], name="nest")(b)])
model = keras.Model({"a": a, "b": b}, {"p": layers.Dense(1, name="p")(both), "q": layers.Dense(2, name="q")(both)})
model.compile(optimizer="adam", loss={"p": "mse", "q": keras.losses.Huber()})
parts = {"a": x[:, :2], "b": x[:, 2:]}
model.fit(parts, {"p": x[:, 0], "q": x[:, :2]}, validation_split=0.5, verbose=0)
"""
    done = run(DATA + program)
    assert done.seen.evaluation is not None and done.seen.evaluation.rows == 60
    assert [layer.name for layer in done.seen.layers if layer.units] == ["inner", "p", "q"]
    assert [layer.name for layer in done.seen.layers if layer.role == "output"] == ["p"]
    assert any("several outputs" in warning for warning in done.seen.warnings) and len(done.warnings) == 1
    arrays = done.arrays("evaluation.npz")
    assert arrays["y_pred"].shape == (60, 1) and arrays["y_true"].shape == (60,)
    x = np.random.default_rng(3).normal(size=(120, 6)).astype("float32")
    chained = [zlib.crc32(row[2:].tobytes(), zlib.crc32(row[:2].tobytes())) for row in x[60:]]
    assert arrays["row_hash"].tolist() == chained
    saturated = [stat.saturated_share for stat in done.seen.stats if stat.layer == "inner"]
    assert saturated and all(0 <= share <= 1 for share in saturated)


def test_a_loop_of_single_updates_is_reported_in_groups() -> None:
    loop = """
losses = []
for n in range(230):
    losses.append(float(model.train_on_batch(x[n % 100:n % 100 + 20], y[n % 100:n % 100 + 20])))
model.evaluate(x_test, y_test, verbose=0)
tell(losses=losses)
"""
    plain, watched = run(DATA + SMALL + loop, watched=False), run(DATA + SMALL + loop)
    assert plain.said == watched.said
    seen, losses = watched.seen, np.array(plain.said["losses"])
    assert [epoch.updates for epoch in seen.epochs] == [100, 100, 30] and seen.updates == 230
    assert seen.series("loss") == pytest.approx([losses[:100].mean(), losses[100:200].mean(), losses[200:].mean()])
    assert (seen.batch_size, seen.inputs is not None, {0, 3} <= {stat.epoch for stat in seen.stats}) == (20, True, True)
    assert seen.evaluation is not None and seen.evaluation.origin == "evaluate"


@needs_torch
def test_a_program_that_never_calls_fit_has_no_training() -> None:
    done = run(DATA + "import torch\n(torch.ones(2, requires_grad=True) ** 2).sum().backward()", detail="score")
    assert done.trace is None and not [event for event in done.events if event["event"] == "training"]


@pytest.mark.parametrize("framework", BACKENDS)
def test_continuing_from_a_checkpoint_equals_an_uninterrupted_training(framework: str, tmp_path: Path) -> None:
    program = DATA + SMALL.replace('"sgd"', '"adam"').replace("[layers", "[layers.Dropout(0.3), layers")
    fit = "past = model.fit(x, y, epochs={}, verbose=0, validation_data=(x_test, y_test)); tell(history=past.history)"
    path = str(tmp_path / "half.npz")
    whole = run(program + fit.format(5), framework, detail="score")
    run(program + fit.format(3), framework, detail="score", checkpoint_out=path)
    rest = run(program + fit.format(5), framework, detail="score", checkpoint_in=path, initial_epoch=3)
    assert [epoch.number for epoch in rest.seen.epochs] == [4, 5] and rest.seen.epochs_planned == 5
    assert rest.seen.series("loss") == whole.seen.series("loss")[3:]
    assert rest.seen.series("val_loss") == whole.seen.series("val_loss")[3:]
    assert rest.said["draws"][:2] == whole.said["draws"][:2]


def test_only_trainings_on_arrays_without_callbacks_leave_a_checkpoint(tmp_path: Path) -> None:
    """Where a generator, a data set or a callback stands after some epochs cannot be saved."""
    program = DATA + SMALL + "held, pairs = (x_test, y_test), ((x[s:s + 10], y[s:s + 10]) for s in range(0, 120, 10))\n"
    fits = {
        "model.fit(x, y, verbose=0, validation_data=held)": True,
        "model.fit(x, y, verbose=0, callbacks=[keras.callbacks.EarlyStopping('loss')])": False,
        "model.fit(x, y, verbose=0, shuffle='batch')": False,
        "model.fit(pairs, verbose=0, steps_per_epoch=4)": False,
        "model.fit(x, y, verbose=0, validation_data=pairs, validation_steps=2)": False,
    }
    for number, (fit, saved) in enumerate(fits.items()):
        path = tmp_path / f"{number}.npz"
        run(program + fit, detail="score", checkpoint_out=str(path))
        assert path.exists() == saved, fit


TENSORFLOW_DATA = (
    DATA
    + SMALL.replace("[layers", "[layers.Dropout(0.3), layers")
    + """
import tensorflow
class Noise(layers.Layer):
    def call(self, x):
        return x + 0.1 * tensorflow.random.normal(tensorflow.shape(x))
pairs = tensorflow.data.Dataset.from_tensor_slices((x, y)).shuffle(120).batch(16)
held = tensorflow.data.Dataset.from_tensor_slices((x_test, y_test)).batch(16)
losses = model.fit(pairs, epochs=3, validation_data=held, verbose=0).history
later = keras.Sequential([layers.Dense(4), Noise(), layers.Dense(3, activation="softmax")])
later.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", run_eagerly=True)
losses["eager"] = later.fit(x, y, epochs=1, verbose=0).history["loss"]
tell(losses=losses, drawn=float(tensorflow.random.uniform(())))
"""
)


@pytest.mark.skipif(not find_spec("tensorflow"), reason="tensorflow is not installed")
def test_a_tensorflow_data_set_is_read_after_training_and_random_operations_go_on_as_without_the_probe() -> None:
    plain, done = run(TENSORFLOW_DATA, "tensorflow", watched=False), run(TENSORFLOW_DATA, "tensorflow")
    assert plain.said == done.said and done.said["losses"]["val_loss"]
    seen = done.seen
    assert seen.evaluation is not None and seen.inputs is not None
    assert (seen.evaluation.origin, seen.evaluation.rows, seen.inputs.shape) == ("validation_data", 50, (6,))
    assert (seen.updates, seen.batch_size, seen.parameters) == (24, 16, 6 * 8 + 8 + 8 * 3 + 3)
    first, last = ([s for s in seen.stats if s.epoch == epoch and s.weight_norm > 0] for epoch in (0, 3))
    assert len(first) == len(last) == 2
    assert np.isnan(first[0].output_std) and last[0].output_std > 0 and last[0].gradient_norm > 0


def test_no_failure_of_the_probe_itself_ends_the_program() -> None:
    program = """
ours = [module for name, module in sys.modules.items() if name.startswith("netmend_probes.keras_probe.")]
parts = {name.rpartition(".")[2]: module for name, module in sys.modules.items() if module in ours}
def broken(*args, **kwargs):
    raise NameError("broken on purpose")
classes = [parts["watching"].Probe, parts["reporting"].Report, parts["sampling"].Sampling]
classes += [parts["checkpoints"].Checkpoints, parts["evaluation"].Evaluation]
places = [(owner, name) for owner in classes for name in vars(owner)
          if not name.startswith("__") and name not in ("fit", "evaluate", "train_on_batch", "working", "watched")
          and name not in ("tell", "warn", "finish", "end_group", "build", "before", "load")]
data = parts["data"].Data
places += [(data, "__init__"), (data, "note"), (data, "rows")]
names = ("random_state", "iterations_of", "to_tensors", "array_stats", "leaf_layers", "inference")
functions = [(module, name) for module in ours for name in names if hasattr(module, name)]
places += functions
assert {name for _, name in functions} == set(names)
for holder, name in places:
    kept = getattr(holder, name)
    setattr(holder, name, broken)
    again = small()
    again.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    again.fit(x, y, validation_data=(x_test, y_test), verbose=0)
    again.train_on_batch(x[:10], y[:10])
    again.evaluate(x_test, y_test, verbose=0)
    setattr(holder, name, kept)
tell(places=[name for _, name in places])
"""
    done = run(DATA + SMALL + program)
    assert {"read_arguments", "callback", "describe", "report_epoch", "gradients", "tell_data", "save"} <= set(
        done.said["places"]
    )
    assert sum(event["event"] == "probe-error" for event in done.events) >= len(done.said["places"]) - 5


def test_a_layer_that_fails_under_the_probe_stops_neither_training_nor_later_calls() -> None:
    program = """
class Touchy(layers.Layer):
    calls = 0
    def call(self, x, training=None):
        if keras.src.backend.in_stateless_scope() and training is False and Touchy.calls:
            raise RuntimeError("not now")
        Touchy.calls += not keras.src.backend.in_stateless_scope()
        return x
Touchy.calls = 0
model = keras.Sequential([layers.Dense(4), Touchy(), layers.Dense(3, activation="softmax")])
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
before = keras.Layer.__call__
past = model.fit(x, y, epochs=2, verbose=0)
assert keras.Layer.__call__ is before
tell(history=past.history)
"""
    plain, watched = run(DATA + program, watched=False), run(DATA + program)
    assert plain.said == watched.said
    assert any("not now" in warning for warning in watched.seen.warnings)
    assert len(watched.seen.epochs) == 2


def test_a_training_that_diverges_is_reported_with_its_non_finite_numbers() -> None:
    program = SMALL.replace("sgd", "sgd").replace('optimizer="sgd"', "optimizer=keras.optimizers.SGD(1e30)")
    seen = run(DATA + program + "model.fit(x, y, epochs=2, verbose=0, validation_data=(x_test, y_test))").seen
    assert not np.isfinite(seen.series("loss")[-1])
    assert sum(stat.nonfinite for stat in seen.stats if stat.epoch == 0) == 0
    assert sum(stat.nonfinite for stat in seen.stats if stat.epoch == 2) > 0
    assert seen.outputs is not None and seen.outputs.nonfinite > 0


def test_losses_have_canonical_names() -> None:
    program = """
import ast
import functools
found = {}
def mine(a, b): return keras.ops.mean(a - b)
import sys
describing = sys.modules["netmend_probes.keras_probe.describing"]
for key, loss in {
    "short": "mse", "class": "KLDivergence", "function": keras.losses.binary_crossentropy,
    "object": keras.losses.CategoricalCrossentropy(from_logits=True), "own": mine, "none": None,
    "partial": functools.partial(keras.losses.sparse_categorical_crossentropy, from_logits=True),
    "several": {"b": "mae", "a": "Poisson"}, "focal": keras.losses.BinaryFocalCrossentropy(),
}.items():
    found[key] = describing.loss_name(loss)
tell(found=found)
"""
    found = run(DATA + program).said["found"]
    assert found == {
        "short": ["mean_squared_error", False],
        "class": ["kl_divergence", False],
        "function": ["binary_crossentropy", False],
        "object": ["categorical_crossentropy", True],
        "own": ["custom", False],
        "none": ["custom", False],
        "partial": ["sparse_categorical_crossentropy", True],
        "several": ["poisson", False],
        "focal": ["binary_focal_crossentropy", False],
    }


def test_a_loop_of_fits_is_one_training_measured_at_both_ends() -> None:
    loop = """
losses = []
for n in range(7):
    losses += model.fit(x, y, epochs=n + 1, initial_epoch=n, verbose=0).history["loss"]
    model.evaluate(x_test, y_test, verbose=0)
tell(losses=losses)
"""
    plain, watched = run(DATA + SMALL + loop, watched=False), run(DATA + SMALL + loop)
    assert plain.said == watched.said
    seen = watched.seen
    assert list(seen.series("loss")) == pytest.approx(plain.said["losses"])
    assert [epoch.number for epoch in seen.epochs] == list(range(1, 8))
    assert (seen.epochs_planned, seen.updates, seen.models_trained) == (7, 28, 1)
    assert {0, 7} <= {stat.epoch for stat in seen.stats}
    assert seen.evaluation is not None and seen.evaluation.origin == "evaluate"


def test_stopping_early_is_seen_as_the_end() -> None:
    stop = "keras.callbacks.EarlyStopping('loss', patience=0, min_delta=100, start_from_epoch=1)"
    seen = run(DATA + SMALL + f"model.fit(x, y, epochs=40, verbose=0, callbacks=[{stop}])").seen
    assert 1 < len(seen.epochs) < 40 == seen.epochs_planned
    assert {0, len(seen.epochs)} <= {stat.epoch for stat in seen.stats}


def test_a_checkpoint_of_another_model_stops_the_program(tmp_path: Path) -> None:
    path = str(tmp_path / "other.npz")
    run(DATA + SMALL + "model.fit(x, y, verbose=0)", detail="score", checkpoint_out=path)
    bigger = SMALL.replace("[layers", "[layers.Dense(4), layers")
    with pytest.raises(AssertionError, match="the checkpoint is of a model with other variables"):
        run(DATA + bigger + "model.fit(x, y, verbose=0)", detail="score", checkpoint_in=path, initial_epoch=1)


@needs_torch
def test_another_program_starts_from_the_trained_weights_that_fit(tmp_path: Path) -> None:
    path = str(tmp_path / "weights.npz")
    trained = run(DATA + SMALL + "model.fit(x, y, epochs=5, verbose=0)", detail="score", checkpoint_out=path)
    wider = SMALL.replace('"sgd"', '"adam"')
    afresh = run(DATA + wider + "model.fit(x, y, epochs=1, verbose=0)", detail="score")
    on = run(DATA + wider + "model.fit(x, y, epochs=1, verbose=0)", detail="score", weights_in=path)
    assert on.seen.series("loss")[0] < afresh.seen.series("loss")[0]
    assert on.seen.series("loss")[0] == pytest.approx(trained.seen.series("loss")[-1], abs=0.2)


@needs_torch
def test_weights_that_fit_nowhere_are_no_error(tmp_path: Path) -> None:
    path = str(tmp_path / "weights.npz")
    run(DATA + SMALL + "model.fit(x, y, epochs=1, verbose=0)", detail="score", checkpoint_out=path)
    bigger = "model = keras.Sequential([layers.Dense(7, name='other'), layers.Dense(3, activation='softmax')])\n"
    program = DATA + bigger + "model.compile('sgd', 'sparse_categorical_crossentropy')\nmodel.fit(x, y, verbose=0)"
    plain, warm = run(program, detail="score"), run(program, detail="score", weights_in=path)
    assert plain.seen.series("loss") == warm.seen.series("loss")


@needs_torch
def test_the_outputs_of_a_sigmoid_are_no_logits_whatever_the_loss_takes_them_for() -> None:
    for activation, expected in (("'sigmoid'", False), ("None", True)):
        seen = run(
            DATA
            + f"model = keras.Sequential([layers.Dense(3), layers.Dense(1, activation={activation})])\n"
            + "model.compile('sgd', keras.losses.BinaryCrossentropy(from_logits=True))\n"
            + "model.fit(x, (y > 0).astype('float32'), validation_split=0.3, verbose=0)"
        ).seen
        assert seen.loss_from_logits and seen.evaluation is not None
        assert seen.evaluation.logits is expected
