"""Keras models with edits: the file that is written answers in Keras as the edited graph does."""

import io
import json
import sys
import zipfile
from dataclasses import replace

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
            layers.MaxPooling2D(2, padding="same", name="pool"),
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
    model.save(path.with_suffix(".h5"))
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


def test_a_setting_of_an_h5_file_is_changed_and_all_else_in_it_kept(network, tmp_path):
    other = load(network.path.with_suffix(".h5"))
    leaky = next(node for node in other.graph.nodes if node.op == "LeakyRelu")
    edits = [SetAttribute(leaky.outputs[0], "alpha", 0.3)]
    other.rewrite(tmp_path / "new.h5", edits)
    same(other, tmp_path / "new.h5", edits)
    new = load(tmp_path / "new.h5")
    assert new.file.arrays.keys() == other.file.arrays.keys()
    assert all(np.array_equal(new.file.value(name), other.file.value(name)) for name in new.file.arrays)


def test_a_layer_of_another_class_takes_the_place_of_one_with_the_same_settings(network, tmp_path):
    pool = next(node for node in network.graph.nodes if node.op == "MaxPool")
    edits = [ReplaceNodes(pool.outputs[:1], (replace(pool, op="AveragePool"),))]
    network.rewrite(tmp_path / "new.keras", edits)
    same(network, tmp_path / "new.keras", edits)
    assert type(load(tmp_path / "new.keras").model.get_layer("pool")).__name__ == "AveragePooling2D"


def test_a_scale_and_a_shift_behind_a_layer_become_its_weights(network, tmp_path):
    leaky = next(node for node in network.graph.nodes if node.op == "LeakyRelu")
    made = (Node("m", "Mul", (leaky.inputs[0], "factor"), ("m",)), Node("a", "Add", ("m", "shift"), ("a",)))
    numbers = {"factor": np.float32([2, 0.5, 1]), "shift": np.float32([0.1, -1, 0])}
    edits = [ReplaceNodes((), made, numbers), SetInput(leaky.outputs[0], 0, "a")]
    network.rewrite(tmp_path / "new.keras", edits)
    same(network, tmp_path / "new.keras", edits)
    before, after = (each.model.get_layer("norm").get_weights() for each in (network, load(tmp_path / "new.keras")))
    np.testing.assert_allclose(after[0], before[0] * numbers["factor"], rtol=1e-5)
    assert np.array_equal(after[2], before[2])


def test_a_sum_put_behind_a_node_inside_a_layer_becomes_the_layer_s_shift(network, tmp_path):
    inside = next(node for node in network.graph.nodes if node.op == "Sub")
    made = (replace(inside, outputs=("before",)), Node("a", "Add", ("before", "shift"), inside.outputs))
    edits = [ReplaceNodes(inside.outputs[:1], made, {"shift": np.float32([0.1, -1, 0.5])})]
    network.rewrite(tmp_path / "new.keras", edits)
    same(network, tmp_path / "new.keras", edits)


def test_an_activation_behind_a_layer_becomes_its_own(network, tmp_path):
    name = network.graph.outputs[0].name
    last = next(node for node in network.graph.nodes if name in node.outputs)
    moved = (replace(last, outputs=("before",)), Node("t", "Tanh", ("before",), (name,)))
    network.rewrite(tmp_path / "new.keras", [ReplaceNodes((name,), moved)])
    assert config(tmp_path / "new.keras", "dense")["activation"] == "tanh"


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
    with pytest.raises(Inexpressible, match=r"save the whole model as a \.keras file"):
        network.rewrite(tmp_path / "new.h5", [SetAttribute(leaky.outputs[0], "alpha", 0.3)])
    assert not list(tmp_path.iterdir())


def test_layers_show_what_they_compute(network):
    ours = run(network.graph, {network.graph.inputs[0].name: X})
    inner = network.inner(X)
    assert len(inner) == 6 and isinstance(network, Rewritable)
    np.testing.assert_allclose(inner[network.graph.outputs[0].name], next(iter(ours.values())), atol=1e-5)
