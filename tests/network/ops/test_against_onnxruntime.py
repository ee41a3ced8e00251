"""Operators of ONNX as ONNX Runtime computes them, in single precision: the second way of computing."""

from itertools import product

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.bounds import bounds
from netmend.network.evaluate import forward
from netmend.network.graph import Graph, Node, Signature
from netmend.network.tensors import torch

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

X = np.random.default_rng(0).standard_normal((2, 3, 9, 8)).astype(np.float32)


def both(op, inputs, attributes, constants=None, value=X, opset=19):
    """The answers of our evaluation and of ONNX Runtime."""
    constants = constants or {}
    helper = onnx.helper
    made = helper.make_graph(
        [helper.make_node(op, inputs, ["y"], **attributes)],
        "net",
        [helper.make_tensor_value_info("x", 1, value.shape)],
        [helper.make_tensor_value_info("y", 1, None)],
        [onnx.numpy_helper.from_array(each, name) for name, each in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    graph = Graph((Node("n", op, tuple(inputs), ("y",), attributes),), constants, (), (), opset)
    ours = forward(graph, {"x": torch.from_numpy(value)}, keep=["y"])["y"]
    return ours.numpy(), session.run(None, {"x": value})[0]


def agree(*given, **more):
    ours, theirs = both(*given, **more)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


WAYS = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
# 13 / 9 is stored as a little less than it is; 0.7 makes places that lie in the middle of two.
SCALES = ((2, 2), (0.5, 0.5), (1.3, 0.7), (13 / 9, 15 / 8), (0.3, 0.4))


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_pictures_are_resized_as_onnx_runtime_does(mode):
    for way, scale in product(WAYS, SCALES):
        attributes = {"mode": mode, "coordinate_transformation_mode": way}
        agree("Resize", ["x", "", "s"], attributes, {"s": np.array([1, 1, *scale], np.float32)})


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("outside", [0, 1])
def test_antialiased_pictures_too(mode, outside):
    for way, size in product(WAYS, [(13, 15), (4, 3), (4, 15)]):
        attributes = {"mode": mode, "coordinate_transformation_mode": way, "antialias": 1, "exclude_outside": outside}
        agree("Resize", ["x", "", "", "z"], attributes, {"z": np.array([2, 3, *size])})


def test_a_cubic_leaves_out_what_lies_outside_if_told_so():
    for scale in SCALES:
        attributes = {"mode": "cubic", "exclude_outside": 1}
        agree("Resize", ["x", "", "s"], attributes, {"s": np.array([1, 1, *scale], np.float32)})


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
def test_pictures_keep_their_proportions_if_told_so(policy):
    for mode, size in product(["nearest", "linear"], [(13, 15), (4, 7), (5, 20)]):
        attributes = {"mode": mode, "keep_aspect_ratio_policy": policy, "axes": [2, 3]}
        agree("Resize", ["x", "", "", "z"], attributes, {"z": np.array(size)})


def test_some_axes_alone_are_resized_in_any_order():
    agree("Resize", ["x", "", "s"], {"mode": "linear", "axes": [3, -2]}, {"s": np.array([1.5, 0.6], np.float32)})


@pytest.mark.parametrize("axis", [1, -1])
def test_running_sums_go_both_ways_with_and_without_their_own_entry(axis):
    for exclusive, reverse in product([0, 1], [0, 1]):
        agree("CumSum", ["x", "a"], {"exclusive": exclusive, "reverse": reverse}, {"a": np.array(axis)})


def test_small_numbers_are_shrunk_away():
    agree("Shrink", ["x"], {"lambd": 0.7, "bias": 0.2})
    agree("Shrink", ["x"], {})


@pytest.mark.parametrize("p", [1, 2])
def test_numbers_are_brought_to_length_one_and_zeros_stay(p):
    agree("LpNormalization", ["x"], {"p": p, "axis": 1})
    agree("LpNormalization", ["x"], {"p": p})
    agree("LpNormalization", ["x"], {"p": p}, value=np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_places_become_rows_that_are_one_there_and_places_outside_none(axis):
    held = {"i": np.array([[0, 3, -1], [9, 2, -8]]), "d": np.array(4), "v": np.array([2, 5], np.float32)}
    agree("OneHot", list(held), {"axis": axis}, held)


@pytest.mark.parametrize("pads", [[0, 0, -1, -1], [1, -2, 0, -1]])
def test_what_lies_beyond_a_transposed_convolution_is_its_bias(pads):
    random = np.random.default_rng(2)
    value, weight, bias = (random.normal(size=n).astype(np.float32) for n in ((2, 3, 4, 5), (3, 2, 2, 3), 2))
    attributes = {"strides": [3, 2], "kernel_shape": [2, 3]}
    # The runtime takes no negative padding: there it is a Pad in front of the bias.
    whole, _ = both("ConvTranspose", ["x", "w"], attributes, {"w": weight}, value)
    node = Node("n", "ConvTranspose", ("x", "w", "b"), ("y",), {**attributes, "pads": pads})
    ours, *_ = forward(
        Graph((node,), {"w": weight, "b": bias}, (), (), 19), {"x": torch.from_numpy(value)}, keep=["y"]
    ).values()
    widths = [(0, 0), (0, 0), *((max(0, -pads[at]), max(0, -pads[at + 2])) for at in range(2))]
    wide = np.pad(whole, widths)[:, :, max(0, pads[0]) :, max(0, pads[1]) :]
    np.testing.assert_allclose(ours.numpy(), wide + bias[:, None, None], atol=1e-5)


@pytest.mark.parametrize("activation", ["Tanh", "Relu"])
def test_a_recurrent_layer_whose_activations_are_written_down_is_read_from_its_file(onnx_file, activation):
    from netmend.network.load import load

    random = np.random.default_rng(1)
    weights = {name: random.normal(size=(2, 4, n)).astype(np.float32) for name, n in (("w", 6), ("r", 4))}
    attributes = {"activations": [activation] * 2, "direction": "bidirectional", "hidden_size": 4}
    nodes = [("RNN", ["x", "w", "r"], ["y"], attributes)]
    network = load(onnx_file(nodes, {"x": [5, None, 6]}, {"y": [5, 2, None, 4]}, weights))
    network.check({"x": random.normal(size=(5, 3, 6)).astype(np.float32)})


@pytest.mark.parametrize(("window", "strides", "steps"), [(3, 2, 1), (2, 1, 2), (3, 3, 2), (8, 1, 1), (4, 5, 1)])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_largest_numbers_axis_by_axis_are_those_that_torch_finds_with_gradients(window, strides, steps, rank):
    pytest.importorskip("torch")  # gradients
    value = torch.from_numpy(np.random.default_rng(rank).standard_normal((2, 3, *[11] * rank)))
    attributes = {"kernel_shape": [window] * rank, "strides": [strides] * rank, "dilations": [steps] * rank}
    if window * steps <= 9:
        attributes["pads"] = [1] * 2 * rank
    graph = Graph((Node("n", "MaxPool", ("x",), ("y",), attributes),), {}, (), (), 19)
    plain = forward(graph, {"x": value}, keep=["y"])["y"]
    leaf = value.clone().requires_grad_()
    taught = forward(graph, {"x": leaf}, keep=["y"])["y"]
    assert torch.equal(plain, taught.detach())
    taught.sum().backward()
    assert leaf.grad.sum() == plain.numel()


def test_a_window_larger_than_the_picture_is_refused():
    graph = Graph((Node("n", "MaxPool", ("x",), ("y",), {"kernel_shape": [10, 10]}),), {}, (), (), 19)
    with pytest.raises(UsageError, match="MaxPool cannot be evaluated"):
        forward(graph, {"x": torch.from_numpy(X)}, keep=["y"])


@pytest.mark.parametrize("limits", [("l", "h"), ("l",), ("", "h"), ("h", "l")])
def test_numbers_are_cut_off_alike_with_and_without_gradients(limits):
    pytest.importorskip("torch")  # gradients
    constants = {"l": np.float32(-0.5), "h": np.float32(0.7)}
    graph = Graph((Node("n", "Clip", ("x", *limits), ("y",), {}),), constants, (), (), 19)
    plain = forward(graph, {"x": torch.from_numpy(X)}, keep=["y"])["y"]
    taught = forward(graph, {"x": torch.from_numpy(X).requires_grad_()}, keep=["y"])["y"]
    assert torch.equal(plain, taught.detach())
    agree("Clip", ["x", *limits], {}, constants)


def test_a_batch_normalisation_in_one_pass_is_within_its_error_bound_of_the_formula():
    random = np.random.default_rng(1)
    stored = {name: random.uniform(0.5, 2, 3).astype(np.float32) for name in ("scale", "shift", "mean", "variance")}
    node = Node("n", "BatchNormalization", ("x", "scale", "shift", "mean", "variance"), ("y",), {"epsilon": 1e-3})
    graph = Graph((node,), stored, (), (), 15)
    for value in (X, X + np.float32(1e4)):
        found = bounds(graph, {"x": value}, keep=["y"])["y"]
        wide = {name: each.astype(np.longdouble).reshape(3, 1, 1) for name, each in stored.items()}
        factor = wide["scale"] / np.sqrt(wide["variance"] + np.longdouble(1e-3))
        exact = (value - wide["mean"]) * factor + wide["shift"]
        assert np.all(np.abs(found.value.numpy() - exact) <= found.error.numpy())


@pytest.mark.parametrize("masked", [None, "added", "seen"])
@pytest.mark.parametrize("attributes", [{}, {"is_causal": 1}, {"scale": 0.3}])
def test_attention_as_onnx_runtime_does(attributes, masked):
    random = np.random.default_rng(1)
    rows = random.standard_normal((2, 5, 8)).astype(np.float32)
    constants = {name: random.standard_normal((2, 5, 8)).astype(np.float32) for name in ("k", "v")}
    flat = attributes | {"q_num_heads": 2, "kv_num_heads": 2}
    names = ["x", "k", "v", *(["m"] if masked else [])]
    if masked == "added":
        constants["m"] = random.standard_normal((5, 5)).astype(np.float32)
    elif masked:
        constants["m"] = np.tril(np.ones((5, 5), bool))
    agree("Attention", names, flat, constants, rows, opset=23)
    apart = constants | {name: constants[name].reshape(2, 5, 2, 4).transpose(0, 2, 1, 3) for name in ("k", "v")}
    agree("Attention", names, attributes, apart, rows.reshape(2, 5, 2, 4).transpose(0, 2, 1, 3), opset=23)


def test_the_error_of_attention_covers_what_single_precision_computes():
    random = np.random.default_rng(2)
    inputs = {name: random.standard_normal((3, 6, 8)) for name in ("q", "k", "v")}
    node = Node("n", "Attention", ("q", "k", "v"), ("y",), {"q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1})
    graph = Graph((node,), {}, tuple(Signature(name, (None, 6, 8), "float32") for name in inputs), (), 23)
    exact = forward(graph, {name: torch.from_numpy(each) for name, each in inputs.items()}, keep=["y"])["y"]
    single = {name: torch.from_numpy(each.astype(np.float32)) for name, each in inputs.items()}
    computed = forward(graph, single, keep=["y"], dtype=torch.float32)["y"]
    error = bounds(graph, inputs, precision="float32", keep=["y"])["y"].error
    assert ((computed.double() - exact).abs() <= 2 * error).all() and 1e-7 < error.max() < 1e-3


def test_attention_that_remembers_is_refused():
    constants = {name: np.zeros((2, 5, 8), np.float32) for name in ("k", "v")}
    node = Node("n", "Attention", ("x", "k", "v"), ("y", "past"), {"q_num_heads": 2, "kv_num_heads": 2})
    with pytest.raises(UnsupportedModel, match="other outputs"):
        forward(Graph((node,), constants, (), (), 23), {"x": torch.zeros((2, 5, 8))}, keep=["y"])
