"""Keras networks are read with nothing in them run, and only changed numbers change in their files."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, EnvironmentFault, NetmendError, UnsupportedModel, UsageError
from netmend.network.layers import linear_layers
from netmend.network.load import load

pytest.importorskip("onnxscript")
h5py = pytest.importorskip("h5py")
# Keras on torch hands NumPy 2 arrays in the way of NumPy 1.
pytestmark = [pytest.mark.keras, pytest.mark.torch, pytest.mark.filterwarnings("ignore:__array__ implementation")]

X = np.random.default_rng(0).random((3, 6, 6, 2)).astype(np.float32)
SOURCE = """
import keras
from keras import layers


def build():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(5, activation="gelu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
"""


@pytest.fixture(scope="module")
def keras():
    from netmend.network.backends.keras import _keras

    pytest.importorskip("torch")
    module = pytest.importorskip("keras") if "keras" in sys.modules else _keras()
    if module.backend.backend() != "torch":
        pytest.skip("Keras already runs on another backend in this process")
    return module


@pytest.fixture(scope="module")
def saved(keras, tmp_path_factory):
    """The same network in each format: ending to (path, architecture)."""
    folder = tmp_path_factory.mktemp("keras")
    (folder / "model.py").write_text(SOURCE)
    names = {}
    exec(SOURCE, names)
    keras.backend.clear_session()  # else layers are numbered on from those of other tests
    model = names["build"]()
    model.save(folder / "net.keras")
    model.save(folder / "net.h5")
    model.save_weights(folder / "net.weights.h5")
    architecture = f"{folder / 'model.py'}:build"
    forms = {".keras": None, ".h5": None, ".weights.h5": architecture}
    return model, {form: (folder / f"net{form}", given) for form, given in forms.items()}


def reread(path, keras):
    """By Keras itself."""
    if not path.name.endswith(".weights.h5"):
        return keras.saving.load_model(path, compile=False)
    names = {}
    exec(SOURCE, names)
    model = names["build"]()
    model.load_weights(path)
    return model


@pytest.mark.parametrize("form", [".keras", ".h5", ".weights.h5"])
def test_a_network_comes_back_in_its_own_format_with_only_the_changed_numbers_changed(saved, keras, form, tmp_path):
    model, files = saved
    path, architecture = files[form]
    network = load(path, architecture)
    expected = model(X, training=False).detach().numpy()
    assert np.array_equal(network.run(X), expected)
    network.check(X)
    layers = linear_layers(network.graph)
    assert [(layer.kind, layer.in_features, layer.out_features, layer.size) for layer in layers] == [
        ("conv", 18, 3, 54),
        ("linear", 27, 5, 140),
        ("linear", 5, 3, 18),
    ]
    assert all(not layer.shared_with and layer.order[0] > 0 for layer in layers)
    assert layers[2].name in ("dense_1", "sequential/dense_1", "layers/dense_1")
    assert "Keras" in network.runtime

    bias = next(name for name in network.parameters if name.endswith(("dense_1/bias", "dense_1/vars/1")))
    changed = {bias: np.array([3.25, 1.5, -2.75], np.float32)}
    network.write(tmp_path / f"out{form}", changed)
    before, after = path.read_bytes(), (tmp_path / f"out{form}").read_bytes()
    assert len(before) == len(after)
    assert np.count_nonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8)) <= 12 + 8
    again = reread(tmp_path / f"out{form}", keras)
    assert np.array_equal(again(X, training=False).detach().numpy(), network.run(X, changed))
    assert np.array_equal(again.variables[-1].numpy(), changed[bias])
    assert np.array_equal(network.run(X), expected)


def altered(path, target, config):
    """A copy of a .keras file with another configuration."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            copy.writestr(name, json.dumps(config(json.loads(data))) if name == "config.json" else data)
    return target


def with_layer(layer):
    def change(config):
        config["config"]["layers"].append(layer)
        return config

    return change


@pytest.mark.parametrize(
    ("layer", "error", "says"),
    [
        ({"module": "keras.layers", "class_name": "Lambda", "config": {}}, BrokenFile, "Lambda"),
        ({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}, BrokenFile, "carries code"),
        ({"module": "os", "class_name": "system", "config": "touch x"}, UnsupportedModel, r"os\.system"),
        ({"module": "my.layers", "class_name": "Own", "config": {}}, UnsupportedModel, r"my\.layers\.Own(.|\n)*ONNX"),
    ],
)
def test_layers_that_are_not_keras_own_or_carry_code_are_refused(saved, tmp_path, layer, error, says):
    path, _ = saved[1][".keras"]
    with pytest.raises(error, match=says):
        load(altered(path, tmp_path / "evil.keras", with_layer(layer)))


@pytest.mark.parametrize("form", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.98])
def test_a_truncated_file_is_refused(saved, form, share, tmp_path):
    path, architecture = saved[1][form]
    data = path.read_bytes()
    (tmp_path / path.name).write_bytes(data[: int(share * len(data))])
    with pytest.raises(NetmendError):
        load(tmp_path / path.name, architecture)


