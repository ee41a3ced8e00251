"""Branches and loops of ONNX files, against ONNX Runtime, which runs them as they are."""

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel
from netmend.network.edits import SetConstant
from netmend.network.evaluate import run
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

node = onnx.helper.make_node
ROWS = {"x": np.array([[1.0, -2, 3], [-4, 5, -6]], np.float32)}


def info(name, shape=None, kind=1):
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def constant(name, value):
    return onnx.numpy_helper.from_array(np.asarray(value), name)


def body(*nodes, inputs=(), outputs=("r",), held=()):
    return onnx.helper.make_graph(
        list(nodes), "inside", list(inputs), [info(name, kind=9 if name == "go" else 1) for name in outputs], list(held)
    )


def written(path, nodes, held, shape=(None, 3)):
    graph = onnx.helper.make_graph(nodes, "net", [info("x", [None, 3])], [info("y", list(shape))], held)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return load(path)


def branches():
    then = body(node("Mul", ["x", "two"], ["r"]), held=[constant("two", np.float32([2.0]))])
    return {"then_branch": then, "else_branch": body(node("Neg", ["x"], ["r"]))}


def decided(path):
    """A network that doubles its inputs where their sum is above zero, and turns their signs elsewhere."""
    nodes = [
        node("ReduceSum", ["x"], ["sum"], keepdims=0),
        node("Greater", ["sum", "zero"], ["above"]),
        node("If", ["above"], ["y"], "choose", **branches()),
    ]
    return written(path, nodes, [constant("zero", np.float32(0))])


def alike(network, inputs):
    own, ours = network.outputs(inputs)["y"], run(network.graph, inputs)["y"]
    np.testing.assert_allclose(ours, own, rtol=1e-6)
    network.check(inputs)
    return own


@pytest.mark.parametrize("row", [0, 1])
def test_what_the_inputs_decide_is_selected(tmp_path, row):
    rows = {"x": ROWS["x"][row : row + 1]}
    assert np.array_equal(alike(decided(tmp_path / "n.onnx"), rows), rows["x"] * [2, -1][row])


@pytest.mark.parametrize("chosen", [True, False])
def test_of_a_stored_condition_one_branch_is_kept(tmp_path, chosen):
    network = written(tmp_path / "n.onnx", [node("If", ["c"], ["y"], **branches())], [constant("c", chosen)])
    assert np.array_equal(alike(network, ROWS), ROWS["x"] * (2 if chosen else -1))
    assert [each.op for each in network.graph.nodes] == ["Mul" if chosen else "Neg", "Identity"]


def test_a_number_inside_a_branch_is_edited_like_any_other(tmp_path):
    network = decided(tmp_path / "n.onnx")
    name = next(name for name in network.graph.constants if name.startswith("two"))
    network.rewrite(tmp_path / "new.onnx", [SetConstant(name, np.float32([5.0]))])
    rows = {"x": ROWS["x"][:1]}
    assert np.array_equal(load(tmp_path / "new.onnx").outputs(rows)["y"], rows["x"] * 5)


def loop(rounds, ends=None):
    ends = node("Identity", ["on"], ["go"]) if ends is None else ends
    given = [info("i", [], 7), info("on", [], 9), info("v")]
    held = [constant("half", np.float32([0.5]))]
    step = [node("Mul", ["v", "half"], ["h"]), node("Sub", ["h", "x"], ["next"]), node("Neg", ["h"], ["seen"])]
    inside = body(*step, ends, inputs=given, outputs=("go", "next", "seen"), held=held)
    nodes = [
        node("Loop", ["rounds", "", "x"], ["last", "all"], "repeat", body=inside),
        node("ReduceSum", ["all", "axis"], ["sum"], keepdims=0),
        node("Add", ["last", "sum"], ["y"]),
    ]
    return nodes, [constant("rounds", rounds), constant("axis", [0])]


def test_a_loop_of_stored_length_is_written_out(tmp_path):
    network = written(tmp_path / "n.onnx", *loop(3))
    last, total = ROWS["x"], 0
    for _ in range(3):
        total, last = total - last / 2, last / 2 - ROWS["x"]
    np.testing.assert_allclose(alike(network, ROWS), last + total, rtol=1e-6)


@pytest.mark.parametrize(
    ("rounds", "ends"), [(10_000, None), (3, node("Less", ["i", "i"], ["go"]))], ids=["long", "ended by a number"]
)
def test_a_loop_that_cannot_be_written_out_is_refused_by_name(tmp_path, rounds, ends):
    with pytest.raises(UnsupportedModel, match="a loop runs until") as refused:
        written(tmp_path / "n.onnx", *loop(rounds, ends))
    assert refused.value.where == "node 'repeat' (Loop)"
