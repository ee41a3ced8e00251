"""SavedModels: TensorFlow, our evaluation and what is written say the same, and nothing of a file is run to read it."""

import shutil
import sys

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, EnvironmentFault, Inexpressible, UnsupportedModel, UsageError
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, edited
from netmend.network.evaluate import as_tensor, forward, run
from netmend.network.graph import Node
from netmend.network.load import load

X = np.random.default_rng(0).normal(size=(5, 12, 12, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def tf():
    pytest.importorskip("tensorflow")
    from netmend.network.backends._saved_model_file import tensorflow

    return tensorflow()


def drawn(*shape):
    return np.random.default_rng(sum(shape)).normal(scale=0.4, size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def saved(tf, tmp_path_factory):
    """A network of convolutions behind two functions, one within the other."""

    class Net(tf.Module):
        def __init__(self):
            self.kernel, self.bias = tf.Variable(drawn(3, 3, 3, 4)), tf.Variable(drawn(4))
            self.gamma, self.beta = tf.Variable(drawn(4)), tf.Variable(drawn(4))
            self.deep, self.dense = tf.Variable(drawn(3, 3, 4, 2)), tf.Variable(drawn(8, 6))
            self.other = tf.Variable(drawn(2))

        @tf.function
        def features(self, x):
            x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel, 2, "SAME", name="first"), self.bias)
            x = tf.nn.relu(x, name="rectified")
            x = tf.raw_ops.FusedBatchNormV3(
                x=x, scale=self.gamma, offset=self.beta, mean=drawn(4), variance=np.full(4, 2.0, np.float32),
                epsilon=0.1, is_training=False, name="normal",
            )[0]  # fmt: skip
            return tf.nn.depthwise_conv2d(x, self.deep, [1, 1, 1, 1], [[0, 0], [1, 0], [0, 1], [0, 0]], name="deep")

        @tf.function(input_signature=[tf.TensorSpec([None, 12, 12, 3], tf.float32, name="images")])
        def answer(self, images):
            x = tf.nn.max_pool2d(self.features(images), 2, 2, "VALID", name="largest")
            a, b = tf.split(tf.reduce_mean(x, [1, 2]), 2, -1, name="halves")
            x = tf.concat([b, a], -1)
            return {"scores": tf.nn.softmax(tf.matmul(x, self.dense, name="product"), name="shares")}

    net = Net()
    path = tmp_path_factory.mktemp("tf") / "net"
    tf.saved_model.save(net, str(path), signatures=net.answer)
    return path


@pytest.fixture(scope="module")
def network(saved):
    return load(saved)


def names(network, op):
    return [node.outputs[0] for node in network.graph.nodes if node.op == f"tflite:{op}"]


def test_a_signature_is_read_and_says_what_tensorflow_says(tf, saved, network):
    network.check(X)
    theirs = tf.saved_model.load(str(saved)).signatures["serving_default"](tf.constant(X))["scores"].numpy()
    np.testing.assert_allclose(network.run(X), theirs, rtol=1e-5, atol=1e-6)
    assert [each.name for each in network.graph.inputs] == ["images"]
    assert network.graph.inputs[0].shape == (None, 12, 12, 3)
    assert load(saved / "saved_model.pb").digest() == network.digest()


def test_inner_tensors_are_those_of_the_evaluation(network):
    inner = network.inner(X)
    assert {"first", "rectified", "normal", "deep", "halves", "halves:1", "shares"} <= inner.keys()
    ours = forward(network.graph, {"images": as_tensor(X)}, keep="all")
    for name, value in inner.items():
        np.testing.assert_allclose(value, ours[name].numpy(), rtol=1e-3, atol=1e-4, err_msg=name)


def edits(network):
    """By name: edits of every kind that a file can be told in another way."""
    graph = network.graph
    kernel, deep = (next(name for name in graph.constants if name.endswith(each)) for each in ("/OHWI", "/1HWO"))
    return {
        "weights": [SetConstant(kernel, graph.constants[kernel][..., ::-1])],
        "weights of a depthwise convolution": [SetConstant(deep, graph.constants[deep][:, ::-1])],
        "a setting of one node that is several here": [SetConstant("normal (epsilon)", np.float32(2.0))],
        "explicit padding": [SetConstant("deep (explicit_paddings)", np.array([[0, 0], [0, 1], [1, 0], [0, 0]]))],
        "strides and padding": [
            SetAttribute("first", "stride_h", 1), SetAttribute("first", "stride_w", 1),
            SetAttribute("first", "padding", "VALID"),
        ],
        "a fused activation": [SetAttribute("first", "fused_activation_function", "RELU6")],
        "another operator": [
            ReplaceNodes(
                ("rectified",), (Node("r", "tflite:TANH", graph_inputs(network, "rectified"), ("rectified",)),)
            )
        ],
        "one operator less": [
            SetInput(reader, 0, graph_inputs(network, "rectified")[0]) for reader in readers(network, "rectified")
        ] + [ReplaceNodes(("rectified",), ())],
        "an operator before the first": [
            ReplaceNodes((), (Node("t", "Transpose", ("images",), ("turned",), {"perm": (0, 2, 1, 3)}),)),
            SetInput("first", 0, "turned"),
        ],
        "a factor before the first": [
            ReplaceNodes((), (Node("m", "Mul", ("images", "two"), ("twice",)),), {"two": np.float32(2)}),
            SetInput("first", 0, "twice"),
        ],
        "the output": [
            ReplaceNodes(("shares",), (Node("s", "tflite:LOG_SOFTMAX", graph_inputs(network, "shares"), ("shares",)),))
        ],
        "one of two outputs of a node": [
            ReplaceNodes((), (Node("n", "tflite:NEG", ("halves:1",), ("minus",)),)),
            SetInput(names(network, "CONCATENATION")[0], 0, "minus"),
        ],
        "weights and structure at once": [
            SetConstant(kernel, graph.constants[kernel] * 2), SetAttribute("first", "padding", "VALID"),
        ],
    }  # fmt: skip


def graph_inputs(network, name):
    return network.graph.producer(name).inputs


def readers(network, name):
    return [node.outputs[0] for node in network.graph.users(name)]


CASES = (
    "weights", "weights of a depthwise convolution", "a setting of one node that is several here",
    "explicit padding", "strides and padding", "a fused activation", "another operator", "one operator less",
    "an operator before the first", "a factor before the first", "the output", "one of two outputs of a node",
    "weights and structure at once",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_what_was_edited(saved, network, tmp_path, case):
    asked = edits(network)[case]
    before = network.digest()
    network.rewrite(tmp_path / "out", asked)
    expected = run(edited(network.graph, asked), {"images": X})["shares"]
    again = load(tmp_path / "out")
    again.check(X)
    np.testing.assert_allclose(again.run(X), expected, rtol=1e-4, atol=1e-6)
    assert np.abs(expected - network.run(X)).max() > 1e-4, "the edit shows"
    assert load(saved).digest() == before, "the user's files are as they were"


def test_what_no_edit_touches_stays_as_it_was(saved, network, tmp_path):
    network.rewrite(tmp_path / "out", [])
    for file in saved.rglob("*"):
        if file.is_file():
            assert (tmp_path / "out" / file.relative_to(saved)).read_bytes() == file.read_bytes()
    network.rewrite(tmp_path / "out", edits(network)["weights"])
    assert (tmp_path / "out" / "saved_model.pb").read_bytes() == (saved / "saved_model.pb").read_bytes()
    kernel = next(name for name in network.graph.constants if name.endswith("/OHWI"))
    for name, value in load(tmp_path / "out").graph.constants.items():
        assert (name == kernel) != np.array_equal(value, network.graph.constants[name])


def test_other_numbers_can_be_tried_without_writing(network):
    name = next(name for name in network.graph.constants if name.endswith("/1HWO"))
    value = network.graph.constants[name] * 3
    expected = run(network.graph.with_constants({name: value}), {"images": X})["shares"]
    np.testing.assert_allclose(network.run(X, {name: value}), expected, rtol=1e-4, atol=1e-6)


def test_the_older_form_without_functions_is_read_and_written(tf, tmp_path):
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 4], "rows")
        w = tf.compat.v1.get_variable("w", initializer=drawn(4, 3), use_resource=False)
        b = tf.compat.v1.get_variable("b", initializer=drawn(3), use_resource=True)
        y = tf.identity(tf.nn.relu(tf.matmul(x, w) + b, name="rectified"), "out")
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.saved_model.simple_save(session, str(tmp_path / "old"), {"rows": x}, {"out": y})
    network, rows = load(tmp_path / "old"), drawn(6, 4)
    network.check(rows)
    changes = [SetConstant("w", network.graph.constants["w"] * 2)]
    node = network.graph.nodes[-1]
    changes.append(ReplaceNodes(("rectified",), (Node("t", "tflite:TANH", node.inputs, ("rectified",)),)))
    network.rewrite(tmp_path / "new", changes)
    expected = run(edited(network.graph, changes), {"rows": rows})["rectified"]
    np.testing.assert_allclose(load(tmp_path / "new").run(rows), expected, rtol=1e-5, atol=1e-6)


