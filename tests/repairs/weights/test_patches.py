"""Layers as matrices times patches give what the network gives."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.layers import linear_layers
from netmend.repairs.weights.patches import patches_of

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def agrees(graph, layer, inputs):
    from netmend.network.evaluate import as_tensor, forward

    patches = patches_of(graph, layer)
    met = forward(graph, {"x": as_tensor(inputs)}, keep=[layer.input, layer.output])
    matrix = torch.from_numpy(patches.matrix(graph.constants[layer.weight].astype(np.float64)))
    product = torch.einsum("npgd,god->npgo", patches.unfold(met[layer.input]), matrix)
    bias = 0 if layer.bias is None else torch.from_numpy(graph.constants[layer.bias].astype(np.float64))
    wanted = patches.positions(met[layer.output])
    found = product + torch.as_tensor(bias).reshape(-1, *([] if layer.bias is None else [patches.outputs]))
    return torch.allclose(found if layer.bias is not None else product, wanted)


def test_fully_connected_layers(mlp, points):
    assert all(agrees(mlp.graph, layer, points) for layer in linear_layers(mlp.graph))


def test_convolutions_with_groups_strides_and_uneven_padding(conv):
    inputs = np.random.default_rng(0).normal(size=(3, 2, 5, 5)).astype(np.float32)
    assert all(agrees(conv.graph, layer, inputs) for layer in linear_layers(conv.graph))


def test_matrix_and_weight_are_each_others_inverse(mlp, conv):
    for graph in (mlp.graph, conv.graph):
        for layer in linear_layers(graph):
            patches, weight = patches_of(graph, layer), graph.constants[layer.weight]
            assert np.array_equal(patches.weight(patches.matrix(weight)), weight)


def test_same_padding_is_that_of_the_network():
    from netmend.network.evaluate import as_tensor, forward
    from netmend.network.graph import Graph, Node, Signature

    weight = np.random.default_rng(0).normal(size=(2, 1, 4, 3))
    options = {"auto_pad": "SAME_UPPER", "strides": [2, 3], "kernel_shape": [4, 3]}
    node = Node("c", "Conv", ("x", "w"), ("y",), options)
    signature = Signature("x", (None, 1, 7, 8), "float64")
    graph = Graph((node,), {"w": weight}, (signature,), (Signature("y", (None, 2, None, None), "float64"),), 18)
    inputs = as_tensor(np.random.default_rng(1).normal(size=(2, 1, 7, 8)))
    (layer,) = linear_layers(graph)
    patches = patches_of(graph, layer)
    product = torch.einsum("npgd,god->npgo", patches.unfold(inputs), torch.from_numpy(patches.matrix(weight)))
    assert torch.allclose(product, patches.positions(forward(graph, {"x": inputs})["y"]))


@pytest.mark.parametrize(
    ("order", "groups"), [((3, 2, 0, 1), 1), ((3, 2, 0, 1), 2), ((0, 3, 1, 2), 1), ((2, 3, 1, 0), 1)]
)
def test_kernels_stored_with_their_axes_in_another_order(write_onnx, order, groups):
    """A kernel (6, 2, 3, 2) as a Keras file, a TFLite file or anything else may hold it."""
    weight = np.random.default_rng(0).normal(size=(6, 2, 3, 2)).astype(np.float32)
    nodes = [
        ("Transpose", ["c.weight"], ["turned"], {"perm": list(order)}),
        ("Conv", ["x", "turned", "c.bias"], ["y"], {"kernel_shape": [3, 2], "group": groups}),
    ]
    constants = {"c.weight": weight.transpose(np.argsort(order)), "c.bias": np.arange(6.0)}
    shape = [None, 2 * groups, 5, 4]
    graph = write_onnx(nodes, {"x": shape}, {"y": [None, 6, 3, 3]}, constants).graph
    (layer,) = linear_layers(graph)
    inputs = np.random.default_rng(1).normal(size=(3, *shape[1:])).astype(np.float32)
    assert agrees(graph, layer, inputs)
    patches, stored = patches_of(graph, layer), graph.constants["c.weight"]
    assert np.array_equal(patches.matrix(stored).reshape(weight.shape), weight)
    assert np.array_equal(patches.weight(patches.matrix(stored)), stored)


def test_shared_weights_are_refused(mlp):
    layer = replace(linear_layers(mlp.graph)[0], shared_with=("other",))
    with pytest.raises(UsageError, match="shared"):
        patches_of(mlp.graph, layer)
