"""A transposition in the wrong order is blamed alone, whatever else is wrong behind it."""

import numpy as np
import pytest

from netmend.network.edits import SetAttribute
from netmend.repairs.conversion.examine import examine
from netmend.repairs.conversion.faults._base import without
from netmend.repairs.conversion.given import Options, read_pair
from netmend.testing.graphs import NETWORKS
from tests.repairs.conversion.networks import constants, graph_of, rows

pytest.importorskip("onnxruntime")

ATTENTIVE = NETWORKS["attentive"](0)
UNSCALED = without(ATTENTIVE, next(node for node in ATTENTIVE.nodes if node.outputs[0] == "scaled"))
TURNED = [("q", [0, 3, 1, 2]), ("q", [0, 3, 2, 1]), ("k", [0, 1, 3, 2]), ("v", [0, 3, 1, 2])]


def named(causes):
    return [(cause.name, cause.hypothesis.node) for answer in causes for cause in answer.causes]


@pytest.mark.parametrize(("node", "order"), TURNED)
def test_and_not_what_follows_its_order(causes_of, node, order):
    found = causes_of("attentive", SetAttribute(node, "perm", order), SetAttribute("shares", "axis", 1))
    assert named(found) == [("permutation", node), ("softmax-axis", "shares")]


@pytest.mark.parametrize(("node", "order"), TURNED[:3:2])
def test_and_an_operator_that_is_missing_behind_it_too(causes_of, node, order):
    (one, other) = named(causes_of("attentive", SetAttribute(node, "perm", order), *UNSCALED))
    assert one == ("permutation", node)
    # A factor may stand behind the scores or before their shares: both are the same.
    assert other in (("removed-operator", "scores"), ("removed-operator", "shares"))


def test_an_order_that_what_follows_is_made_for_is_left_alone(pair_of):
    def nodes(order, weight, bias):
        return [
            ("Conv", ["x", "w0", "b0"], ["c0"], {"pads": [1, 1, 1, 1]}),
            *[("Transpose", ["c0"], ["t"], {"perm": order}), ("Flatten", ["t"], ["f"], {})],
            ("Gemm", ["f", weight, bias], ["y"], {"transB": 1}),
        ]

    wide = np.random.default_rng(3).standard_normal((5, 9, 11, 4)).astype(np.float32)
    held = constants() | {"wide": wide.reshape(5, -1), "wrong": constants()["b2"] + np.float32(0.5)}
    held["other"] = np.ascontiguousarray(wide.transpose(0, 2, 1, 3)).reshape(5, -1)
    source = graph_of(nodes([0, 2, 3, 1], "wide", "b2"), held)
    pair, _ = read_pair(pair_of(graph_of(nodes([0, 3, 2, 1], "other", "wrong"), held), source), Options())
    found = examine(pair, pair.target.graph, {"x": rows()}).causes
    assert [node for _, node in named([answer for _, answer in found])] == ["y"]
