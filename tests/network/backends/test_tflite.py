"""TFLite files: read one to one, run by LiteRT, written with the changed bytes only, and rewritten."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, Inexpressible, ModelsDisagree, UnsupportedModel, UsageError
from netmend.network.backends._base import Rewritable
from netmend.network.backends._tflite_file import read
from netmend.network.backends._tflite_graph import OPSET, graph_of
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, SetScheme, edited
from netmend.network.evaluate import as_tensor, forward, run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load
from netmend.network.quantisation import Scheme

pytest.importorskip("ai_edge_litert")

from netmend.network.backends._tflite_rewrite import packed, written

CONV = {"stride_h": 2, "stride_w": 2, "dilation_h_factor": 1, "dilation_w_factor": 1}
POOL = {"filter_height": 2, "filter_width": 2, "stride_h": 1, "stride_w": 1, "padding": "VALID"}


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(0, 0.5, shape).astype(np.float32)


def graph(rows=None):
    """A convolution of 7 x 9 pixels, a mean, a dense layer and softmax."""
    nodes = (
        Node("c", "tflite:CONV_2D", ("x", "k", "kb"), ("c",), {**CONV, "fused_activation_function": "RELU"}),
        Node("p", "tflite:AVERAGE_POOL_2D", ("c",), ("p",), POOL),
        Node("r", "tflite:RESHAPE", ("p", "s"), ("r",), {}),
        Node("f", "tflite:FULLY_CONNECTED", ("r", "w", "wb"), ("f",), {}),
        Node("y", "tflite:SOFTMAX", ("f",), ("y",), {"beta": 1.0}),
    )
    constants = {
        "k": numbers(4, 3, 3, 3), "kb": numbers(4), "s": np.array([rows or -1, 48], np.int32),
        "w": numbers(5, 48), "wb": numbers(5),
    }  # fmt: skip
    takes, gives = (Signature("x", (rows, 7, 9, 3), "float32"),), (Signature("y", (rows, 5), "float32"),)
    return Graph(nodes, constants, takes, gives, OPSET)


@pytest.fixture
def network(tmp_path):
    def make(of=None, name="net.tflite"):
        path = tmp_path / name
        path.write_bytes(written(of or graph()))
        return load(path)

    return make


X = numbers(3, 7, 9, 3)


def test_every_operator_is_a_node_with_the_names_and_options_of_the_file(network):
    net, made = network(), graph()
    assert [node.op for node in net.graph.nodes] == [node.op for node in made.nodes]
    assert net.graph.nodes[0].attributes.items() >= made.nodes[0].attributes.items()
    assert net.graph.nodes[0].attributes["padding"] == "SAME"
    assert net.graph.inputs == made.inputs and net.graph.outputs == made.outputs
    assert all(np.array_equal(net.graph.constants[name], value) for name, value in made.constants.items())
    assert isinstance(net, Rewritable)


@pytest.mark.parametrize("rows", [None, 1], ids=["any number of rows", "one row at a time"])
def test_it_answers_as_litert_does_for_any_number_of_rows(network, rows):
    net = network(graph(rows))
    own, ours = net.run(X), run(net.graph, {"x": X})
    np.testing.assert_allclose(own, ours["y"], atol=1e-6)
    assert set(net.outputs(X)) == {"y"}
    inner = net.inner(X)
    assert {name: value.shape for name, value in inner.items()} == {
        "c": (3, 4, 5, 4), "p": (3, 3, 4, 4), "r": (3, 48), "f": (3, 5), "y": (3, 5)
    }  # fmt: skip
    np.testing.assert_allclose(inner["y"], ours["y"], atol=1e-6)
    net.check(X)


ONE_ROW = {
    "a piece": ("tflite:SLICE", ([0, 2, 0], [1, 2, 3]), {}),
    "a piece with strides": ("tflite:STRIDED_SLICE", ([0, 3, 0], [1, 0, 3], [1, -2, 1]), {}),
}


@pytest.mark.parametrize("cut", ONE_ROW.values(), ids=ONE_ROW)
def test_pieces_of_the_one_row_that_a_file_takes_are_pieces_of_every_row(network, cut):
    op, numbers_of_it, options = cut
    held = {f"c{place}": np.array(each, np.int32) for place, each in enumerate(numbers_of_it)}
    takes, gives = (Signature("x", (1, 4, 3), "float32"),), (Signature("y", (1, 2, 3), "float32"),)
    net = network(Graph((Node("y", op, ("x", *held), ("y",), options),), held, takes, gives, OPSET))
    rows = numbers(3, 4, 3)
    expected = net.outputs(rows)["y"]
    assert expected.shape == (3, 2, 3)
    np.testing.assert_array_equal(run(net.graph, {"x": rows})["y"].astype(np.float32), expected)


def test_a_piece_of_an_axis_that_is_not_taken_whole_stays_one(network):
    held = {"begin": np.array([1, 0, 0], np.int32), "size": np.array([1, -1, 3], np.int32)}
    node = Node("y", "tflite:SLICE", ("x", "begin", "size"), ("y",))
    takes, gives = (Signature("x", (2, 4, 3), "float32"),), (Signature("y", (1, 4, 3), "float32"),)
    net = network(Graph((node,), held, takes, gives, OPSET))
    assert run(net.graph, {"x": numbers(2, 4, 3)})["y"].shape == (1, 4, 3)


def test_writing_changes_the_bytes_of_the_numbers_alone(network, tmp_path):
    net = network()
    changed = {"w": net.graph.constants["w"] + 1}
    net.write(tmp_path / "new.tflite", changed)
    before, after = net.path.read_bytes(), (tmp_path / "new.tflite").read_bytes()
    start = net.file.places["w"]
    assert len(before) == len(after)
    assert before[:start] == after[:start]
    assert before[start + changed["w"].nbytes :] == after[start + changed["w"].nbytes :]
    new = load(tmp_path / "new.tflite")
    assert np.array_equal(new.run(X), net.run(X, changed)) and new.digest() != net.digest()
    with pytest.raises(UsageError, match="was read"):
        net.write(net.path, {})


def test_writing_one_of_two_tensors_that_share_their_numbers_leaves_the_other(network, tmp_path):
    made = graph()
    made = replace(made, constants={**made.constants, "wb": numbers(5, seed=1), "kb": numbers(4, seed=1)})
    twice = replace(made, constants={**made.constants, "k2": made.constants["kb"]})
    both = ReplaceNodes((), (Node("b", "tflite:ADD", ("c", "k2"), ("c2",)),))
    net = network(edited(twice, [both, SetInput("p", 0, "c2")]))
    body = net.file.body
    body.tensors[net.file.names.index("k2")].buffer = body.tensors[net.file.names.index("kb")].buffer
    (tmp_path / "shared.tflite").write_bytes(packed(net.file.model))
    shared = load(tmp_path / "shared.tflite")
    shared.write(tmp_path / "new.tflite", {"k2": np.zeros(4, np.float32)})
    new = load(tmp_path / "new.tflite").graph.constants
    assert not new["k2"].any() and np.array_equal(new["kb"], made.constants["kb"])


ANOTHER = Node("a", "tflite:ADD", ("c", "extra"), ("a",), {"fused_activation_function": "RELU6"})
EDITS = {
    "an option": [SetAttribute("c", "padding", "VALID"), SetConstant("s", np.array([-1, 24], np.int32)),
                  SetConstant("w", numbers(5, 24))],
    "an activation": [SetAttribute("c", "fused_activation_function", None)],
    "a number": [SetAttribute("y", "beta", 0.5)],
    "a constant": [SetConstant("k", numbers(4, 3, 3, 3, seed=3))],
    "a constant of another shape": [SetConstant("k", numbers(4, 1, 2, 3))],
    "an input left out": [SetInput("f", 2, "")],
    "an operator inserted": [ReplaceNodes((), (ANOTHER,), {"extra": numbers(4)}), SetInput("p", 0, "a")],
    "an operator replaced": [ReplaceNodes(("y",), (Node("y", "tflite:LOGISTIC", ("f",), ("y",)),))],
    "an operator removed": [ReplaceNodes(("p",), ()), SetInput("r", 0, "c"), SetConstant("w", numbers(5, 80)),
                            SetConstant("s", np.array([-1, 80], np.int32))],
    "operators of another kind": [ReplaceNodes(("p",), (Node("p", "tflite:MAX_POOL_2D", ("c",), ("p",), POOL),))],
    "standard operators": [
        ReplaceNodes((), (Node("t", "Transpose", ("p",), ("t",), {"perm": [0, 3, 1, 2]}),
                          Node("q", "Clip", ("t", "low", "high"), ("q",))),
                     {"low": np.array(0.1, np.float32), "high": np.array(0.3, np.float32)}),
        SetInput("r", 0, "q"),
    ],
    "a pad put out": [
        ReplaceNodes((), (Node("z", "Pad", ("x", "pads"), ("z",)),), {"pads": np.array([0, 1, 1, 0, 0, 1, 1, 0])}),
        SetInput("c", 0, "z"), SetAttribute("c", "padding", "VALID"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("rows", [None, 1], ids=["any number of rows", "one row at a time"])
@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS)
def test_an_edited_graph_and_the_rewritten_file_answer_alike(network, tmp_path, edits, rows):
    net, new = network(graph(rows)), tmp_path / "new.tflite"
    net.rewrite(new, edits)
    expected = run(edited(net.graph, edits), {"x": X})["y"]
    assert np.abs(expected - run(net.graph, {"x": X})["y"]).max() > 1e-3 or edits is EDITS["a pad put out"]
    again = load(new)
    np.testing.assert_allclose(again.outputs(X)["y"], expected, atol=1e-6)
    np.testing.assert_allclose(again.inner(X)["y"], expected, atol=1e-6)
    again.check(X)


STANDARD = {
    "largest": [Node("t", "TopK", ("f", "two"), ("y", "places"))],
    "smallest, and where": [Node("t", "TopK", ("f", "two"), ("v", "places"), {"largest": 0}),
                            Node("c", "Cast", ("places",), ("y",), {"to": 1})],
    "rows that are one at a place": [Node("a", "Cast", ("f",), ("a",), {"to": 6}),
                                     Node("m", "Mod", ("a", "five"), ("m",)),
                                     Node("o", "OneHot", ("m", "five", "values"), ("y",), {"axis": -1})],
    "an axis more and less": [Node("u", "Unsqueeze", ("f", "middle"), ("u",)),
                              Node("s", "Squeeze", ("u", "middle"), ("y",))],
}  # fmt: skip


@pytest.mark.parametrize("rows", [None, 1], ids=["any number of rows", "one row at a time"])
@pytest.mark.parametrize("nodes", STANDARD.values(), ids=STANDARD)
def test_standard_operators_are_said_with_those_of_tflite(network, tmp_path, nodes, rows):
    net, new = network(graph(rows)), tmp_path / "new.tflite"
    held = {"two": np.array([2]), "five": np.array(5, np.int32), "middle": np.array([-2])}
    held["values"] = np.array([0.5, 2], np.float32)
    read = {name for node in nodes for name in node.inputs}
    edit = ReplaceNodes(("y",), tuple(nodes), {name: each for name, each in held.items() if name in read})
    net.rewrite(new, [SetConstant("w", 9 * numbers(5, 48)), edit])
    expected = run(edited(net.graph, [SetConstant("w", 9 * numbers(5, 48)), edit]), {"x": X})["y"]
    np.testing.assert_allclose(load(new).outputs(X)["y"], expected, atol=1e-5)


def test_an_operator_without_options_gets_those_that_an_edit_needs(network, tmp_path):
    from netmend.network.backends._tflite_schema import schema

    net = network()
    model = schema().ModelT.InitFromPackedBuf(net.path.read_bytes())
    reshape = model.subgraphs[0].operators[2]
    reshape.builtinOptions, reshape.builtinOptionsType = None, 0
    (tmp_path / "bare.tflite").write_bytes(packed(model))
    again = Node("r", "Reshape", ("p", "shape"), ("r",))
    edit = ReplaceNodes(("r",), (again,), {"shape": np.array([-1, 48])})
    load(tmp_path / "bare.tflite").rewrite(tmp_path / "new.tflite", [edit])
    np.testing.assert_allclose(load(tmp_path / "new.tflite").outputs(X)["y"], net.outputs(X)["y"], atol=1e-6)


def test_an_operator_that_the_runtime_does_not_know_leaves_no_trace_when_it_goes(network, tmp_path):
    """LiteRT refuses a file that lists such a kind, also where only the comparison of a sort that is gone was one."""
    from netmend.network.backends._tflite_schema import numbers_of, schema

    net, tables = network(), schema()
    model = tables.ModelT.InitFromPackedBuf(net.path.read_bytes())
    kind = numbers_of("BuiltinOperator")
    places = []
    for name in ("STABLEHLO_SORT", "STABLEHLO_COMPARE"):
        model.operatorCodes.append(tables.OperatorCodeT(127, None, 1, kind[name]))
        places.append(len(model.operatorCodes) - 1)
    last = model.subgraphs[0].operators[-1]
    last.opcodeIndex, last.builtinOptions, last.builtinOptionsType = places[0], None, 0
    last.builtinOptions2 = tables.StablehloSortOptionsT(1, True, 1)
    last.builtinOptions2Type = numbers_of("BuiltinOptions2")["StablehloSortOptions"]
    scalars = [tables.TensorT([], kind, 0, name.encode()) for name, kind in (("a", 0), ("b", 0), ("less", 6))]
    compared = tables.OperatorT(places[1], [0, 1], [2])
    model.subgraphs.append(tables.SubGraphT(scalars, [0, 1], [2], [compared], b"comparison"))
    (tmp_path / "sorts.tflite").write_bytes(packed(model))
    sorting = load(tmp_path / "sorts.tflite", partly=True)
    with pytest.raises(UnsupportedModel, match="STABLEHLO"):
        sorting.outputs(X)
    softmax = Node("y", "tflite:SOFTMAX", ("f",), ("y",), {"beta": 1.0})
    sorting.rewrite(tmp_path / "new.tflite", [ReplaceNodes(("y",), (softmax,))])
    np.testing.assert_allclose(load(tmp_path / "new.tflite").outputs(X)["y"], net.outputs(X)["y"], atol=1e-6)


def test_a_pad_in_front_of_a_convolution_without_padding_is_same_padding(network, tmp_path):
    net = network()
    net.rewrite(tmp_path / "new.tflite", EDITS["a pad put out"])
    np.testing.assert_allclose(load(tmp_path / "new.tflite").run(X), net.run(X), atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_together_survive_the_way_through_a_file(network, tmp_path, seed):
    choice = random.Random(seed)
    apart = [name for name in EDITS if not {"option", "removed", "input", "pad"} & set(name.split())]
    names = choice.sample(apart, 3)
    edits, touched = [], set()
    for each in (edit for name in names for edit in EDITS[name]):
        key = getattr(each, "node", getattr(each, "constant", ""))
        if not key or key not in touched:
            edits.append(each)
        touched.add(key)
    net = network()
    net.rewrite(tmp_path / "new.tflite", edits)
    expected = run(edited(net.graph, edits), {"x": X})["y"]
    np.testing.assert_allclose(load(tmp_path / "new.tflite").run(X), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (SetAttribute("c", "size", 3), "no option size"),
        (SetAttribute("c", "padding", "LOWER"), "no option padding"),
        (ReplaceNodes(("y",), (Node("y", "tflite:SOFTMIN", ("f",), ("y",)),)), "no operator SOFTMIN"),
        (ReplaceNodes(("y",), (Node("y", "Erf", ("f",), ("y",)),)), "Erf has no counterpart"),
        (ReplaceNodes(("y",), (Node("y", "Softmax", ("f",), ("y",), {"axis": 0}),)), "over the last axis"),
    ],
)
def test_what_tflite_cannot_say_is_refused(network, tmp_path, edit, says):
    with pytest.raises(Inexpressible, match=says):
        network().rewrite(tmp_path / "new.tflite", [edit])
    assert not (tmp_path / "new.tflite").exists()


def test_what_litert_does_not_accept_is_not_written(network, tmp_path):
    swap = ReplaceNodes(("y",), (Node("y", "tflite:EMBEDDING_LOOKUP", ("f", "f"), ("y",)),))
    with pytest.raises(Inexpressible):
        network().rewrite(tmp_path / "new.tflite", [swap])
    assert not (tmp_path / "new.tflite").exists()


def quantised():
    """A convolution on bytes."""
    pixels = Scheme(np.float32([1 / 64]), np.array([128]), "uint8")
    weights = Scheme(np.float32([0.01]), np.array([120]), "uint8")
    bias = Scheme(np.float32([0.01 / 64]), np.array([0]), "int32")
    answers = Scheme(np.float32([0.05]), np.array([100]), "uint8")
    node = Node("y", "tflite:CONV_2D", ("x", "k", "kb"), ("y",), CONV)
    constants = {"k": weights.codes(numbers(4, 3, 3, 3)), "kb": bias.codes(numbers(4))}
    takes, gives = (Signature("x", (1, 7, 9, 3), "uint8"),), (Signature("y", (1, 4, 5, 4), "uint8"),)
    return Graph((node,), constants, takes, gives, OPSET, {"x": pixels, "k": weights, "kb": bias, "y": answers})


def test_integers_are_shown_as_the_real_numbers_that_they_stand_for(network, tmp_path):
    net = network(quantised())
    codes = net.graph.quantisation["x"].codes(X)
    assert np.array_equal(net.run(codes), net.run(X))
    assert np.abs(net.run(X) - run(net.graph, {"x": codes})["y"]).max() <= 0.0501
    net.check(X)
    wider = replace(net.graph.quantisation["y"], scale=np.float32([0.1]))
    pool = Node("p", "tflite:AVERAGE_POOL_2D", ("y0",), ("y",), POOL)
    conv = replace(net.graph.nodes[0], outputs=("y0",))
    edits = [SetScheme("y", wider), ReplaceNodes(("y",), (conv, pool), {}, {"y0": wider})]
    net.rewrite(tmp_path / "new.tflite", edits)
    new = load(tmp_path / "new.tflite")
    assert new.graph.quantisation["y0"].scale == wider.scale
    assert np.abs(new.run(X) - run(edited(net.graph, edits), {"x": codes})["y"]).max() <= 0.101
    new.check(X)


def test_a_graph_that_is_not_the_network_is_found(network):
    net = network(quantised())
    net.graph = edited(net.graph, [SetAttribute("y", "fused_activation_function", "RELU")])
    with pytest.raises(ModelsDisagree, match="CONV_2D"):
        net.check(X)


def test_labels_that_are_packed_behind_the_network_are_kept(network, tmp_path):
    import zipfile

    net = network()
    with zipfile.ZipFile(net.path, "a") as archive:
        archive.writestr("labels.txt", "cat\ndog\n")
    load(net.path).rewrite(tmp_path / "new.tflite", EDITS["a number"])
    with zipfile.ZipFile(tmp_path / "new.tflite") as archive:
        assert archive.read("labels.txt") == b"cat\ndog\n"
    assert load(tmp_path / "new.tflite").run(X).shape == (3, 5)


def test_a_damaged_file_is_refused_or_read_but_never_crashes():
    whole, refused = written(graph()), 0
    for seed in range(300):
        choice, data = random.Random(seed), bytearray(whole)
        if seed % 4 == 0:
            data = data[: choice.randrange(len(data))]
        for _ in range(1 + seed % 5):
            place = choice.randrange(max(1, len(data) - 4))
            data[place : place + 4] = choice.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", choice.randbytes(4), b"\1"])
        try:
            graph_of(read(bytes(data), "damaged"))
        except (BrokenFile, UnsupportedModel):
            refused += 1
    assert 100 < refused < 300


def test_a_file_that_names_one_table_a_million_times_is_refused(tmp_path):
    import struct

    data = bytearray(written(graph()))
    from ai_edge_litert.schema_py_generated import Model

    body = Model.GetRootAs(bytes(data)).Subgraphs(0)
    start = body._tab.Vector(body._tab.Offset(4)) - 4
    data[start : start + 4] = struct.pack("<I", 500)
    (tmp_path / "bomb.tflite").write_bytes(data)
    with pytest.raises(BrokenFile):
        load(tmp_path / "bomb.tflite")


def sums(zero=(0, 0), scale=0.1, types=("int8", "int8", "int8")):
    """A sum of two inputs in integers."""
    grids = {
        name: Scheme(np.float32([size]), np.array([point]), dtype)
        for name, size, point, dtype in zip("aby", (0.1, 0.1, scale), (*zero, 0), types, strict=True)
        if dtype != "float32"
    }
    takes = tuple(Signature(name, (None, 3), dtype) for name, dtype in zip("ab", types[:2], strict=True))
    node = Node("y", "tflite:ADD", ("a", "b"), ("y",), {})
    return Graph((node,), {}, takes, (Signature("y", (None, 3), types[2]),), OPSET, grids)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (sums(zero=(0, 300)), "scales that do not fit"),
        (sums(scale=1e-9), "far finer"),
        (sums(types=("int8", "int8", "float32")), "real numbers from integers"),
        (replace(sums(), quantisation={}), "without a scale"),
    ],
)
def test_files_that_would_end_the_process_in_litert_are_refused(made, says, network):
    with pytest.raises(BrokenFile, match=says):
        network(made)


def test_a_few_bytes_cannot_ask_for_any_amount_of_memory(network):
    around = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    pads = ReplaceNodes((), (Node("z", "tflite:PAD", ("x", "pads"), ("z",)),), {"pads": around})
    flat = [SetConstant("s", np.array([-1, 80], np.int32)), SetConstant("w", numbers(5, 80))]
    net = network(edited(graph(), [pads, SetInput("c", 0, "z"), *flat]))
    data = bytearray(net.path.read_bytes())
    start = net.file.places["pads"]
    data[start : start + around.nbytes] = (around * 2**20).tobytes()
    net.path.write_bytes(data)
    with pytest.raises(BrokenFile, match="PAD asks for"):
        load(net.path)


def test_an_operator_without_an_input_that_it_needs_is_refused(network):
    net = network(sums())
    net.file.body.operators[0].inputs = [0, -1]
    net.path.write_bytes(packed(net.file.model))
    with pytest.raises(BrokenFile, match="lacks an input"):
        load(net.path)


@pytest.mark.parametrize("name", ["mobilenet_v1_0.25_128_quant.tflite", "mobilenet_v2_1.0_224_quant.tflite"])
def test_a_real_network_answers_node_by_node_as_litert_does(real, name, tmp_path):
    net = load(real(name))
    size = net.graph.inputs[0].shape[1]
    images = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    net.check(images)
    net.rewrite(tmp_path / "new.tflite", [])
    assert np.array_equal(load(tmp_path / "new.tflite").run(images), net.run(images))


STORED = sorted((Path(__file__).parent / "data").glob("*.tflite"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_what_tensorflow_converts_is_evaluated_as_litert_does(path, tmp_path):
    net = load(path)
    (signature,) = net.graph.inputs
    shape = (3, *signature.shape[1:])
    choice = np.random.default_rng(0)
    x = choice.uniform(-1, 1, shape).astype(np.float32) if net.graph.quantisation else numbers(*shape)
    net.check(x)
    own, ours = net.inner(x), run(net.graph, {signature.name: x})
    output = net.graph.outputs[0].name
    assert own[output].shape == ours[output].shape == (3, *own[output].shape[1:])
    if not net.quantised and "dynamic" not in path.stem:
        np.testing.assert_allclose(own[output], ours[output], atol=1e-5)
    net.rewrite(tmp_path / "new.tflite", [])
    assert np.array_equal(load(tmp_path / "new.tflite").run(x), net.run(x))


def test_inputs_that_litert_quantises_as_it_goes_are_quantised_alike():
    net = load(next(path for path in STORED if path.stem == "wide_dynamic"))
    x = numbers(2, 8, 8, 16)
    own = {**net.inner(x), net.graph.inputs[0].name: x}
    hybrid = 0
    for node in net.graph.nodes:
        feeds = {name: own[name] for name in node.inputs if name in own}
        ours = run_node(net.graph, feeds, node.outputs[0])
        largest = np.abs(ours).max()
        assert np.abs(ours - own[node.outputs[0]]).max() <= 1e-5 * largest
        if len(node.inputs) > 1 and node.inputs[1] in net.graph.quantisation:
            # Without that the difference would be far larger.
            plain = replace(net.graph, constants={**net.graph.constants}, quantisation={})
            scheme = net.graph.quantisation[node.inputs[1]]
            plain.constants[node.inputs[1]] = scheme.values(net.graph.constants[node.inputs[1]])
            assert np.abs(run_node(plain, feeds, node.outputs[0]) - own[node.outputs[0]]).max() > 1e-4 * largest
            hybrid += 1
    assert hybrid == 3


def run_node(graph, feeds, output):
    return forward(graph, {name: as_tensor(value) for name, value in feeds.items()}, keep=[output])[output].numpy()


def test_what_ends_the_runtime_s_process_is_refused_before_it_runs(network):
    node = Node("y", "tflite:DEPTHWISE_CONV_2D", ("x", "k"), ("y",), {**CONV, "depth_multiplier": 1})
    takes, gives = (Signature("x", (None, 7, 9, 3), "float32"),), (Signature("y", (None, 3, 4, 3), "float32"),)
    found = network(Graph((node,), {"k": numbers(1, 3, 3, 3)}, takes, gives, OPSET))
    with pytest.raises(UnsupportedModel, match="depthwise convolution without a bias"):
        found.run(X)
    with pytest.raises(UnsupportedModel):
        found.inner({"x": X})
    plain = found.outputs({"x": X}, kernels="reference")["y"]
    np.testing.assert_allclose(plain, run(found.graph, {"x": X})["y"], rtol=1e-5, atol=1e-5)
