"""ONNX files are read, run and written back; what is no whole ONNX file is refused in one sentence."""

import hashlib

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, UnsupportedModel, UsageError
from netmend.network.evaluate import run
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch

X = np.random.default_rng(3).normal(size=(7, 4)).astype(np.float32)


def test_a_file_is_read_as_it_is(mlp_file):
    path = mlp_file()
    network = load(path)
    assert [node.op for node in network.graph.nodes] == ["Gemm", "Relu", "Gemm"]
    assert network.graph.inputs[0].shape == (None, 4)
    assert network.graph.constants["fc0.weight"].dtype == np.float32
    assert set(network.parameters) == {"fc0.weight", "fc0.bias", "fc1.weight", "fc1.bias"}
    assert network.digest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "onnxruntime" in network.runtime
    assert "float32" in network.runtime


def test_its_own_runtime_and_the_graph_agree(mlp_file):
    network = load(mlp_file())
    assert np.allclose(network.run(X), run(network.graph, {"x": X})["z1"], atol=1e-6)


def test_changed_parameters_are_run_as_they_would_be_written(mlp_file, tmp_path):
    network = load(mlp_file())
    changed = {"fc1.bias": np.array([5, 6, 7], np.float32)}
    expected = network.run(X) - network.graph.constants["fc1.bias"] + [5, 6, 7]
    assert np.allclose(network.run(X, changed), expected, atol=1e-5)
    network.write(tmp_path / "out.onnx", changed)
    assert np.array_equal(load(tmp_path / "out.onnx").run(X), network.run(X, changed))
    assert np.allclose(network.run(X), expected - [5, 6, 7] + network.graph.constants["fc1.bias"], atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 10, 200, -1])
def test_a_truncated_file_is_refused(mlp_file, length):
    path = mlp_file()
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BrokenFile):
        load(path)


def test_bytes_that_are_something_else_are_refused(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(BrokenFile):
        load(path)


def test_an_unknown_operator_is_named_with_its_node(onnx_file):
    path = onnx_file(
        [("Foo", ["x"], ["y"], {"domain": "my.own", "name": "strange"})], {"x": [None, 1]}, {"y": [None, 1]}
    )
    with pytest.raises(UnsupportedModel, match=r"my\.own:Foo(.|\n)*strange(.|\n)*standard operators"):
        load(path)


def test_old_operators_are_refused_with_what_to_do(mlp_file):
    with pytest.raises(UnsupportedModel, match=r"version 6(.|\n)*convert_version"):
        load(mlp_file(opset=6))


def test_weights_that_are_no_numbers_are_refused(onnx_file):
    weight = np.array([[1, np.nan], [np.inf, 1]], np.float32)
    path = onnx_file([("MatMul", ["x", "w"], ["y"])], {"x": [None, 2]}, {"y": [None, 2]}, {"w": weight})
    with pytest.raises(BrokenFile, match="2 numbers of w"):
        load(path)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (X[:, :3], "shape"),
        (X[0], "shape"),
        (np.full((2, 4), np.nan), "not finite"),
        (X[:0], "no inputs"),
        ({"other": X}, "takes x"),
        (np.array([["a"] * 4]), "holds"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(mlp_file, inputs, says):
    with pytest.raises(UsageError, match=says):
        load(mlp_file()).run(inputs)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"nothing": np.zeros(3)}, "not a parameter"),
        ({"fc1.bias": np.zeros(4)}, "shape"),
        ({"fc1.bias": np.full(3, 1e300)}, "not finite in float32"),
    ],
)
def test_changes_that_do_not_fit_are_refused(mlp_file, changed, says):
    with pytest.raises(UsageError, match=says):
        load(mlp_file()).run(X, changed)


def test_the_users_own_file_is_never_written(mlp_file):
    path = mlp_file()
    with pytest.raises(UsageError, match="another file"):
        load(path).write(path, {})


@pytest.mark.parametrize("name", ["mnist_relu_9_200.onnx", "acasxu/ACASXU_run2a_2_9_batch_2000.onnx"])
def test_networks_for_one_input_take_many(real, name):
    network = load(real(name))
    x = np.random.default_rng(0).random((3, *network.graph.inputs[0].shape[1:]), np.float32)
    together = run(network.graph, {network.graph.inputs[0].name: x})[network.graph.outputs[0].name]
    assert np.allclose(network.run(x), together, atol=1e-4)
