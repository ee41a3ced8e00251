"""Real networks answer on our graph as they do in ONNX Runtime, and the error bound covers the difference."""

import numpy as np
import pytest

from netmend.network.bounds import bounds
from netmend.network.evaluate import run
from netmend.network.layers import linear_layers
from netmend.network.load import load

LAYERS = {
    "mnist_relu_3_100.onnx": 3,
    "mnist_relu_9_100.onnx": 9,
    "mnist_relu_9_200.onnx": 9,
    "acasxu/ACASXU_run2a_1_1_batch_2000.onnx": 7,
    "acasxu/ACASXU_run2a_2_9_batch_2000.onnx": 7,
    "squeezenet1_1_imagenet.onnx": 26,
    "mobilenet_v1_0.25_128.onnx": 28,
    "mobilenet_v2_1.0_224.onnx": 53,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_real_network_answers_as_its_own_runtime_does(real, name):
    network = load(real(name))
    (signature,), output = network.graph.inputs, network.graph.outputs[0].name
    x = np.random.default_rng(0).uniform(-1, 1, (2, *signature.shape[1:])).astype(np.float32)
    own, ours = network.run(x), run(network.graph, {signature.name: x})[output]
    assert own.shape == ours.shape
    assert np.abs(own - ours).max() <= 1e-5 * max(1, np.abs(ours).max())
    error = bounds(network.graph, {signature.name: x[:1]}, precision="float32")[output].error.numpy()
    assert (np.abs(own[:1] - ours[:1]) <= error).all()
    assert len(linear_layers(network.graph)) == LAYERS[name]
