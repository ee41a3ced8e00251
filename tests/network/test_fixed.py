"""Fixed-point enclosures hold the exact numbers, and are as narrow as their bits."""

from fractions import Fraction

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel
from netmend.network.bounds import bounds
from netmend.network.exact import evaluate_exactly
from netmend.network.fixed import enclose
from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load

torch = pytest.importorskip("torch")
mpmath = pytest.importorskip("mpmath")
pytestmark = pytest.mark.torch
random = np.random.default_rng(4)


def graph_of(nodes, constants, opset=18):
    row = Signature("x", (None,), "float32")
    return Graph(tuple(nodes), constants, (row,), (Signature(nodes[-1].outputs[0], (None,), "float32"),), opset)


def normal(*shape):
    return random.normal(size=shape).astype(np.float32)


IMAGE = normal(2, 3, 8, 8)
NETWORK = graph_of(
    [
        Node("c1", "Conv", ("x", "w1", "b1"), ("z1",), {"pads": [1, 0, 1, 2], "strides": [2, 1]}),
        Node("r1", "Relu", ("z1",), ("a1",)),
        Node("p1", "MaxPool", ("a1",), ("m1",), {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 1, 1]}),
        Node("c2", "Conv", ("m1", "w2"), ("z2",), {"group": 2, "pads": [1, 1, 1, 1]}),
        Node("k2", "Clip", ("z2", "low", "high"), ("a2",)),
        Node("s2", "Add", ("a2", "m1"), ("s",)),
        Node("d2", "Sub", ("s", "third"), ("d",)),
        Node("g2", "Mul", ("d", "factor"), ("g",)),
        Node("f2", "Flatten", ("g",), ("f",)),
        Node("fc", "Gemm", ("f", "w3", "b3"), ("y",), {"transB": 1}),
    ],
    {
        "w1": normal(4, 3, 3, 3),
        "b1": normal(4),
        "w2": normal(4, 2, 3, 3) * np.float32(1e-4),
        "low": np.float32(-0.0001),
        "high": np.float32(0.0001),
        "third": np.float32(1 / 3),
        "factor": normal(4, 1, 1),
        "w3": normal(5, 4 * 2 * 4),
        "b3": normal(5),
    },
)


@pytest.mark.parametrize("bits", [60, 120, 300])
def test_every_tensor_holds_its_exact_numbers(bits):
    exact = evaluate_exactly(NETWORK, {"x": IMAGE}, keep="all")
    found = enclose(NETWORK, {"x": IMAGE}, bits=bits, keep="all")
    for name, each in exact.items():
        enclosure = found[name]
        error = np.zeros(enclosure.value.shape) if enclosure.error is None else enclosure.error.numpy()
        assert exact[name].within(enclosure.value.numpy(), error), name
        assert error.max() <= 1e-14 * max(1, np.abs(each.rounded()).max()) + 2.0 ** (10 - bits)


def one(op, attributes, constants, x=IMAGE, opset=18):
    names = ("x", *constants)
    graph = graph_of([Node(op, op, names, ("y",), attributes)], constants, opset)
    return graph, enclose(graph, {"x": x}, bits=100)["y"]


@pytest.mark.parametrize(
    ("op", "attributes", "constants"),
    [
        ("Div", {}, {"c": normal(3, 1, 1)}),
        ("Mul", {}, {"c": np.float32(1 / 3)}),
        ("Max", {}, {"c": np.float32(0.1), "d": normal(8)}),
        ("Min", {}, {"c": np.float32(0.1)}),
        ("Transpose", {"perm": [0, 2, 3, 1]}, {}),
        ("Reshape", {}, {"c": np.array([0, -1])}),
        ("Relu", {}, {}),
    ],
)
def test_an_operator_holds_its_exact_numbers(op, attributes, constants):
    graph, found = one(op, attributes, constants)
    exact = evaluate_exactly(graph, {"x": IMAGE})["y"]
    assert exact.within(found.value.numpy(), found.error.numpy())
    assert found.error.max() < 1e-13


def test_means_are_those_of_fractions():
    for op, attributes in (("GlobalAveragePool", {}), ("ReduceMean", {"axes": [2, 3]})):
        _, found = one(op, attributes, {}, opset=13)
        for place in np.ndindex(2, 3):
            true = sum(Fraction(float(each)) for each in IMAGE[place].ravel()) / 64
            assert abs(true - Fraction(found.value[place].item())) <= Fraction(found.error[place].item())
    _, found = one("AveragePool", {"kernel_shape": [2, 3], "strides": [2, 2]}, {})
    true = sum(Fraction(float(each)) for each in IMAGE[1, 2, 2:4, 4:7].ravel()) / 6
    assert abs(true - Fraction(found.value[1, 2, 1, 2].item())) <= Fraction(found.error[1, 2, 1, 2].item())


def test_batch_normalisation_is_right_to_the_last_bit():
    scale, shift, mean, variance = normal(3), normal(3), normal(3), np.abs(normal(3)) + np.float32(0.1)
    epsilon = float(np.float32(1e-5))
    constants = {"s": scale, "b": shift, "m": mean, "v": variance}
    _, found = one("BatchNormalization", {"epsilon": epsilon}, constants)
    assert found.error.max() < 1e-14
    with mpmath.workdps(60):
        for place in np.ndindex(2, 3, 8, 8):
            c = place[1]
            root = mpmath.sqrt(mpmath.mpf(float(variance[c])) + mpmath.mpf(epsilon))
            true = (mpmath.mpf(float(IMAGE[place])) - float(mean[c])) / root * float(scale[c]) + float(shift[c])
            assert abs(true - found.value[place].item()) <= found.error[place].item()


def test_what_has_no_exact_sum_is_refused():
    for op in ("Softmax", "Sigmoid", "Sqrt"):
        with pytest.raises(UnsupportedModel, match=rf"{op}(.|\n)*fixed-point"):
            one(op, {}, {})


@pytest.mark.parametrize("name", ["mnist_relu_9_200.onnx", "mobilenet_v1_0.25_128.onnx"])
def test_real_networks_are_proved_far_below_the_float64_bound(real, name):
    network = load(real(name))
    (signature,), output = network.graph.inputs, network.graph.outputs[0].name
    x = np.random.default_rng(0).random((1, *signature.shape[1:]), np.float32)
    found = enclose(network.graph, {signature.name: x}, bits=110)[output]
    loose = bounds(network.graph, {signature.name: x})[output]
    assert found.error.max() < 1e-12 < 1e-9 < loose.error.max()
    assert (found.value - loose.value).abs().max() < 1e-10
    assert np.abs(network.run(x) - found.value.numpy()).max() < 1e-3
    if "mnist" in name:
        assert evaluate_exactly(network.graph, {signature.name: x})[output].within(
            found.value.numpy(), found.error.numpy()
        )
