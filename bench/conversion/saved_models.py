"""SavedModels as targets: healthy conversions, and every type of fault put into the folder and mended there.

    python -m bench.conversion saved-models

Needs TensorFlow (`pip install "netmend[tensorflow]"`). Six small networks are built by Keras on TensorFlow and by
TensorFlow alone, and converted by its own TFLite converter; the TFLite file is the source, the SavedModel the target. A
fault of each type is drawn until the changed folder runs and answers otherwise. Rows are appended to
`results/saved_models.csv`; those that are there are not run again.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.architecture.results import Row, append, read
from bench.conversion.cell import AGREES, named
from bench.conversion.plan import LEFT_OUT, TRIES
from bench.machine import machine, today, versions
from netmend.core.errors import NetmendError
from netmend.core.loop import Watcher
from netmend.network.backends._base import Rewritable
from netmend.network.graph import Array
from netmend.network.load import load
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.faults._injection import injected
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.patches import ConversionPatch
from netmend.repairs.conversion.study import exit_status, repair_conversion

RESULTS = Path(__file__).with_name("results") / "saved_models.csv"

NETWORKS = ("pictures", "upsampled", "grouped", "sequence", "attentive", "older")

BUILT = """
import os, sys

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras, numpy as np, tensorflow as tf
from keras import layers as L

keras.utils.set_random_seed(0)
numbers = np.random.default_rng(1)


def chain(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def attentive():
    x = keras.Input((6, 8))
    y = L.LayerNormalization()(x + L.MultiHeadAttention(2, 4)(x, x))
    return keras.Model(x, L.Dense(3)(L.GlobalAveragePooling1D()(y)))


MODELS = {
    "pictures": lambda: chain(
        (16, 16, 3), L.Conv2D(8, 3, strides=2, padding="same", activation="relu"), L.BatchNormalization(),
        L.DepthwiseConv2D(3), L.ReLU(max_value=6), L.MaxPooling2D(2), L.Flatten(), L.Dense(10, activation="softmax"),
    ),
    "upsampled": lambda: chain(
        (8, 8, 3), L.Conv2DTranspose(4, 3, strides=2, padding="same"), L.LeakyReLU(0.1),
        L.UpSampling2D(2, interpolation="bilinear"), L.Conv2D(2, 3, dilation_rate=2),
        L.AveragePooling2D(2, padding="same"), L.PReLU(shared_axes=[1, 2]), L.SeparableConv2D(3, 3),
    ),
    "grouped": lambda: chain(
        (8, 8, 4), L.Conv2D(8, 3, groups=2), L.GroupNormalization(4), L.Activation("swish"), L.ZeroPadding2D(1),
        L.Cropping2D(1), L.Reshape((36, 8)), L.Permute((2, 1)), L.Dense(3),
    ),
    "sequence": lambda: chain(
        (20, 4), L.Conv1D(6, 3, dilation_rate=2, padding="causal", activation="gelu"), L.MaxPooling1D(2), L.Flatten(),
        L.Dense(2, activation="softplus"),
    ),
    "attentive": attentive,
}


def older(folder):
    def drawn(*shape):
        return numbers.normal(size=shape).astype("f")

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 6, 6, 2], "images")
        w = tf.compat.v1.get_variable("w", initializer=drawn(3, 3, 2, 4), use_resource=False)
        b = tf.compat.v1.get_variable("b", initializer=drawn(4))
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"), b))
        y = tf.compat.v1.nn.fused_batch_norm(
            y, drawn(4), drawn(4), drawn(4), np.full(4, 3.0, "f"), is_training=False
        )[0]
        y = tf.nn.conv2d(y, drawn(2, 2, 4, 3), 1, [[0, 0], [1, 0], [0, 1], [0, 0]])
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.saved_model.simple_save(session, folder, {"images": x}, {"out": tf.identity(y, "out")})


name, folder = sys.argv[1:]
if name == "older":
    older(folder + "/healthy")
else:
    model = MODELS[name]()
    for each in model.variables:
        if each.dtype.startswith("float"):
            each.assign(each + 0.05 * np.abs(numbers.normal(size=each.shape)))
    model.export(folder + "/healthy", verbose=False)
