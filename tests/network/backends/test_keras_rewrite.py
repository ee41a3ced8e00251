"""Keras models with edits: the file that is written answers in Keras as the edited graph does."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import Rewritable
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, edited
from netmend.network.evaluate import run
from netmend.network.graph import Node
from netmend.network.load import load

pytest.importorskip("onnxscript")
pytest.importorskip("h5py")
# Keras on torch hands NumPy 2 arrays in the way of NumPy 1.
pytestmark = [pytest.mark.keras, pytest.mark.torch, pytest.mark.filterwarnings("ignore:__array__ implementation")]

X = np.random.default_rng(0).normal(size=(3, 7, 6, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    from netmend.network.backends.keras import _keras

    pytest.importorskip("torch")
    keras = pytest.importorskip("keras") if "keras" in sys.modules else _keras()
    if keras.backend.backend() != "torch":
        pytest.skip("Keras already runs on another backend in this process")
    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((7, 6, 2)),
            layers.Conv2D(3, 3, strides=2, padding="valid", activation="relu", name="conv"),
            layers.BatchNormalization(epsilon=0.05, name="norm"),
            layers.LeakyReLU(negative_slope=0.1, name="leaky"),
            layers.Flatten(name="flat"),
            layers.Dense(5, name="dense"),
        ]
    )
    random = np.random.default_rng(1)
    model.set_weights(
        [random.uniform(0.3, 1, each.shape) * random.choice([-1, 1], each.shape) for each in model.get_weights()]
    )
    model.get_layer("norm").moving_variance.assign(random.uniform(0.1, 1, 3))
    path = tmp_path_factory.mktemp("keras") / "net.keras"
    model.save(path)
    yield load(path)
    # Keras counts the models of a process in their names.
    keras.backend.clear_session()


def config(path, layer):
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        whole = json.loads(archive.read("config.json"))
    return next(each["config"] for each in whole["config"]["layers"] if each["config"]["name"] == layer)


def same(network, path, edits):
    expected = run(edited(network.graph, edits), {network.graph.inputs[0].name: X})
    (own,) = load(path).outputs(X).values()
    np.testing.assert_allclose(own, next(iter(expected.values())), atol=1e-5)
    assert np.abs(own - network.run(X)).max() > 1e-4


def test_epsilon_is_set_in_the_layer(network, tmp_path):
    epsilon = next(
        name for name, value in network.graph.constants.items() if value.size == 1 and abs(value.item() - 0.05) < 1e-6
    )
    edits = [SetConstant(epsilon, np.full_like(network.graph.constants[epsilon], 0.2))]
    network.rewrite(tmp_path / "new.keras", edits)
    assert config(tmp_path / "new.keras", "norm")["epsilon"] == pytest.approx(0.2)
    same(network, tmp_path / "new.keras", edits)


def test_the_slope_and_an_activation_are_set_in_the_layers(network, tmp_path):
    leaky = next(node for node in network.graph.nodes if node.op == "LeakyRelu")
    relu = next(node for node in network.graph.nodes if node.op == "Relu")
    edits = [
        SetAttribute(leaky.outputs[0], "alpha", 0.3),
        ReplaceNodes((relu.outputs[0],), (Node("t", "Tanh", relu.inputs, relu.outputs),)),
    ]
    network.rewrite(tmp_path / "new.keras", edits)
    assert config(tmp_path / "new.keras", "conv")["activation"] == "tanh"
    assert config(tmp_path / "new.keras", "leaky")["negative_slope"] == pytest.approx(0.3)
    same(network, tmp_path / "new.keras", edits)


def test_weights_are_changed_together_with_settings_or_alone(network, tmp_path):
    leaky = next(node for node in network.graph.nodes if node.op == "LeakyRelu")
    name = next(name for name in network.parameters if "dense" in name and network.graph.constants[name].ndim == 2)
    weights = SetConstant(name, network.graph.constants[name] * 2)
    for edits in ([weights], [weights, SetAttribute(leaky.outputs[0], "alpha", 0.3)]):
        network.rewrite(tmp_path / "new.keras", edits)
        same(network, tmp_path / "new.keras", edits)


@pytest.mark.parametrize("also", [False, True], ids=["alone", "with a setting"])
def test_another_scale_of_the_input_becomes_a_layer_in_front(network, tmp_path, also):
    name = network.graph.inputs[0].name
    first = next(node for node in network.graph.nodes if node.op == "Transpose" and name in node.inputs)
    leaky = next(node for node in network.graph.nodes if node.op == "LeakyRelu")
    made = (Node("m", "Mul", (name, "factor"), ("m",)), Node("a", "Add", ("m", "shift"), ("a",)))
    numbers = {"factor": np.float32([2, 0.5]).reshape(1, 1, 1, 2), "shift": np.float32([0.1, -1]).reshape(1, 1, 1, 2)}
    edits = [ReplaceNodes((), made, numbers), SetInput(first.outputs[0], 0, "a")]
    edits += [SetAttribute(leaky.outputs[0], "alpha", 0.3)] if also else []
    network.rewrite(tmp_path / "new.keras", edits)
    same(network, tmp_path / "new.keras", edits)
    assert type(load(tmp_path / "new.keras").model.layers[0]).__name__ == "Rescaling"


def test_what_no_layer_can_do_is_refused(network, tmp_path):
    leaky = next(node for node in network.graph.nodes if node.op == "LeakyRelu")
    cosine = ReplaceNodes((leaky.outputs[0],), (Node("c", "Cos", leaky.inputs, leaky.outputs),))
    with pytest.raises(Inexpressible, match="no setting of the layer"):
        network.rewrite(tmp_path / "new.keras", [cosine])
    with pytest.raises(Inexpressible, match=r"save the model as a \.keras file"):
        network.rewrite(tmp_path / "new.h5", [SetAttribute(leaky.outputs[0], "alpha", 0.3)])
    assert not list(tmp_path.iterdir())


def test_layers_show_what_they_compute(network):
    ours = run(network.graph, {network.graph.inputs[0].name: X})
    inner = network.inner(X)
    assert len(inner) == 5 and isinstance(network, Rewritable)
    np.testing.assert_allclose(inner[network.graph.outputs[0].name], next(iter(ours.values())), atol=1e-5)
