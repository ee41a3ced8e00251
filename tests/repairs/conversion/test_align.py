import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetConstant, SetInput, edited
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.segments import Correspondence
from tests.repairs.conversion.networks import (
    NODES,
    changed,
    channels_last,
    constants,
    folded,
    graph_of,
    rows,
    with_shape,
)

SAME = (Correspondence("x", "x", None, None, (-1, 3, 9, 11)),)
LAST = (Correspondence("x", "x", (0, 2, 3, 1), None, (-1, 3, 9, 11)),)


def aligned(target, inputs=SAME):
    return align(graph_of(), target, {"x": rows(2)}, inputs, [("y", "y")], 1e-4)


def sources(alignment):
    return {name: match.correspondence.source for name, match in alignment.matches.items()}


def test_every_tensor_is_recognised_under_other_names():
    found = aligned(graph_of(prefix="t_"))
    inner = [outputs[0] for _, _, outputs, _ in NODES[:-1]]
    assert sources(found) == {"x": "x", "y": "y", **{f"t_{name}": name for name in inner}}
    assert not found.unaligned


def test_a_pad_in_front_and_a_folded_normalisation_are_other_spellings():
    nodes, held = folded()
    found = aligned(graph_of(nodes, held, prefix="t_"))
    assert {match.how for match in found.matches.values()} == {"input", "value"}
    assert list(found.unaligned) == ["t_padded"]
    assert sources(found)["t_n1"] == "n1"


def test_inputs_with_channels_last_are_recognised():
    found = aligned(with_shape(graph_of(channels_last()), (None, 9, 11, 3)), LAST)
    assert {match.how for match in found.matches.values()} == {"input", "value"}
    assert sources(found)["t"] == "x"


@pytest.mark.parametrize(
    ("place", "attributes"),
    [
        (0, {"pads": [0, 0, 2, 2]}),
        (2, {"count_include_pad": 0}),
        (3, {"pads": [0, 0, 2, 2]}),
        (0, {"strides": [1, 1]}),
        (10, {"axis": 0}),
    ],
)
def test_behind_a_fault_everything_is_recognised_again(place, attributes):
    found = aligned(graph_of(changed(NODES, place, **attributes), prefix="t_"))
    wrong = NODES[place][2][0]
    name = wrong if wrong == "y" else f"t_{wrong}"
    assert found.matches[name].how == "resumed"
    assert found.matches[name].correspondence.source == wrong
    assert len(found.matches) == len(NODES) + 1


def test_several_faults_are_each_stepped_over():
    nodes = changed(changed(changed(NODES, 0, pads=[0, 0, 2, 2]), 2, count_include_pad=0), 10, axis=0)
    found = aligned(graph_of(nodes, prefix="t_"))
    assert sum(match.how == "resumed" for match in found.matches.values()) == 3


def test_two_faults_that_meet_in_a_sum_are_told_apart_by_what_they_read():
    nodes = changed(changed(NODES, 2, count_include_pad=0), 3, pads=[0, 0, 2, 2])
    found = aligned(graph_of(nodes, prefix="t_"))
    assert sources(found)["t_p0"] == "p0" and sources(found)["t_c1"] == "c1"


def test_a_node_too_many_has_its_own_input_for_its_right_value():
    graph = graph_of(prefix="t_")
    more = Node("more", "Tanh", ("t_p0",), ("t_more",))
    graph = edited(graph, [ReplaceNodes((), (more,)), SetInput("t_c1", 0, "t_more")])
    found = aligned(graph)
    assert sources(found)["t_more"] == "p0"


def test_a_missing_node_leaves_its_right_value_to_the_one_before():
    graph = edited(graph_of(prefix="t_"), [SetInput("t_a1", 0, "t_n1")])
    found = aligned(graph)
    assert found.matches["t_a1"].how == "resumed" and sources(found)["t_a1"] == "a1"