with open(folder + "/source.tflite", "wb") as file:
    file.write(tf.lite.TFLiteConverter.from_saved_model(folder + "/healthy").convert())
"""


def run() -> None:
    """Run what has no result yet."""
    where = {
        "machine": machine(),
        "versions": versions("tensorflow-cpu", "tensorflow", "keras", "ai-edge-litert", "numpy", "torch"),
        "date": today(),
    }
    done = {(row["network"], row["fault"]) for row in read(RESULTS)}
    for name in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            wanted = [fault for fault in ("", *_types()) if (name, fault) not in done]
            if wanted:
                subprocess.run([sys.executable, "-c", BUILT, name, folder], check=True, capture_output=True)
            for row in _rows(name, Path(folder), wanted):
                append(RESULTS, {**row, **where})
                print(*row.values(), flush=True)
    _tell()


def _types() -> Iterator[str]:
    yield from (name for name, each in faults().items() if each.value.shows and name not in LEFT_OUT)


def _rows(name: str, folder: Path, wanted: list[str]) -> Iterator[Row]:
    for fault in wanted:
        place = folder / (fault or "control")
        place.mkdir()
        node = _put_in(name, fault, folder / "healthy", place / "target") if fault else ""
        if node is None:
            yield {"network": name, "fault": fault, "node": "", "said": "no place", "agrees": "", "seconds": ""}
            continue
        target = place / "target" if fault else folder / "healthy"
        began, said = time.process_time(), ""
        watch: Watcher[ConversionPatch, Evidence] = Watcher()
        try:
            found = repair_conversion((folder / "source.tflite", target), Options(), place / "out", watch)
            said = " ".join(f"{cause}@{at}" for cause, at in named(found))
            result = found.repaired if found.repaired is not None and exit_status(found) == 0 else target
        except NetmendError as error:
            said, result = f"failed: {error.what}", target
        seconds = f"{time.process_time() - began:.1f}"
        agrees = _agrees(result, folder / "source.tflite")
        yield {"network": name, "fault": fault, "node": node, "said": said, "agrees": agrees, "seconds": seconds}


def _put_in(name: str, fault: str, healthy: Path, target: Path) -> str | None:
    """The node at fault, once it is in a copy of the network that runs; None where the type has no place."""
    network = load(healthy)
    assert isinstance(network, Rewritable)
    rows = _drawn(network, 3)
    for tried in range(TRIES):
        chance = random.Random(f"{name} {fault} {tried}")
        found = injected(network.graph, faults()[fault].value, chance, rows)
        if found is None:
            return None
        try:
            network.rewrite(target, found.edits)
            again = load(target)
            again.check(rows)
            if np.isfinite(again.run(rows)).all():
                return found.node
        except NetmendError:
            continue
    return None


def _drawn(network: Rewritable, seed: int) -> dict[str, Array]:
    chance = np.random.default_rng(seed)
    return {
        each.name: chance.normal(size=(12, *(size or 1 for size in each.shape[1:]))).astype(each.dtype)
        for each in network.graph.inputs
    }


def _agrees(target: Path, source: Path) -> str:
    one, other = load(source), load(target)
    assert isinstance(one, Rewritable) and isinstance(other, Rewritable)
    rows = _drawn(other, 4)
    right = one.run(dict(zip((each.name for each in one.graph.inputs), rows.values(), strict=True)))
    off = float(np.abs(other.run(rows) - right).max() / np.abs(right).max())
    return f"{'yes' if off <= AGREES else 'no'} {off:.1e}"


def _tell() -> None:
    rows = [row for row in read(RESULTS) if row["said"] != "no place"]
    put_in = [row for row in rows if row["fault"]]
    agree = sum(row["agrees"].startswith("yes") for row in put_in)
    # Node and name of the one cause; what may as well be said by another type is in the table of `said`.
    right = sum(row["said"].split(" ")[0].partition("@")[0] == row["fault"] for row in put_in)
    controls = [row for row in rows if not row["fault"]]
    untouched = sum(not row["said"] and row["agrees"].startswith("yes") for row in controls)
    print(
        f"{agree} of {len(put_in)} faults mended, {right} under their own name; {untouched} of {len(controls)} healthy"
    )
