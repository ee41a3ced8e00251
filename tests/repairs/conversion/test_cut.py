from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.cut import between, joined, segments
from netmend.repairs.conversion.segments import Correspondence
from tests.repairs.conversion.networks import NODES, folded, graph_of, rows

SAME = (Correspondence("x", "x", None, None, (-1, 3, 9, 11)),)


def cut(target):
    source = graph_of()
    found = align(source, target, {"x": rows(2)}, SAME, [("y", "y")], 1e-4)
    return source, target, found.matches, segments(source, target, found.matches)


def test_networks_of_one_spelling_are_cut_at_every_node():
    _, target, _, parts = cut(graph_of(prefix="t_"))
    assert [part.nodes for part in parts] == [(node.outputs[0],) for node in target.nodes]
    assert [part.source_nodes for part in parts] == [tuple(n.removeprefix("t_") for n in part.nodes) for part in parts]


def test_what_does_not_correspond_lies_inside_a_segment():
    nodes, held = folded()
    *_, parts = cut(graph_of(nodes, held, prefix="t_"))
    assert parts[0].nodes == ("t_padded", "t_c0")
    fold = next(part for part in parts if part.nodes == ("t_n1",))
    assert fold.source_nodes == ("c1", "n1")


def test_a_segment_reads_what_corresponds_and_no_constants():
    *_, parts = cut(graph_of(prefix="t_"))
    add = next(part for part in parts if part.nodes == ("t_a1",))
    assert [(each.target, each.source) for each in add.inputs] == [("t_r1", "r1"), ("t_p0", "p0")]


def test_the_source_makes_nothing_of_what_the_target_already_has():
    twice = [
        *NODES[:2],
        ("Tanh", ["r0"], ["again"], {}),
        *((op, ["again" if i == "r0" else i for i in ins], *rest) for op, ins, *rest in NODES[2:]),
    ]
    source, target = graph_of(), graph_of(twice, prefix="t_")
    found = align(source, target, {"x": rows(2)}, SAME, [("y", "y")], 1e-4)
    assert found.matches["t_again"].correspondence.source == found.matches["t_r0"].correspondence.source == "r0"
    added = next(part for part in segments(source, target, found.matches) if part.nodes == ("t_again",))
    assert added.source_nodes == ()


def test_segments_are_joined_into_one():
    source, target, matches, parts = cut(graph_of(prefix="t_"))
    whole = joined(source, target, matches, parts[3:5])
    assert whole.nodes == ("t_c1", "t_n1")
    assert [each.target for each in whole.outputs] == ["t_c1", "t_n1"]
    assert [each.target for each in whole.inputs] == ["t_p0"], "t_c1 is judged, so that it may not be fed"


def test_the_nodes_between_stop_at_the_ends():
    nodes, read = between(graph_of(), ["a1"], {"p0"})
    assert [node.outputs[0] for node in nodes] == ["c1", "n1", "r1", "a1"]
    assert read == ["p0"]