def test_weights_in_another_order_are_found_at_their_place():
    held = constants()
    graph = edited(graph_of(prefix="t_"), [SetConstant("w1", np.ascontiguousarray(held["w1"][::-1]))])
    found = aligned(graph)
    assert found.matches["t_n1"].how == "value" or found.matches["t_c1"].correspondence.source == "c1"
    assert sources(found)["t_c1"] == "c1"


def test_a_node_that_cannot_be_evaluated_is_stepped_over_and_said():
    graph = edited(graph_of(prefix="t_"), [SetConstant("w1", np.zeros((4, 3, 3, 3), np.float32))])
    found = aligned(graph)
    assert sources(found)["t_c1"] == "c1" and np.isinf(found.matches["t_c1"].error)


def test_outputs_correspond_even_where_nothing_else_does():
    held = {"w3": np.random.default_rng(3).standard_normal((297, 5)).astype(np.float32)}
    target = graph_of(
        [("Flatten", ["x"], ["f"], {}), ("Gemm", ["f", "w3"], ["q"], {}), ("Tanh", ["q"], ["y"], {})], held
    )
    found = aligned(target)
    assert sources(found)["y"] == "y" and found.matches["y"].error > 0.1
    assert "q" in found.unaligned


def test_a_lost_bias_is_not_taken_for_the_tensor_before_it():
    nodes = [*NODES[:9], ("MatMul", ["f", "w3"], ["m"], {}), ("Add", ["m", "b2"], ["z"], {}), NODES[10]]
    held = constants() | {"w3": np.ascontiguousarray(constants()["w2"].T)}
    source, target = graph_of(nodes, held), graph_of(nodes, held | {"b2": np.zeros(5, np.float32)}, prefix="t_")
    found = align(source, target, {"x": rows(5)}, SAME, [("y", "y")], 1e-4)
    assert sources(found)["t_m"] == "m" and sources(found)["t_z"] == "z"


def test_integers_are_recognised_where_they_are_many():
    nodes = [
        ("Cast", ["x"], ["whole"], {"to": 7}),
        ("Abs", ["whole"], ["size"], {}),
        ("Cast", ["size"], ["y"], {"to": 1}),
    ]
    shape = (None, 3, 9, 11)
    source, target = (graph_of(nodes, {}, output=("y", shape), prefix=prefix) for prefix in ("", "t_"))
    found = align(source, target, {"x": 4 * rows(5)}, SAME, [("y", "y")], 1e-4)
    assert sources(found) == {"x": "x", "t_whole": "whole", "t_size": "size", "y": "y"}


def test_a_tensor_that_is_only_passed_on_does_not_show_that_right_values_were_put_in():
    """Put in front of a Flatten, the input of the activation is recognised behind it, and proves nothing."""
    spelled = [("Conv", ["x", "w0", "b0"], ["c"], {}), ("Cast", ["c"], ["same"], {"to": 1})]
    end = [("Flatten", ["a"], ["f"], {}), ("Gemm", ["f", "w"], ["y"], {})]
    held = {name: constants()[name] for name in ("w0", "b0")}
    held["w"] = np.random.default_rng(2).standard_normal((4 * 7 * 9, 5)).astype(np.float32)
    source = graph_of([*spelled, ("Gelu", ["same"], ["a"], {}), *end], held)
    silu = [("Sigmoid", ["same"], ["s"], {}), ("Mul", ["same", "s"], ["a"], {})]
    target = graph_of([*spelled, *silu, *end], held, prefix="t_")
    found = align(source, target, {"x": rows(2)}, SAME, [("y", "y")], 1e-4)
    assert sources(found)["t_a"] == "a" and sources(found)["t_f"] == "f"


