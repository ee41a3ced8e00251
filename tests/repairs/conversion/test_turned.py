"""A transposition in the wrong order is blamed alone, whatever else is wrong behind it."""

import numpy as np
import pytest

from netmend.network.edits import SetAttribute, SetConstant, edited
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


# --- pictures whose rows and columns are equally long -----------------------------------------------------------------


def _parallel(turning):
    """Two branches between convolutions, each activation between transpositions to channels last and back or plain."""
    random = np.random.default_rng(5)
    held = {}
    nodes = []

    def conv(source, name, outs, ins, kernel):
        held[f"{name}_w"] = random.standard_normal((outs, ins, *kernel)) * 0.4
        pads = [each // 2 for each in kernel] * 2
        nodes.append(("Conv", [source, f"{name}_w"], [f"{name}_c"], {"pads": pads}))
        if turning:
            nodes.append(("Transpose", [f"{name}_c"], [f"{name}_last"], {"perm": [0, 2, 3, 1]}))
            nodes.append(("Relu", [f"{name}_last"], [f"{name}_r"], {}))
            nodes.append(("Transpose", [f"{name}_r"], [name], {"perm": [0, 3, 1, 2]}))
        else:
            nodes.append(("Relu", [f"{name}_c"], [name], {}))

    conv("x", "stem", 6, 3, (3, 3))
    conv("stem", "one", 4, 6, (1, 1))
    conv("stem", "two", 4, 6, (1, 5))
    nodes.append(("Concat", ["one", "two"], ["both"], {"axis": 1}))
    conv("both", "end", 5, 8, (3, 1))
    nodes.append(("Flatten", ["end"], ["f"], {}))
    held["g_w"], held["g_b"] = random.standard_normal((5, 5 * 81)) * 0.1, random.standard_normal(5)
    nodes.append(("Gemm", ["f", "g_w", "g_b"], ["y"], {"transB": 1}))
    return graph_of(nodes, {name: value.astype(np.float32) for name, value in held.items()}, (None, 3, 9, 9))


PARALLEL, PLAIN = _parallel(True), _parallel(False)


def _square(pair_of, graph, source=PLAIN):
    paths = pair_of(graph, source)
    x = np.random.default_rng(1).standard_normal((12, 3, 9, 9)).astype(np.float32)
    np.savez(paths[0].parent / "x.npz", x=x)
    pair, _ = read_pair(paths, Options(inputs=paths[0].parent / "x.npz"))
    return [answer for _, answer in examine(pair, pair.target.graph, {"x": x[:6]}).causes]


@pytest.mark.parametrize("source", [PLAIN, PARALLEL], ids=["plain", "with transpositions"])
@pytest.mark.parametrize("name", [node.outputs[0] for node in PARALLEL.nodes if node.op == "Transpose"])
def test_rows_and_columns_that_are_exchanged_are_blamed_where_they_are(pair_of, name, source):
    found = named(_square(pair_of, edited(PARALLEL, [SetAttribute(name, "perm", [0, 3, 2, 1])]), source))
    assert found == [("permutation", name)]


def test_and_what_is_wrong_before_them_is_found_too(pair_of):
    swapped = PARALLEL.constants["stem_w"][:, ::-1].copy()
    edits = [SetAttribute("two", "perm", [0, 3, 2, 1]), SetConstant("stem_w", swapped)]
    found = named(_square(pair_of, edited(PARALLEL, edits)))
    assert [node for _, node in found] == ["stem_c", "two"]


def test_exchanged_rows_and_columns_that_all_behind_is_made_for_are_left_alone(pair_of):
    """Every window behind is turned too, so that the target is right; only a bias is not."""
    held = dict(PARALLEL.constants)
    for name in ("one_w", "two_w", "end_w"):
        held[name] = np.ascontiguousarray(held[name].swapaxes(2, 3))
    held["g_w"] = np.ascontiguousarray(held["g_w"].reshape(5, 5, 9, 9).swapaxes(2, 3)).reshape(5, -1)
    held["g_b"] = held["g_b"] + np.float32(0.5)
    nodes = [(node.op, list(node.inputs), list(node.outputs), dict(node.attributes)) for node in PARALLEL.nodes]
    for op, _, outputs, attributes in nodes:
        if outputs == ["stem"]:
            attributes["perm"] = [0, 3, 2, 1]
        elif op == "Conv" and outputs != ["stem_c"]:
            one, other = attributes["pads"][:2]
            attributes["pads"] = [other, one] * 2
    found = named(_square(pair_of, graph_of(nodes, held, (None, 3, 9, 9))))
    assert [node for _, node in found] == ["y"]