def test_rows_are_given_as_many_at_once_as_the_signature_takes(tf, tmp_path):
    class One(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float32, name="x")])
        def answer(self, x):
            return tf.nn.relu(x)

    net = One()
    tf.saved_model.save(net, str(tmp_path / "one"), signatures=net.answer)
    rows = drawn(5, 3)
    np.testing.assert_array_equal(load(tmp_path / "one").run(rows), np.maximum(rows, 0))


def test_a_function_that_is_called_twice_is_not_changed_for_both(tf, tmp_path):
    class Twice(tf.Module):
        @tf.function
        def step(self, x):
            return tf.nn.relu(x * 0.5 - 0.1, name="rectified")

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def answer(self, x):
            return tf.nn.tanh(self.step(self.step(x) + 1.0), name="last")

    net = Twice()
    tf.saved_model.save(net, str(tmp_path / "twice"), signatures=net.answer)
    network = load(tmp_path / "twice")
    network.check(drawn(4, 3))
    first = network.graph.producer(names(network, "RELU")[0])
    with pytest.raises(Inexpressible, match="called several times"):
        network.rewrite(
            tmp_path / "out", [ReplaceNodes(first.outputs, (Node("t", "tflite:TANH", first.inputs, first.outputs),))]
        )
    assert not (tmp_path / "out").exists()