def test_an_hdf5_file_that_is_packed_or_points_elsewhere_is_refused(keras, tmp_path):
    with h5py.File(tmp_path / "packed.weights.h5", "w") as file:
        file.create_dataset("w", data=np.zeros(1000, np.float32), compression="gzip")
    with h5py.File(tmp_path / "linked.weights.h5", "w") as file:
        file["w"] = h5py.ExternalLink("other.h5", "/w")
    for name, says in (("packed", "packed"), ("linked", "another place")):
        with pytest.raises(BrokenFile, match=says):
            load(tmp_path / f"{name}.weights.h5", lambda: None)


def test_a_file_without_a_model_needs_an_architecture_and_one_with_a_model_takes_none(saved, tmp_path):
    files = saved[1]
    with pytest.raises(UsageError, match="what builds it"):
        load(files[".weights.h5"][0])
    with pytest.raises(UsageError, match="its own architecture"):
        load(files[".keras"][0], files[".weights.h5"][1])
    weights = tmp_path / "weights.h5"
    weights.write_bytes(files[".weights.h5"][0].read_bytes())
    with pytest.raises(BrokenFile, match="no model"):
        load(weights)


def test_keras_on_something_else_than_torch_is_said_with_what_to_do(keras, saved, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(EnvironmentFault, match=r"Keras runs on jax(.|\n)*KERAS_BACKEND=torch"):
        load(saved[1][".keras"][0])


def test_a_packed_archive_is_refused(saved, tmp_path):
    path, _ = saved[1][".keras"]
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, source.read(name))
    (tmp_path / "packed.keras").write_bytes(target.getvalue())
    with pytest.raises(BrokenFile, match="packed"):
        load(tmp_path / "packed.keras")


@pytest.fixture
def two_inputs(keras, tmp_path):
    """A model that tells its inputs apart."""
    keras.utils.set_random_seed(0)
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="the other")
    answer = keras.layers.Dense(3)(keras.layers.Subtract()([keras.layers.Dense(5)(one), keras.layers.Dense(5)(other)]))
    model = keras.Model([one, other], answer)
    model.save(tmp_path / "two.keras")
    return model, tmp_path / "two.keras"


def test_a_model_with_two_inputs_is_read_run_and_written(two_inputs, keras, tmp_path):
    model, path = two_inputs
    network = load(path)
    assert [each.name for each in network.graph.inputs] == ["one", "the_other"]
    random = np.random.default_rng(0)
    feeds = {name: random.random((3, 4)).astype(np.float32) for name in ("the_other", "one")}
    expected = model([feeds["one"], feeds["the_other"]]).detach().numpy()
    np.testing.assert_allclose(network.run(feeds), expected, atol=1e-6)
    network.check(feeds)
    assert len(network.inner(feeds)) >= 3
    bias = next(name for name in network.parameters if network.graph.constants[name].shape == (3,))
    network.write(tmp_path / "new.keras", {bias: np.array([1, 2, 3], np.float32)})
    again = keras.saving.load_model(tmp_path / "new.keras")
    np.testing.assert_allclose(
        again([feeds["one"], feeds["the_other"]]).detach().numpy(), expected + np.array([1, 2, 3]), atol=1e-6
    )


def test_a_recurrent_model_is_read_for_any_number_of_rows(keras, tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5, 6)), keras.layers.SimpleRNN(4, go_backwards=True)])
    model.save(tmp_path / "net.keras")
    network = load(tmp_path / "net.keras")
    assert network.graph.inputs[0].shape == (None, 5, 6)
    network.check(np.random.default_rng(0).random((7, 5, 6)).astype(np.float32))
