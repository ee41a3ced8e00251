import random

import numpy as np
import pytest

from netmend.network.edits import SetConstant, edited
from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.cut import segments
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.faults._injection import injected
from netmend.repairs.conversion.localise import Judged, localise
from netmend.repairs.conversion.segments import Correspondence
from netmend.testing.graphs import NETWORKS, inputs_of
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


def localised(target, inputs=SAME, tolerance=1e-4, precision="float32"):
    source = graph_of()
    found = align(source, target, {"x": rows(2)}, inputs, [("y", "y")], tolerance)
    parts = segments(source, target, found.matches)
    return localise(source, target, found.matches, parts, {"x": rows()}, precision)


def wrong(found):
    return [faulty.segment.nodes for faulty in found.faulty]


def equivalent():
    nodes, held = folded()
    yield graph_of(prefix="t_"), SAME
    yield graph_of(nodes, held, prefix="t_"), SAME
    yield with_shape(graph_of(channels_last()), (None, 9, 11, 3)), LAST


@pytest.mark.parametrize("place", range(3))
def test_other_spellings_of_a_right_network_have_no_fault(place):
    target, inputs = list(equivalent())[place]
    assert localised(target, inputs).faulty == ()


@pytest.mark.parametrize(
    ("place", "attributes"),
    [
        (0, {"pads": [0, 0, 2, 2]}),
        (0, {"strides": [1, 1]}),
        (2, {"count_include_pad": 0}),
        (4, {"epsilon": 1e-3}),
        (10, {"axis": 0}),
    ],
)
def test_one_fault_is_found_and_nothing_behind_it(place, attributes):
    found = localised(graph_of(changed(NODES, place, **attributes), prefix="t_"))
    node = NODES[place][2][0]
    assert wrong(found) == [(node if node == "y" else f"t_{node}",)]


def test_four_faults_are_found_in_one_pass():
    nodes = changed(changed(NODES, 0, pads=[0, 0, 2, 2]), 2, count_include_pad=0)
    nodes = changed(changed(nodes, 4, epsilon=1e-3), 10, axis=0)
    found = localised(graph_of(nodes, prefix="t_"))
    assert wrong(found) == [("t_c0",), ("t_p0",), ("t_n1",), ("y",)]


def test_the_error_is_that_of_the_node_alone():
    from netmend.network.evaluate import as_tensor, forward

    target = graph_of(changed(NODES, 2, count_include_pad=0), prefix="t_")
    right = forward(graph_of(), {"x": as_tensor(rows())}, keep=["r0", "p0"])
    got = forward(target, {"t_r0": right["r0"]}, keep=["t_p0"])["t_p0"]
    expected = float((got - right["p0"]).abs().max())
    assert localised(target).tensors["t_p0"].error.largest == pytest.approx(expected, rel=1e-12)


def test_a_node_that_cannot_be_evaluated_is_at_fault_and_says_why():
    found = localised(edited(graph_of(prefix="t_"), [SetConstant("w1", np.zeros((4, 3, 3, 3), np.float32))]))
    assert wrong(found) == [("t_c1",)] and "Conv" in found.faulty[0].failure


def test_weights_in_half_precision_are_coarser_and_no_fault():
    half = constants()["w1"].astype(np.float16).astype(np.float32)
    found = localised(edited(graph_of(prefix="t_"), [SetConstant("w1", half)]), tolerance=2e-2)
    assert found.faulty == ()
    assert [name for name, each in found.tensors.items() if each.coarser] == ["t_c1"]


def test_a_fault_shows_among_coarse_weights():
    half = constants()["w1"].astype(np.float16).astype(np.float32)
    nodes = changed(NODES, 3, pads=[0, 0, 2, 2])
    found = localised(edited(graph_of(nodes, prefix="t_"), [SetConstant("w1", half)]), tolerance=2e-2)
    assert wrong(found) == [("t_c1",)]


def test_an_error_is_coarser_only_between_the_two_bounds():
    allowed, coarse, size = Distance(1.0, 1.0), Distance(3.0, 3.0), Distance(9.0, 9.0)
    one, two, three = (Judged(Distance(e, e), allowed, coarse, size) for e in (0.5, 2.0, 4.0))
    assert not one.faulty and not one.coarser
    assert not two.faulty and two.coarser
    assert three.faulty and not three.coarser and three.excess == pytest.approx(4 / 3)


@pytest.mark.parametrize("network", ["convolutional", "resized", "attentive", "branched"])
def test_with_other_matches_the_same_is_found_as_if_all_were_judged_again(network):
    source = NETWORKS[network](0)
    chance, feeds = random.Random(2), inputs_of(source, 6, 0)
    faulty = injected(source, faults()["bias"].value, chance, feeds) or injected(
        source, faults()["operand-order"].value, chance, feeds
    )
    same = [Correspondence(each.name, each.name, None, None, None) for each in source.inputs]
    ends = [(each.name, each.name) for each in source.outputs]
    whole = align(source, faulty.graph, feeds, same, ends, 1e-4)

    def judged(matches, before=None):
        parts = segments(source, faulty.graph, matches)
        return localise(source, faulty.graph, matches, parts, feeds, before=before)

    first = judged(whole.matches)
    inner = [name for name, each in whole.matches.items() if each.how == "value" and name not in dict(ends)]
    assert first.faulty and len(inner) > 3
    for count in (1, 3):
        less = whole.without(chance.sample(inner, count)).matches
        for matches, before in ((less, (whole.matches, first)), (whole.matches, (less, judged(less)))):
            found, right = judged(matches, before), judged(matches)
            assert found.tensors == right.tensors and found.failures == right.failures
            assert wrong(found) == wrong(right) and found.rows == right.rows