# --- what is refused --------------------------------------------------------------------------------------------------


def test_without_tensorflow_it_is_said_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(EnvironmentFault, match="tensorflow is needed") as raised:
        load(tmp_path)
    assert "netmend[tensorflow]" in raised.value.hint


def test_an_unknown_operator_is_named(tf, tmp_path):
    class Looping(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def answer(self, x):
            return tf.while_loop(lambda i, x: tf.reduce_sum(x) < 9, lambda i, x: (i + 1, x * 2), (0, x))[1]

    net = Looping()
    tf.saved_model.save(net, str(tmp_path / "loop"), signatures=net.answer)
    with pytest.raises(UnsupportedModel, match=r"operator (Stateless)?While of TensorFlow") as raised:
        load(tmp_path / "loop")
    assert "TFLiteConverter" in raised.value.hint


@pytest.fixture
def changed(tf, saved, tmp_path):
    """A copy of the network with a changed `saved_model.pb`."""
    from tensorflow.core.protobuf import saved_model_pb2

    def change(how):
        shutil.copytree(saved, tmp_path / "changed")
        file = tmp_path / "changed" / "saved_model.pb"
        proto = saved_model_pb2.SavedModel.FromString(file.read_bytes())
        how(proto.meta_graphs[0])
        file.write_bytes(proto.SerializeToString())
        return tmp_path / "changed"

    return change


def test_nothing_is_run_that_writes_files_when_a_model_is_loaded(changed, tmp_path, tf):
    def at_the_start(meta):
        for name, text in (("where", str(tmp_path / "written")), ("what", "x")):
            node = meta.graph_def.node.add(op="Const", name=name)
            node.attr["dtype"].type = 7
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(text))
        meta.graph_def.node.add(op="WriteFile", name="hostile", input=["where", "what"])
        meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "hostile"

    with pytest.raises(UnsupportedModel, match="runs WriteFile when it is loaded"):
        load(changed(at_the_start))
    assert not (tmp_path / "written").exists()


