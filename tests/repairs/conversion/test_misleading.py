"""What is at fault is named, and not what reads its numbers, where these are the source's in another order or place."""

import numpy as np
import pytest

from bench.conversion.files import save
from bench.conversion.spellings import spellings
from netmend.network.edits import SetAttribute, edited
from netmend.repairs.conversion.examine import examine
from netmend.repairs.conversion.given import Options, read_pair
from netmend.testing.graphs import NETWORKS, inputs_of
from tests.repairs.conversion.networks import constants, graph_of, rows

CONV = ("Conv", ["x", "w0", "b0"], ["c0"], {"pads": [1, 1, 1, 1]})
RANDOM = np.random.default_rng(3)


@pytest.fixture
def causes(pair_of):
    """Names of causes with their nodes, and all edits."""

    def of(source, target, held):
        pair, _ = read_pair(pair_of(graph_of(target, held), source=graph_of(source, held)), Options())
        found = [answer for _, answer in examine(pair, pair.target.graph, {"x": rows()}).causes]
        named = [(cause.name, cause.hypothesis.node) for answer in found for cause in answer.causes]
        return named, [edit for answer in found for edit in answer.edits]

    return of


def test_a_transposition_is_blamed_and_not_the_layer_whose_weights_would_make_it_good(causes):
    def nodes(order):
        return [
            *[CONV, ("Relu", ["c0"], ["r0"], {}), ("Transpose", ["r0"], ["t"], {"perm": order})],
            *[("Flatten", ["t"], ["f"], {}), ("Gemm", ["f", "wide", "b2"], ["y"], {"transB": 1})],
        ]

    held = constants() | {"wide": RANDOM.standard_normal((5, 4 * 9 * 11)).astype(np.float32)}
    named, edits = causes(nodes([0, 2, 3, 1]), nodes([0, 1, 2, 3]), held)
    assert named == [("permutation", "t")] and edits == [SetAttribute("t", "perm", [0, 2, 3, 1])]


@pytest.mark.parametrize("shape", [(5, 99, 4), (5, 22, 18)], ids=["an order of axes too", "nothing else"])
def test_weights_that_can_be_the_source_s_again_are_blamed_before_an_order_that_makes_them_good(causes, shape):
    nodes = [
        *[CONV, ("Transpose", ["c0"], ["t"], {"perm": [0, 2, 3, 1]}), ("Flatten", ["t"], ["f"], {})],
        ("Gemm", ["f", "wide", "b2"], ["y"], {"transB": 1}),
    ]
    wide = RANDOM.standard_normal((5, 4 * 9 * 11)).astype(np.float32)
    wrong = wide.reshape(shape).transpose(0, 2, 1).reshape(5, -1)
    other = [(op, ["wrong" if name == "wide" else name for name in inputs], *rest) for op, inputs, *rest in nodes]
    named, _ = causes(nodes, other, constants() | {"wide": wide, "wrong": wrong})
    assert named == [("flatten-order", "y")]


def test_an_operator_that_is_missing_before_the_ways_part_is_missing_once(causes):
    def nodes(*activation):
        read = "r0" if activation else "c0"
        return [
            *[CONV, *activation, ("Conv", [read, "w1", "b1"], ["left"], {"pads": [1, 1, 1, 1]})],
            *[("Conv", [read, "w1", "mean"], ["right"], {"pads": [1, 1, 1, 1]}), ("Mul", ["left", "right"], ["m"], {})],
            *[("GlobalAveragePool", ["m"], ["g"], {}), ("Flatten", ["g"], ["f"], {})],
            ("Gemm", ["f", "w2", "b2"], ["y"], {"transB": 1}),
        ]

    named, edits = causes(nodes(("Relu", ["c0"], ["r0"], {})), nodes(), constants())
    assert named == [("removed-operator", "c0")] and len(edits) == 1


