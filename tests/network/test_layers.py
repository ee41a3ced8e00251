"""Layers that may be edited are found, with the tensors before and after them, however they are written."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.network.layers import linear_layers


def graph(nodes, **shapes):
    constants = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    last = nodes[-1].outputs[0]
    row = Signature("x", (None, None, 4), "float32")
    return Graph(tuple(nodes), constants, (row,), (Signature(last, (None,), "float32"),), 18)


def graph_of(nodes, constants):
    row = Signature("x", (None, None), "float32")
    return Graph(tuple(nodes), constants, (row,), (Signature(nodes[-1].outputs[0], (None, None), "float32"),), 18)


def one(nodes, **shapes):
    (layer,) = linear_layers(graph(nodes, **shapes))
    return layer


def test_a_gemm_with_a_transposed_weight():
    layer = one(
        [Node("fc", "Gemm", ("x", "fc.weight", "b"), ("z",), {"transB": 1})], **{"fc.weight": (3, 4), "b": (3,)}
    )
    assert (layer.name, layer.kind, layer.input, layer.output) == ("fc", "linear", "x", "z")
    assert (layer.in_features, layer.out_features, layer.size, layer.order) == (4, 3, 15, (0, 1))


def test_a_product_and_a_sum_are_one_layer():
    nodes = [Node("m", "MatMul", ("x", "w"), ("p",)), Node("s", "Add", ("b", "p"), ("z",))]
    layer = one(nodes, w=(4, 3), b=(3,))
    assert (layer.output, layer.bias, layer.in_features, layer.out_features, layer.order) == (
        "z",
        "b",
        4,
        3,
        (1, 0),
    )
    assert layer.shared_with == ()


def test_a_sum_with_something_else_is_not_a_bias():
    nodes = [Node("m", "MatMul", ("x", "w"), ("p",)), Node("s", "Add", ("p", "b"), ("z",))]
    assert one(nodes, w=(4, 3), b=(7, 3)).bias is None
    both = [*nodes, Node("t", "Relu", ("p",), ("q",))]
    assert one(both, w=(4, 3), b=(3,)).output == "p"


def test_a_weight_that_is_transposed_on_the_way():
    nodes = [Node("t", "Transpose", ("w",), ("wt",), {"perm": [1, 0]}), Node("m", "MatMul", ("x", "wt"), ("z",))]
    layer = one(nodes, w=(3, 4))
    assert (layer.weight, layer.order, layer.in_features, layer.out_features) == ("w", (0, 1), 4, 3)


def test_a_convolution_counts_the_terms_of_one_sum():
    nodes = [Node("c", "Conv", ("x", "w", "b"), ("z",), {"group": 2})]
    layer = one(nodes, w=(6, 2, 3, 3), b=(6,))
    assert (layer.kind, layer.in_features, layer.out_features, layer.size) == ("conv", 18, 6, 114)


def test_a_convolution_whose_kernel_is_stored_with_its_outputs_last():
    """As Keras stores it; turned twice, it comes as it is stored."""
    turned = Node("t", "Transpose", ("w",), ("wt",), {"perm": [3, 2, 0, 1]})
    layer = one([turned, Node("c", "Conv", ("x", "wt"), ("z",))], w=(3, 5, 2, 6))
    assert (layer.order, layer.in_features, layer.out_features) == ((3, 2, 0, 1), 30, 6)
    back = Node("u", "Transpose", ("wt",), ("wu",), {"perm": [2, 3, 1, 0]})
    layer = one([turned, back, Node("c", "Conv", ("x", "wu"), ("z",))], w=(6, 2, 3, 5))
    assert (layer.order, layer.in_features, layer.out_features) == ((0, 1, 2, 3), 30, 6)


def test_products_of_two_computed_tensors_are_no_layers_but_mark_their_projections():
    nodes = [
        Node("q", "MatMul", ("x", "wq"), ("q0",)),
        Node("qb", "Add", ("q0", "bq"), ("q1",)),
        Node("k", "MatMul", ("x", "wk"), ("k0",)),
        Node("kt", "Transpose", ("k0",), ("k1",), {"perm": [0, 2, 1]}),
        Node("scores", "MatMul", ("q1", "k1"), ("s0",)),
        Node("soft", "Softmax", ("s0",), ("s1",)),
        Node("v", "MatMul", ("x", "wv"), ("v0",)),
        Node("mix", "MatMul", ("s1", "v0"), ("m0",)),
        Node("o", "MatMul", ("m0", "wo"), ("o0",)),
        Node("act", "Relu", ("o0",), ("o1",)),
        Node("ffn", "MatMul", ("o1", "wf"), ("f0",)),
    ]
    shapes = dict.fromkeys(["wq", "wk", "wv", "wo", "wf"], (4, 4))
    layers = linear_layers(graph(nodes, bq=(4,), **shapes))
    assert [(layer.weight, layer.kind) for layer in layers] == [
        ("wq", "attention"),
        ("wk", "attention"),
        ("wv", "attention"),
        ("wo", "attention"),
        ("wf", "linear"),
    ]
    assert [layer.index for layer in layers] == [0, 1, 2, 3, 4]


def test_a_weight_that_two_nodes_read_is_marked_in_both():
    nodes = [
        Node("one", "MatMul", ("x", "w"), ("p",)),
        Node("t", "Transpose", ("w",), ("wt",), {"perm": [1, 0]}),
        Node("two", "MatMul", ("p", "wt"), ("q",)),
        Node("embed", "Gather", ("w", "x"), ("e",)),
    ]
    first, second = linear_layers(graph(nodes, w=(4, 4)))
    assert first.shared_with == ("embed", "two")
    assert second.shared_with == ("embed", "one")


def test_a_product_of_constants_alone_is_no_layer():
    nodes = [Node("fold", "MatMul", ("v", "w"), ("c",)), Node("add", "Add", ("x", "c"), ("y",))]
    assert linear_layers(graph(nodes, v=(4, 4), w=(4, 4))) == ()


@pytest.mark.parametrize("how", ["Slice", "Split"])
def test_parts_of_one_stored_matrix_are_layers_of_their_own(how):
    constants = {"packed": np.ones((6, 2)), "packed.bias": np.ones(6), "zero": np.array([0])}
    constants |= {"two": np.array([2]), "six": np.array([6]), "sizes": np.array([2, 4])}
    if how == "Split":
        cuts = [
            Node("w", "Split", ("packed", "sizes"), ("wq", "wkv"), {"axis": 0}),
            Node("b", "Split", ("packed.bias", "sizes"), ("bq", "bkv"), {"axis": 0}),
        ]
    else:
        cuts = [
            Node(f"{out} cut", "Slice", (name, first, last, "zero"), (out,))
            for name, first, last, out in [
                ("packed", "zero", "two", "wq"), ("packed", "two", "six", "wkv"),
                ("packed.bias", "zero", "two", "bq"), ("packed.bias", "two", "six", "bkv"),
            ]
        ]  # fmt: skip
    nodes = [
        *cuts,
        Node("tq", "Transpose", ("wq",), ("wq'",), {"perm": [1, 0]}),
        Node("tkv", "Transpose", ("wkv",), ("wkv'",), {"perm": [1, 0]}),
        Node("q", "MatMul", ("x", "wq'"), ("q0",)),
        Node("q bias", "Add", ("q0", "bq"), ("q1",)),
        Node("kv", "MatMul", ("x", "wkv'"), ("kv0",)),
        Node("kv bias", "Add", ("bkv", "kv0"), ("y",)),
    ]
    query, rest = linear_layers(graph_of(nodes, constants))
    assert (query.name, query.out_features, query.size) == ("packed[0:2]", 2, 6)
    assert (rest.name, rest.out_features, rest.size) == ("packed[2:6]", 4, 12)
    assert (query.weight, query.part, query.bias, query.bias_part) == ("packed", (0, 2), "packed.bias", (0, 2))
    assert query.shared_with == rest.shared_with == () and (rest.part, rest.bias_part) == ((2, 6), (2, 6))


def test_parts_that_overlap_are_shared_and_parts_of_the_inputs_are_no_layers():
    constants = {"w": np.ones((4, 4)), "zero": np.array([0]), "two": np.array([2]), "three": np.array([3])}
    constants |= {"four": np.array([4]), "one": np.array([1])}
    nodes = [
        Node("s", "Slice", ("w", "zero", "three", "one"), ("left",)),
        Node("t", "Slice", ("w", "two", "four", "one"), ("right",)),
        Node("u", "Slice", ("w", "two", "four", "zero"), ("low",)),
        Node("a", "MatMul", ("x", "left"), ("a0",)),
        Node("b", "MatMul", ("x", "right"), ("y",)),
    ]
    first, second = linear_layers(graph_of(nodes, constants))
    assert first.shared_with == ("b",) and second.shared_with == ("a",)
    low = Node("c", "MatMul", ("x", "low"), ("y",))
    assert linear_layers(graph_of([nodes[2], low], constants)) == ()


def test_an_einsum_with_a_stored_weight_is_a_layer_over_all_axes_that_it_sums():
    constants = {
        "in": np.ones((4, 2, 3)),
        "in.bias": np.ones((2, 3)),
        "out": np.ones((2, 3, 5)),
        "out.bias": np.ones(5),
    }
    nodes = [
        Node("heads", "Einsum", ("x", "in"), ("h0",), {"equation": "abc,cde->abde"}),
        Node("heads bias", "Add", ("h0", "in.bias"), ("h",)),
        Node("mix", "Einsum", ("h", "out"), ("y0",), {"equation": "abcd,cde->abe"}),
        Node("mix bias", "Add", ("y0", "out.bias"), ("y",)),
    ]
    heads, mix = linear_layers(graph_of(nodes, constants))
    assert (heads.in_features, heads.out_features, heads.order, heads.bias) == (4, 6, (1, 2, 0), "in.bias")
    assert (mix.in_features, mix.out_features, mix.order, mix.bias) == (6, 5, (2, 0, 1), "out.bias")
    assert (heads.size, mix.size) == (30, 35) and heads.output == "h"


@pytest.mark.parametrize("equation", ["abc,cd->adb", "abc,bd->acd", "abc,ac->ab", "abc,bcd->abd"])
def test_other_einsums_are_no_layers(equation):
    weight = np.ones((2,) * len(equation.partition(",")[2].partition("->")[0]))
    node = Node("n", "Einsum", ("x", "w"), ("y",), {"equation": equation})
    assert linear_layers(graph_of([node], {"w": weight})) == ()


def test_an_einsum_of_one_tensor_is_no_layer():
    nodes = [
        Node("diagonal", "Einsum", ("x",), ("d",), {"equation": "ii->i"}),
        Node("m", "MatMul", ("d", "w"), ("z",)),
    ]
    assert one(nodes, w=(4, 3)).input == "d"
