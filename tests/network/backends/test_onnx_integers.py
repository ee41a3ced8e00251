"""ONNX operators on integers are read as what ONNX Runtime makes of them, and written back as integers."""

import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree
from netmend.network.backends._onnx_grids import with_grids
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, edited
from netmend.network.evaluate import run
from netmend.network.graph import Node
from netmend.network.load import load
from tests.repairs.conversion.networks import graph_of, in_blocks, quantised, quantised_dynamically, rows

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.torch


def number(*shape, seed=0):
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) / 4).astype(np.float32)


def recurrent(directions=1):
    way = {"direction": "bidirectional"} if directions == 2 else {}
    nodes = [
        ("LSTM", ["x", "w", "r", "b"], ["s", "h"], {"hidden_size": 6, **way}),
        ("Transpose", ["h"], ["t"], {"perm": [1, 0, 2]}),
        ("Flatten", ["t"], ["f"], {}),
        ("MatMul", ["f", "v"], ["m"], {}),
        ("Mul", ["m", "m"], ["y"], {}),
    ]
    held = {"w": number(directions, 24, 5), "r": number(directions, 24, 6), "b": number(directions, 48)}
    return graph_of(nodes, {**held, "v": number(6 * directions, 3)}, (7, None, 5), ("y", (None, 3)))


def dense():
    nodes = [
        ("MatMul", ["x", "w"], ["m"], {}),
        ("Add", ["m", "b"], ["a"], {}),
        ("Sigmoid", ["a"], ["s"], {}),
        ("MatMul", ["s", "v"], ["p"], {}),
        ("Mul", ["p", "p"], ["y"], {}),
    ]
    held = {"w": number(40, 32), "b": number(32), "v": number(32, 24)}
    return graph_of(nodes, held, (None, 40), ("y", (None, 24)))


def operators(path):
    return sorted(node.op_type for node in onnx.load(path).graph.node)


def in_operators(folder, **settings):
    from onnxruntime.quantization import QuantFormat

    return quantised(folder, quant_format=QuantFormat.QOperator, **settings)[1]


def made(folder, what):
    """A target of one of ONNX Runtime's quantisers, and rows to feed it."""
    x = number(9, 40)
    match what:
        case "static":
            return in_operators(folder), rows(9)
        case "by channel":
            return in_operators(folder, per_channel=True), rows(9)
        case "dynamic":
            return quantised_dynamically(folder)[1], rows(9)
        case "recurrent" | "both ways":
            graph = recurrent(2 if what == "both ways" else 1)
            return quantised_dynamically(folder, graph)[1], number(7, 4, 5)
        case "recurrent by channel":
            return quantised_dynamically(folder, recurrent(), per_channel=True)[1], number(7, 4, 5)
        case "dense":
            return quantised_dynamically(folder, dense(), per_channel=True)[1], x
        case "four bits":
            return in_blocks(folder, dense())[1], x
        case "four bits with zero points":
            return in_blocks(folder, dense(), symmetric=False)[1], x
        case _:
            return in_blocks(folder, dense(), bits=8)[1], x


KINDS = {
    "static": "QLinearConv",
    "by channel": "QLinearConv",
    "dynamic": "ConvInteger",
    "recurrent": "DynamicQuantizeLSTM",
    "both ways": "DynamicQuantizeLSTM",
    "recurrent by channel": "DynamicQuantizeLSTM",
    "dense": "MatMulInteger",
    "four bits": "MatMulNBits",
    "four bits with zero points": "MatMulNBits",
    "eight bits": "MatMulNBits",
}


@pytest.mark.parametrize("what", KINDS)
def test_what_is_read_computes_what_the_runtime_does(tmp_path, what):
    path, x = made(tmp_path, what)
    assert KINDS[what] in operators(path)
    network = load(path)
    theirs, ours = network.run(x), run(network.graph, {"x": x})[network.graph.outputs[0].name]
    # Half-way between two codes a number goes either way.
    assert np.median(np.abs(theirs - ours)) <= 1e-5 and np.abs(theirs - ours).max() <= 0.02
    assert not {node.op for node in network.graph.nodes} & {KINDS[what], "QGemm", "com.microsoft:QLinearAdd"}
    network.check(x)


def test_a_wrong_number_of_integers_is_seen(tmp_path):
    path, x = made(tmp_path, "dynamic")
    network = load(path)
    weight = next(name for name, value in network.graph.constants.items() if value.ndim == 4)
    network.graph = edited(network.graph, [SetConstant(weight, network.graph.constants[weight][::-1])])
    with pytest.raises(ModelsDisagree):
        network.check(x)


