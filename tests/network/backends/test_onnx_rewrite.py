"""ONNX files with edits: the rewritten file answers in ONNX Runtime as the edited graph does, and the rest is kept."""

import random

import numpy as np
import pytest

from netmend.core.errors import Inexpressible, UsageError
from netmend.network.backends._base import Rewritable
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, edited
from netmend.network.evaluate import run
from netmend.network.graph import Node
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(0, 0.5, shape).astype(np.float32)


X = numbers(3, 2, 7, 6)


@pytest.fixture
def small(onnx_file):
    """A convolution, a pool, a dense layer."""

    def make(rows=None, opset=18, **options):
        nodes = [
            ("Conv", ["x", "k", "kb"], ["c"], {"strides": [2, 1], "pads": [1, 0, 1, 2], "name": "first"}),
            ("Relu", ["c"], ["a"]),
            ("AveragePool", ["a"], ["p"], {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0]}),
            ("Reshape", ["p", "s"], ["r"]),
            ("Gemm", ["r", "w", "wb"], ["f"], {"transB": 1}),
            ("Softmax", ["f"], ["y"], {"axis": -1}),
        ]
        constants = {
            "k": numbers(4, 2, 3, 3), "kb": numbers(4), "s": np.array([rows or -1, 96], np.int64),
            "w": numbers(5, 96), "wb": numbers(5),
        }  # fmt: skip
        return onnx_file(nodes, {"x": [rows, 2, 7, 6]}, {"y": [rows, 5]}, constants, opset=opset, **options)

    return make


EDITS = {
    "a number": [SetAttribute("f", "alpha", 0.5)],
    "an attribute": [SetAttribute("p", "count_include_pad", 1)],
    "an attribute that goes": [SetAttribute("c", "strides", None), SetConstant("w", numbers(5, 168)),
                               SetConstant("s", np.array([-1, 168]))],
    "pads": [SetAttribute("c", "pads", [0, 0, 2, 2])],
    "a constant": [SetConstant("k", numbers(4, 2, 3, 3, seed=2).astype(np.float64))],
    "an input left out": [SetInput("f", 2, "")],
    "a node inserted": [ReplaceNodes((), (Node("e", "Add", ("a", "extra"), ("e",)),), {"extra": numbers(4, 1, 1)}),
                        SetInput("p", 0, "e")],
    "a node replaced": [ReplaceNodes(("a",), (Node("a", "LeakyRelu", ("c",), ("a",), {"alpha": 0.2}),))],
    "a node removed": [ReplaceNodes(("a",), ()), SetInput("p", 0, "c")],
    "an output of another shape": [ReplaceNodes(("y",), (Node("g", "Unsqueeze", ("f", "axes"), ("y",)),),
                                                {"axes": np.array([1])})],
}  # fmt: skip


@pytest.mark.parametrize("rows", [None, 1], ids=["any number of rows", "one row at a time"])
@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS)
def test_an_edited_graph_and_the_rewritten_file_answer_alike(small, tmp_path, edits, rows):
    network = load(small(rows))
    if rows and edits is EDITS["an attribute that goes"]:
        edits = [each for each in edits if not isinstance(each, SetConstant) or each.constant != "s"]
        edits.append(SetConstant(network.graph.nodes[3].inputs[1], np.array([-1, 168])))
    network.rewrite(tmp_path / "new.onnx", edits)
    expected = run(edited(network.graph, edits), {"x": X})["y"]
    again = load(tmp_path / "new.onnx")
    np.testing.assert_allclose(again.outputs(X)["y"], expected, atol=1e-6)
    again.check(X)
    assert expected.shape != (3, 5) or np.abs(expected - run(network.graph, {"x": X})["y"]).max() > 1e-4
    onnx.checker.check_model(tmp_path / "new.onnx", full_check=True)
    assert isinstance(network, Rewritable)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_together_survive_the_way_through_a_file(small, tmp_path, seed):
    names = [name for name in EDITS if name not in ("an attribute that goes", "a node removed")]
    edits = [edit for name in random.Random(seed).sample(names, 3) for edit in EDITS[name]]
    network = load(small())
    network.rewrite(tmp_path / "new.onnx", edits)
    expected = run(edited(network.graph, edits), {"x": X})["y"]
    np.testing.assert_allclose(load(tmp_path / "new.onnx").run(X), expected, atol=1e-6)