def test_a_sum_that_is_missing_before_several_readers_is_put_in_once(causes):
    def nodes(read):
        return [
            *[CONV, ("Conv", ["c0", "w1", "b1"], ["c1"], {"pads": [1, 1, 1, 1]}), ("Add", ["c0", "c1"], ["a"], {})],
            *[("Conv", [read, "w1", "mean"], ["left"], {"pads": [1, 1, 1, 1]}), ("Tanh", [read], ["right"], {})],
            *[("Mul", ["left", "right"], ["m"], {}), ("Mul", ["m", "c1"], ["n"], {})],
            *[("GlobalAveragePool", ["n"], ["g"], {}), ("Flatten", ["g"], ["f"], {})],
            ("Gemm", ["f", "w2", "b2"], ["y"], {"transB": 1}),
        ]

    held = constants()
    named, edits = causes(nodes("a"), [each for each in nodes("c0") if each[0] != "Add"], held)
    assert [name for name, _ in named] == ["removed-operator"] and len(edits) == 3


def test_a_turn_that_does_nothing_is_found_behind_another_fault(causes):
    def nodes(order, add):
        return [
            *[("GlobalAveragePool", ["x"], ["g"], {}), ("Flatten", ["g"], ["f"], {})],
            ("Gemm", ["f", "w", *add], ["m"], {"transB": 1}),
            *[("Reshape", ["m", "heads"], ["h"], {}), ("Transpose", ["h"], ["t"], {"perm": order})],
            *[("Relu", ["t"], ["r"], {}), ("Flatten", ["r"], ["s"], {}), ("Gemm", ["s", "v", "b2"], ["y"], {})],
        ]

    held = {"w": RANDOM.standard_normal((16, 3)), "b": 2 * RANDOM.standard_normal(16)}
    held |= {"v": RANDOM.standard_normal((16, 5)), "b2": RANDOM.standard_normal(5)}
    held = {name: value.astype(np.float32) for name, value in held.items()} | {"heads": np.array([-1, 4, 4])}
    named, _ = causes(nodes([0, 2, 1], ["b"]), nodes([0, 1, 2], []), held)
    assert named == [("bias", "m"), ("permutation", "t")]


def rounded(up="Round", down="Floor"):
    """Numbers rounded in two ways of which each is read by another part."""
    return [
        *[("GlobalAveragePool", ["x"], ["g"], {}), ("Flatten", ["g"], ["f"], {}), ("Mul", ["f", "ten"], ["large"], {})],
        *[(up, ["large"], ["near"], {}), (down, ["large"], ["low"], {}), ("Add", ["near", "limit"], ["more"], {})],
        *[("Sqrt", ["squared"], ["root"], {}), ("Mul", ["more", "more"], ["squared"], {})][::-1],
        *[("Mul", ["root", "low"], ["both"], {}), ("Gemm", ["both", "w2", "b2"], ["y"], {})],
    ]


@pytest.mark.parametrize(("wrong", "node"), [({"up": "Floor"}, "near"), ({"down": "Round"}, "low")])
def test_an_operator_that_makes_the_numbers_of_another_one_is_blamed_and_not_what_reads_them(causes, wrong, node):
    held = {**constants(), "ten": np.float32(10), "limit": np.float32(1)}
    held["w2"] = RANDOM.standard_normal((3, 5)).astype(np.float32)
    named, _ = causes(rounded(), rounded(**wrong), held)
    assert named == [("rounding-rule", node)]


def test_a_pooling_that_reads_turned_pictures_is_not_paired_with_their_reshape(tmp_path):
    """The pooling holds nothing of the source's; what it would have to hold is the same as what lies behind it."""
    source = NETWORKS["flattened"](0)
    target = edited(spellings(source)["channels-last"], [SetAttribute("r1", "perm", [0, 2, 1, 3])])
    paths = save(source, tmp_path / "source.onnx"), save(target, tmp_path / "target.onnx")
    np.savez(tmp_path / "x.npz", **inputs_of(source, 16, 0))
    pair, _ = read_pair(paths, Options(inputs=tmp_path / "x.npz"))
    (found,) = (answer for _, answer in examine(pair, pair.target.graph, pair.inputs.source).causes)
    assert [cause.name for cause in found.causes] == ["permutation"]
