import numpy as np
import pytest

from netmend.network.edits import SetConstant, edited
from netmend.repairs.conversion.examine import case_of, examine, most_telling
from netmend.repairs.conversion.explain import Explained, Limits, Unexplained
from netmend.repairs.conversion.given import Options, read_pair
from tests.repairs.conversion.networks import NODES, changed, graph_of, rows


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
