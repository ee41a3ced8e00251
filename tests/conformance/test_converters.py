"""Every converter that is installed makes a file that answers as its source, and one that is not says what it needs."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from netmend.convert.converters._base import Asked, Converter
from netmend.core.discover import contributions
from netmend.core.errors import EnvironmentFault
from netmend.network.load import load

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(0).normal(size=(3, 2, 6, 6)).astype(np.float32)


def found():
    return {name: each.value for name, each in contributions("netmend.convert.converters", Converter).items()}


@pytest.fixture
def program(tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, stride=2, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(27, 4)
    ).eval()
    batch = torch.export.Dim("batch")
    made = torch.export.export(module, (torch.from_numpy(X),), dynamic_shapes=({0: batch},))
    torch.export.save(made, tmp_path / "net.pt2")
    return load(tmp_path / "net.pt2")


@pytest.mark.parametrize("name", [name for name, each in found().items() if each.takes == "torch"])
def test_torch_converters_write_networks_that_answer_alike(program, tmp_path, name):
    found()[name].convert(Asked(program.path, program, tmp_path / "net.onnx"))
    np.testing.assert_allclose(load(tmp_path / "net.onnx").run(X), program.run(X), atol=1e-5)


@pytest.mark.keras
def test_keras_converts_itself(tmp_path):
    from netmend.network.backends.keras import _keras

    keras = pytest.importorskip("keras") if "keras" in sys.modules else _keras()
    if keras.backend.backend() != "torch":
        pytest.skip("Keras already runs on another backend in this process")
    model = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3), keras.layers.Flatten()])
    model.save(tmp_path / "net.keras")
    network, x = load(tmp_path / "net.keras"), X.transpose(0, 2, 3, 1)
    found()["keras-onnx"].convert(Asked(network.path, network, tmp_path / "net.onnx"))
    np.testing.assert_allclose(load(tmp_path / "net.onnx").run(x), network.run(x), atol=1e-5)
    keras.backend.clear_session()


def test_tensorflow_converts_what_it_has_saved(tmp_path):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert")

    class Net(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32, name="x")])
        def answer(self, x):
            return tf.nn.relu(x - 0.5)

    net, rows = Net(), X.reshape(-1, 6)
    tf.saved_model.save(net, str(tmp_path / "net"), signatures=net.answer)
    network = load(tmp_path / "net")
    found()["saved-model-tflite"].convert(Asked(tmp_path / "net", network, tmp_path / "net.tflite"))
    np.testing.assert_allclose(load(tmp_path / "net.tflite").run(rows), np.maximum(rows - 0.5, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("keras-tflite", importlib.util.find_spec("tensorflow")),
        ("saved-model-tflite", importlib.util.find_spec("tensorflow")),
        ("onnx2tf", shutil.which("onnx2tf")),
        ("onnx2torch", importlib.util.find_spec("onnx2torch")),
    ],
)
def test_a_converter_that_is_not_installed_says_what_to_install(program, tmp_path, name, there):
    if there:
        pytest.skip(f"{name} is installed here")
    asked = Asked(program.path, program, tmp_path / "net.any", python=Path(sys.executable))
    with pytest.raises(EnvironmentFault, match="pip install"):
        found()[name].convert(asked)
    assert not (tmp_path / "net.any").exists()