def test_what_is_quantised_by_its_own_range_is_known(tmp_path):
    graph = with_grids(load(made(tmp_path, "dynamic")[0]).graph)
    assert graph.ranges and not graph.quantisation and graph.on_grids
    for name in graph.ranges:
        assert graph.producer(name).op == "DequantizeLinear"


@pytest.mark.parametrize("what", KINDS)
def test_what_no_edit_touches_is_written_as_it_was(tmp_path, what):
    path, x = made(tmp_path, what)
    network = load(path)
    node = network.graph.nodes[-1]
    last = Node("last", "Identity", ("before",), node.outputs)
    before = Node(node.name, node.op, node.inputs, ("before",), node.attributes)
    network.rewrite(tmp_path / "new.onnx", [ReplaceNodes(node.outputs, (before, last))])
    kept, now = operators(path), operators(tmp_path / "new.onnx")
    assert now == sorted([*kept, "Identity"])
    np.testing.assert_array_equal(load(tmp_path / "new.onnx").run(x), network.run(x))


@pytest.mark.parametrize("what", ["static", "by channel", "dynamic"])
def test_a_setting_and_a_bias_are_changed_in_integers(tmp_path, what):
    path, x = made(tmp_path, what)
    network = load(path)
    conv = [node for node in network.graph.nodes if node.op == "Conv"][-1]
    edits = [SetAttribute(conv.outputs[0], "pads", [2, 2, 0, 0])]
    network.rewrite(tmp_path / "new.onnx", edits)
    assert operators(tmp_path / "new.onnx") == operators(path)
    new, graph = load(tmp_path / "new.onnx"), edited(network.graph, edits)
    pads = [list(node.attributes["pads"]) for node in new.graph.nodes if node.op == "Conv"]
    assert pads[-1] == [2, 2, 0, 0] and [2, 2, 0, 0] not in pads[:-1]
    assert np.abs(new.run(x) - run(graph, {"x": x})[graph.outputs[0].name]).max() <= 0.02


def test_a_reader_gets_another_scale_in_integers(tmp_path):
    path, _ = made(tmp_path, "static")
    network = load(path)
    conv = [node for node in network.graph.nodes if node.op == "Conv"][-1]
    taken = network.graph.producer(conv.inputs[0])
    edits = [
        ReplaceNodes((), (), {"other": network.graph.constants[taken.inputs[1]] * np.float32(2)}),
        SetInput(taken.outputs[0], 1, "other"),
        SetInput(network.graph.producer(conv.inputs[2]).inputs[1], 0, "other"),
    ]
    network.rewrite(tmp_path / "new.onnx", edits)
    assert operators(tmp_path / "new.onnx") == operators(path)
    told = [node for node in onnx.load(tmp_path / "new.onnx").graph.node if "other" in node.input]
    assert {(node.op_type, list(node.input).index("other")) for node in told} == {("QLinearConv", 1), ("QLinearAdd", 4)}


@pytest.mark.parametrize("what", ["four bits", "four bits with zero points", "eight bits"])
def test_packed_weights_are_changed_in_place(tmp_path, what):
    path, x = made(tmp_path, what)
    network = load(path)
    node = next(node for node in network.graph.nodes if node.op == "DequantizeLinear")
    codes = network.graph.constants[node.inputs[0]]
    edits = [SetConstant(node.inputs[0], codes[:, ::-1])]
    network.rewrite(tmp_path / "new.onnx", edits)
    assert operators(tmp_path / "new.onnx") == operators(path)
    ours = run(edited(network.graph, edits), {"x": x})["y"]
    assert np.abs(ours - network.run(x)).max() > 0.1
    np.testing.assert_allclose(load(tmp_path / "new.onnx").run(x), ours, atol=1e-4)


def test_what_integers_cannot_say_is_written_in_real_numbers_on_grids(tmp_path):
    path, x = made(tmp_path, "static")
    network = load(path)
    conv = [node for node in network.graph.nodes if node.op == "Conv"][-1]
    edits = [
        ReplaceNodes((), (Node("neg", "Neg", (conv.inputs[0],), ("negative",)),)),
        SetInput(conv.outputs[0], 0, "negative"),
    ]
    network.rewrite(tmp_path / "new.onnx", edits)
    before, now = operators(path), operators(tmp_path / "new.onnx")
    assert now.count("QLinearConv") == before.count("QLinearConv") - 1 and now.count("Conv") == 1
    graph = edited(network.graph, edits)
    ours = run(graph, {"x": x})[graph.outputs[0].name]
    assert np.abs(load(tmp_path / "new.onnx").run(x) - ours).max() <= 0.02