def test_behind_a_missing_activation_operators_are_told_by_their_weights():
    random = np.random.default_rng(0)
    held = {f"w{i}": random.standard_normal((3, 3, 3, 3)).astype(np.float32) for i in range(3)}
    nodes = [
        each
        for i in range(3)
        for each in (
            ("Conv", [f"r{i - 1}" if i else "x", f"w{i}"], [f"c{i}"], {"pads": [1, 1, 1, 1]}),
            ("Relu", [f"c{i}"], [f"r{i}" if i < 2 else "y"], {}),
        )
    ]
    without = [nodes[0], ("Conv", ["c0", "w1"], ["c1"], {"pads": [1, 1, 1, 1]}), *nodes[3:]]
    output = ("y", (None, 3, 9, 11))
    source, target = graph_of(nodes, held, output=output), graph_of(without, held, output=output, prefix="t_")
    found = align(source, target, {"x": rows(3)}, SAME, [("y", "y")], 1e-4)
    assert sources(found) == {"x": "x", "t_c0": "c0", "t_c1": "c1", "t_r1": "r1", "t_c2": "c2", "y": "y"}


@pytest.mark.parametrize("place", range(1, 5))
def test_in_a_coarse_network_too_the_nearest_of_pairs_that_are_certain_is_taken(place):
    random = np.random.default_rng(0)
    held = {f"w{i}": random.standard_normal((3, 3, 3, 3)).astype(np.float32) for i in range(6)}
    nodes = [("Conv", [f"c{i - 1}" if i else "x", f"w{i}"], [f"c{i}"], {"pads": [1, 1, 1, 1]}) for i in range(6)]
    output = ("c5", (None, 3, 9, 11))
    rounded = {name: value * (1 + 1e-6 * random.standard_normal(value.shape)) for name, value in held.items()}
    wrong = graph_of(nodes, rounded | {f"w{place}": 1 - held[f"w{place}"]}, output=output, prefix="t_")
    found = align(graph_of(nodes, held, output=output), wrong, {"x": rows(3)}, SAME, [("c5", "c5")], 5e-2)
    assert sources(found) == {"x": "x", "c5": "c5", **{f"t_c{i}": f"c{i}" for i in range(5)}}


def convolutions(before, first, inner=()):
    """What is put in front, then two convolutions with an activation between and a mean; the first reads a tensor."""
    chance = np.random.default_rng(3)
    held = {name: chance.normal(size=(4, many, 3, 3)).astype(np.float32) for name, many in (("v", 3), ("w", 4))}
    nodes = [Node("c", "Conv", (first[0], "v"), ("c",), {"pads": first[1]}), Node("r", "Relu", ("c",), ("r",))]
    nodes += [Node("d", "Conv", ("r", "w"), ("d",)), Node("m", "GlobalAveragePool", ("d",), ("y",))]
    ends = Signature("x", (None, 3, 9, 11), "float32"), Signature("y", (None, 4, 1, 1), "float32")
    inner = {name: np.array(value, np.int64) for name, value in dict(inner).items()}
    return Graph((*before, *nodes), held | inner, ends[:1], ends[1:], 18)


def test_behind_a_wrong_padding_that_is_computed_from_shapes_in_many_steps_all_is_recognised_again():
    # 10 less the height would be right, and widens by one; the height less 10 takes one away.
    steps = [Node("s", "Shape", ("x",), ("s",)), Node("g", "Gather", ("s", "two"), ("k0",), {"axis": 0})]
    steps += [Node(f"n{at}", "Neg", (f"k{at}",), (f"k{at + 1}",)) for at in range(24)]
    steps += [Node("a", "Sub", ("k24", "ten"), ("a",)), Node("u", "Unsqueeze", ("a", "nought"), ("u",))]
    steps += [Node("e", "Concat", ("zeros", "u", "u"), ("e",), {"axis": 0}), Node("p", "Pad", ("x", "e"), ("p",))]
    inner = {"two": 2, "ten": 10, "nought": [0], "zeros": [0] * 6}
    source, target = convolutions([], ("x", [0, 0, 1, 1])), convolutions(steps, ("p", [0] * 4), inner)
    found = align(source, target, {"x": rows(3)}, SAME, [("y", "y")], 1e-4)
    assert {name: each for name, each in sources(found).items() if name in "crdy"} == dict(
        zip("crdy", "crdy", strict=True)
    )