def test_everything_else_in_the_file_is_kept(small, tmp_path):
    path = small()
    model = onnx.load(path)
    model.producer_name, model.graph.doc_string = "somebody", "what it is for"
    model.metadata_props.add(key="labels", value="cat,dog")
    model.graph.value_info.append(onnx.helper.make_tensor_value_info("c", 1, [None, 4, 4, 6]))
    model.graph.value_info.append(onnx.helper.make_tensor_value_info("f", 1, [None, 5]))
    unknown = b"\xfa\x3f\x03abc"  # field 1023, which no version of ONNX has
    path.write_bytes(model.SerializeToString() + unknown)
    network = load(path)
    network.rewrite(tmp_path / "new.onnx", EDITS["a node inserted"])
    new = onnx.load(tmp_path / "new.onnx")
    assert (new.producer_name, new.graph.doc_string) == ("somebody", "what it is for")
    assert [(each.key, each.value) for each in new.metadata_props] == [("labels", "cat,dog")]
    assert new.graph.node[0].name == "first"
    assert unknown in (tmp_path / "new.onnx").read_bytes()
    # Shapes that were written down are kept before the change, and forgotten after it.
    assert [each.name for each in new.graph.value_info] == ["c"]
    network.rewrite(tmp_path / "same.onnx", [])
    assert onnx.load(tmp_path / "same.onnx") == onnx.load(path)


def test_numbers_in_a_file_beside_the_network_stay_there(small, tmp_path):
    model = onnx.load(small())
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "net.onnx"
    onnx.save(model, path, save_as_external_data=True, location="net.data", size_threshold=100)
    network = load(path)
    edits = [SetConstant("w", network.graph.constants["w"] * 2), *EDITS["a node inserted"]]
    network.rewrite(tmp_path / "new.onnx", edits)
    assert (tmp_path / "net.data").stat().st_size == (tmp_path / "in" / "net.data").stat().st_size
    expected = run(edited(network.graph, edits), {"x": X})["y"]
    np.testing.assert_allclose(load(tmp_path / "new.onnx").run(X), expected, atol=1e-6)
    with pytest.raises(UsageError, match="was read"):
        network.rewrite(tmp_path / "in" / "other.onnx", edits)


def test_constants_of_nodes_are_changed_where_they_are(small, tmp_path):
    model = onnx.load(small())
    stored = list(model.graph.initializer)
    del model.graph.initializer[:]
    for each in stored:
        model.graph.node.insert(0, onnx.helper.make_node("Constant", [], [each.name], value=each))
    (tmp_path / "nodes.onnx").write_bytes(model.SerializeToString())
    network = load(tmp_path / "nodes.onnx")
    for name in ("a constant", "a node inserted", "an input left out"):
        network.rewrite(tmp_path / "new.onnx", EDITS[name])
        expected = run(edited(network.graph, EDITS[name]), {"x": X})["y"]
        np.testing.assert_allclose(load(tmp_path / "new.onnx").run(X), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (SetAttribute("c", "size", 3), "no attribute size"),
        (SetAttribute("c", "group", "many"), "cannot have group"),
        (ReplaceNodes(("y",), (Node("y", "LayerNormalization", ("f", "wb"), ("y",)),)), "begins with version 17"),
    ],
)
def test_what_onnx_cannot_say_is_refused(small, tmp_path, edit, says):
    with pytest.raises(Inexpressible, match=says):
        load(small(opset=13)).rewrite(tmp_path / "new.onnx", [edit])
    assert not (tmp_path / "new.onnx").exists()


def test_what_onnx_runtime_does_not_accept_is_not_written(small, tmp_path):
    of_integers = [SetConstant("wb", numbers(5)), ReplaceNodes(("y",), (Node("y", "And", ("f", "f"), ("y",)),))]
    for edits in ([SetConstant("kb", np.zeros(9))], of_integers):
        with pytest.raises(Inexpressible, match=r"none to ONNX Runtime|cannot be computed"):
            load(small()).rewrite(tmp_path / "new.onnx", edits)
    assert not (tmp_path / "new.onnx").exists()


@pytest.mark.parametrize("name", ["squeezenet1_1_imagenet.onnx", "mobilenet_v1_0.25_128.onnx"])
def test_a_real_network_with_an_edit_answers_as_its_edited_graph(real, tmp_path, name):
    network = load(real(name))
    (signature,) = network.graph.inputs
    x = np.random.default_rng(0).uniform(-1, 1, (1, *signature.shape[1:])).astype(np.float32)
    conv = next(node for node in network.graph.nodes if node.op == "Conv" and node.attributes.get("pads"))
    edits = [SetConstant(conv.inputs[1], network.graph.constants[conv.inputs[1]][:, ::-1] * 1.5)]
    network.rewrite(tmp_path / "new.onnx", edits)
    new, output = load(tmp_path / "new.onnx"), network.graph.outputs[0].name
    expected = run(edited(network.graph, edits), {signature.name: x})[output]
    np.testing.assert_allclose(new.run(x), expected, atol=1e-4 * np.abs(expected).max())