def test_nothing_is_run_that_restores_by_anything_but_reading(changed):
    def restoring(meta):
        meta.graph_def.node.add(op="ReadFile", name="hostile", input=[meta.saver_def.filename_tensor_name])
        meta.saver_def.restore_op_name = "hostile"

    with pytest.raises(UnsupportedModel, match="restores its variables by ReadFile"):
        load(changed(restoring))


def test_what_restores_is_looked_at_even_where_the_signature_reads_no_variable(tf, tmp_path):
    from tensorflow.core.protobuf import saved_model_pb2

    class Plain(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def answer(self, x):
            return tf.nn.relu(x)

    net = Plain()
    tf.saved_model.save(net, str(tmp_path / "plain"), signatures=net.answer)
    file = tmp_path / "plain" / "saved_model.pb"
    proto = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    meta = proto.meta_graphs[0]
    meta.graph_def.node.add(op="ReadFile", name="hostile", input=[meta.saver_def.filename_tensor_name])
    meta.saver_def.restore_op_name = "hostile"
    file.write_bytes(proto.SerializeToString())
    with pytest.raises(UnsupportedModel, match="restores its variables by ReadFile"):
        load(tmp_path / "plain")


def test_a_signature_has_to_be_there_and_the_only_one(changed):
    def several(meta):
        meta.signature_def["other"].CopyFrom(meta.signature_def["serving_default"])
        meta.signature_def["third"].CopyFrom(meta.signature_def["serving_default"])
        del meta.signature_def["serving_default"]

    with pytest.raises(UnsupportedModel, match="2 signatures: other, third"):
        load(changed(several))


@pytest.mark.parametrize("damage", ["cut", "empty", "variables", "node"])
def test_damaged_files_are_said_to_be(changed, damage):
    def without_a_node(meta):
        for body in (each.node_def for each in meta.graph_def.library.function):
            for place in reversed(range(len(body))):
                if body[place].op == "Relu":
                    del body[place]

    path = changed(without_a_node if damage == "node" else lambda meta: None)
    file = path / "saved_model.pb"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[: len(file.read_bytes()) // 2])
    if damage == "empty":
        file.write_bytes(b"")
    if damage == "variables":
        data = path / "variables" / "variables.data-00000-of-00001"
        data.write_bytes(data.read_bytes()[:40])
    with pytest.raises(BrokenFile, match=r"damaged|empty|cannot be read"):
        load(path)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(saved, tmp_path, tf):
    shutil.copytree(saved, tmp_path / "linked")
    file = tmp_path / "linked" / "variables" / "variables.index"
    file.unlink()
    file.symlink_to(saved / "variables" / "variables.index")
    with pytest.raises(BrokenFile, match="leads out"):
        load(tmp_path / "linked")


def test_a_folder_with_other_things_is_not_written_into(network, saved, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else"):
        network.rewrite(tmp_path, [])
    with pytest.raises(UsageError, match="was read"):
        network.rewrite(saved, [])
    assert (tmp_path / "mine.txt").read_text() == "mine"
