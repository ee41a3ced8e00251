"""The forward pass agrees with products written out, from any cut, and can be differentiated."""

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.evaluate import as_tensor, forward, run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.tensors import torch


def mlp(seed=0):
    random = np.random.default_rng(seed)
    constants = {"w": random.normal(size=(3, 4)), "b": random.normal(size=3), "v": random.normal(size=(3, 2))}
    nodes = (
        Node("first", "Gemm", ("x", "w", "b"), ("z",), {"transB": 1}),
        Node("relu", "Relu", ("z",), ("a",)),
        Node("last", "MatMul", ("a", "v"), ("y",)),
    )
    x, y = Signature("x", (None, 4), "float64"), Signature("y", (None, 2), "float64")
    return Graph(nodes, constants, (x,), (y,), 18)


X = np.random.default_rng(1).normal(size=(5, 4))


def by_hand(constants):
    return np.maximum(X @ constants["w"].T + constants["b"], 0) @ constants["v"]


def test_the_forward_pass_is_the_products_written_out():
    graph = mlp()
    assert np.allclose(run(graph, {"x": X})["y"], by_hand(graph.constants), atol=1e-14)


def test_outputs_only_are_returned_unless_more_is_asked_for():
    feeds = {"x": as_tensor(X)}
    assert forward(mlp(), feeds).keys() == {"y"}
    assert forward(mlp(), feeds, keep=["a", "w"]).keys() == {"a", "w"}
    assert forward(mlp(), feeds, keep="all").keys() == {"x", "z", "a", "y"}


def test_a_suffix_from_a_cached_inner_tensor_needs_no_input():
    graph = mlp()
    inner = forward(graph, {"x": as_tensor(X)}, keep=["a"])
    assert torch.equal(forward(graph, inner)["y"], forward(graph, {"x": as_tensor(X)})["y"])


def test_only_what_is_needed_is_run():
    broken = Node("broken", "NoSuchOperator", ("a",), ("never",))
    graph = mlp()
    wider = Graph((*graph.nodes, broken), graph.constants, graph.inputs, graph.outputs, 18)
    assert forward(wider, {"x": as_tensor(X)}).keys() == {"y"}
    with pytest.raises(UnsupportedModel, match=r"NoSuchOperator(.|\n)*broken"):
        forward(wider, {"x": as_tensor(X)}, keep=["never"])


@pytest.mark.torch
def test_constants_given_take_the_place_of_those_stored_and_have_gradients():
    pytest.importorskip("torch")
    graph = mlp()
    weight = as_tensor(graph.constants["w"] + 0.5).requires_grad_()
    answer = forward(graph, {"x": as_tensor(X)}, constants={"w": weight})["y"]
    assert np.allclose(answer.detach().numpy(), by_hand({**graph.constants, "w": weight.detach().numpy()}))
    answer.sum().backward()
    step = np.zeros((3, 4))
    step[1, 2] = 1e-6
    more, less = (by_hand({**graph.constants, "w": graph.constants["w"] + 0.5 + sign * step}).sum() for sign in (1, -1))
    assert weight.grad[1, 2].item() == pytest.approx((more - less) / 2e-6, rel=1e-6)


def test_everything_is_held_in_the_type_that_is_asked_for():
    answer = forward(mlp(), {"x": as_tensor(X)}, dtype=torch.float32, keep="all")
    assert {value.dtype for value in answer.values()} == {torch.float32}


def test_constants_of_another_graph_are_not_mixed_up():
    graph = mlp()
    changed = graph.with_constants({"v": graph.constants["v"] * 2})
    first = run(graph, {"x": X})["y"]
    assert np.allclose(run(changed, {"x": X})["y"], 2 * first)


def test_a_missing_input_and_a_wrong_shape_are_named():
    with pytest.raises(UsageError, match="needs x"):
        forward(mlp(), {})
    with pytest.raises(UsageError, match=r"Gemm(.|\n)*'first'(.|\n)*\(5, 3\)"):
        run(mlp(), {"x": X[:, :3]})


def test_a_single_number_is_gathered_without_an_axis():
    graph = Graph((Node("g", "Gather", ("x", "i"), ("y",), {"axis": 0}),), {"i": np.array(1)}, (), (), 18)
    found = forward(graph, {"x": torch.tensor([5, 7, 9])}, keep=["y"])["y"]
    assert found.shape == () and found == 7


def test_a_resize_that_names_the_default_policy_is_the_same_as_one_that_does_not():
    scales = {"scales": np.array([1, 1, 2, 2], np.float32)}
    made = [
        forward(
            Graph((Node("r", "Resize", ("x", "", "scales"), ("y",), attributes),), scales, (), (), 18),
            {"x": torch.arange(4.0, dtype=torch.float64).reshape(1, 1, 2, 2)},
            keep=["y"],
        )["y"]
        for attributes in ({"mode": "linear"}, {"mode": "linear", "keep_aspect_ratio_policy": "stretch"})
    ]
    np.testing.assert_allclose(*(each.numpy() for each in made), rtol=1e-7, atol=1e-7)
