from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import SetConstant, SetInput, edited
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.examine import _once, _told_apart, case_of, examine, most_telling
from netmend.repairs.conversion.explain import Explained, Limits, Unexplained
from netmend.repairs.conversion.given import Options, read_pair
from tests.repairs.conversion.networks import NODES, changed, constants, graph_of, rows


@pytest.fixture
def examined(pair_of):
    def look(target, **more):
        pair, _ = read_pair(pair_of(target), Options())
        return pair, examine(pair, pair.target.graph, {"x": rows()}, **more)

    return look


def test_each_faulty_segment_has_its_cause(examined):
    nodes = changed(changed(NODES, 0, pads=[0, 0, 2, 2]), 2, count_include_pad=0)
    _, found = examined(graph_of(nodes, prefix="t_"))
    assert [answer.causes[0].name for _, answer in found.causes] == ["padding", "count-include-pad"]
    assert all(isinstance(answer, Explained) for _, answer in found.causes)


def test_when_the_time_for_all_is_over_the_rest_is_left_unexplained(examined):
    nodes = changed(changed(NODES, 0, pads=[0, 0, 2, 2]), 2, count_include_pad=0)
    _, found = examined(graph_of(nodes, prefix="t_"), limits=Limits(in_all=0.0))
    assert len(found.causes) == 2, "what is wrong is named all the same"
    assert all(isinstance(answer, Unexplained) and not answer.finished for _, answer in found.causes)


def test_a_right_network_has_no_cause(examined):
    assert examined(graph_of(prefix="t_"))[1].causes == ()


def test_what_cannot_be_evaluated_here_is_no_fault_of_a_target_that_agrees(examined):
    target = edited(graph_of(prefix="t_"), [SetConstant("w1", np.zeros((4, 3, 3, 3), np.float32))])
    _, found = examined(target, agrees=True)
    assert found.causes == () and found.unjudged[0].segment.nodes == ("t_c1",)


def test_beside_what_cannot_be_evaluated_nothing_is_blamed_in_a_target_that_agrees(examined):
    padded = graph_of(changed(NODES, 0, pads=[0, 0, 2, 2]), prefix="t_")
    target = edited(padded, [SetConstant("w1", np.zeros((4, 3, 3, 3), np.float32))])
    assert "padding" in {answer.causes[0].name for _, answer in examined(padded, agrees=True)[1].causes}
    _, found = examined(target, agrees=True)
    assert found.causes == () and [each.segment.nodes for each in found.unjudged] == [("t_c1",)]


def test_a_step_of_another_spelling_is_not_taken_for_the_last_one_whose_numbers_it_has_on_most_rows(pair_of):
    held = constants() | {"low": np.float32(0), "high": np.float32(25)}
    clipped = [NODES[0], ("Clip", ["c0", "low", "high"], ["r0"], {}), *NODES[2:]]
    extremes = [NODES[0], ("Max", ["c0", "low"], ["m"], {}), ("Min", ["m", "high"], ["r0"], {}), *NODES[2:]]
    fed = np.concatenate([rows(5), 10 * rows(1)])
    pair, _ = read_pair(pair_of(graph_of(extremes, held, prefix="t_"), source=graph_of(clipped, held)), Options())
    reached = forward(pair.source.graph, {"x": as_tensor(fed)}, keep=["c0"])["c0"].amax((1, 2, 3))
    assert reached[:5].max() < 25 < reached[5]
    found = examine(pair, pair.target.graph, {"x": fed})
    assert found.causes == () and set(found.alignment.matches) >= {"t_c0", "t_r0"} and found.alignment.unaligned["t_m"]


def test_as_many_steps_as_rows_are_not_taken_for_the_batch(pair_of):
    def network(nodes):
        ends = Signature("x", (None, 5, 4), "float32"), Signature("y", (None, 5, 4), "float32")
        whole = [Node("b", "Transpose", ("x",), ("t",), {"perm": [1, 0, 2]}), *nodes]
        whole.append(Node("e", "Transpose", ("h",), ("y",), {"perm": [1, 0, 2]}))
        return Graph(tuple(whole), {"one": np.array([1])}, ends[:1], ends[1:], 18)

    steps = ("Unsqueeze", ("t", "one"), "u"), ("Tanh", ("u",), "v"), ("Squeeze", ("v", "one"), "h")
    source = network([Node(made, op, read, (made,)) for op, read, made in steps])
    pair, _ = read_pair(pair_of(network([Node("h", "Tanh", ("t",), ("h",))]), source=source), Options())
    fed = np.random.default_rng(0).normal(size=(8, 5, 4)).astype(np.float32)
    found = examine(pair, pair.target.graph, {"x": fed})
    assert found.alignment.matches["h"].correspondence.source == "v" and found.localised.faulty == ()


@pytest.mark.parametrize(
    ("shapes", "most", "rows"),
    [([(1, 5, 6)], 8, 7), ([(1, 3, 224, 224), (1, 1000)], 8, 5), ([(1, 5, 4)], 5, 3), ([(1, 3)], 2, 2)],
)
def test_so_many_rows_are_aligned_by_as_few_axes_are_a_multiple_of(shapes, most, rows):
    assert _told_apart(shapes, most) == rows


def test_a_case_holds_right_values_in_the_target_s_names(examined):
    pair, found = examined(graph_of(changed(NODES, 2, count_include_pad=0), prefix="t_"))
    case = case_of(pair.source.graph, pair.target.graph, found.causes[0][0].segment, {"x": rows()})
    assert set(case.values) == {"t_r0", "t_p0"} and not case.inputs
    assert np.abs(case.got["t_p0"] - case.values["t_p0"]).max() > 1e-3


def test_rows_to_look_at_are_those_that_differ_most_and_others_in_turn():
    errors = np.array([0, 5, 0, 9, np.inf, 0, 0, 0, 0, 0])
    chosen = most_telling(errors, 6)
    assert chosen[::2] == [4, 3, 1] and len(set(chosen)) == 6
    assert most_telling(errors[:4], 6) == [3, 1, 0, 2]


def test_a_cause_that_stretches_share_is_told_once(examined):
    _, known = examined(graph_of(changed(NODES, 0, pads=[0, 0, 2, 2]), prefix="t_"))
    (found,) = known.causes
    other = replace(found[1].causes[0], hypothesis=replace(found[1].hypothesis, edits=(SetInput("y", 0, "elsewhere"),)))
    both = replace(found[1], causes=(*found[1].causes, other))
    told = list(_once([found, found, (found[0], both)]))
    assert [answer.causes for _, answer in told] == [found[1].causes, (other,)]
