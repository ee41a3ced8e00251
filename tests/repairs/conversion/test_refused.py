"""Files that their runtime refuses are spelled so that it takes them, and answer as the source."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.misfit import watched
from netmend.repairs.conversion.study import repair_conversion

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

WEIGHT = np.random.default_rng(0).normal(size=(3, 2, 3, 3)).astype(np.float32)
TURNED = np.ascontiguousarray(WEIGHT.transpose(1, 0, 2, 3))


def saved(path, op, attributes, constants=None, version=17, kind=TensorProto.FLOAT, shape=(2, 9, 8)):
    constants = constants or {}
    graph = helper.make_graph(
        [helper.make_node(op, ["x", *constants], ["y"], name="it", **attributes)],
        "network",
        [helper.make_tensor_value_info("x", kind, ["rows", *shape])],
        [helper.make_value_info("y", helper.make_tensor_type_proto(kind, None))],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


CASES = {
    "padding by name with dilations": (
        ("Conv", {"pads": [2, 2, 2, 2], "dilations": [2, 2]}, {"w": WEIGHT}),
        ("Conv", {"auto_pad": "SAME_UPPER", "dilations": [2, 2]}, {"w": WEIGHT}),
    ),
    "padding that no window reaches": (
        ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 2]}),
        ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 2, 3]}),
    ),
    "negative padding of a transposed convolution": (
        ("ConvTranspose", {"strides": [4, 4], "output_padding": [1, 1]}, {"w": TURNED}),
        ("ConvTranspose", {"strides": [4, 4], "pads": [0, 0, -1, -1]}, {"w": TURNED}),
    ),
    "integers where real numbers are taken": (
        ("Clip", {}, {"low": np.array(-1), "high": np.array(4)}, 17, TensorProto.INT64),
        ("Clip", {"min": -1.0, "max": 4.0}, None, 9, TensorProto.INT64),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_is_refused_is_mended(tmp_path, name):
    source, target = (saved(tmp_path / f"{end}.onnx", *how) for end, how in zip("ab", CASES[name], strict=True))
    kind = "int64" if "integers" in name else "float32"
    values = 5 * np.random.default_rng(1).normal(size=(8, 2, 9, 8))
    np.savez(tmp_path / "inputs.npz", x=values.astype(kind))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    ((_, answer),) = found.observation.observed.examined.causes
    assert [cause.name for cause in answer.causes] == ["refused-operator"]
    fresh = (5 * np.random.default_rng(2).normal(size=(4, 2, 9, 8))).astype(kind)
    np.testing.assert_allclose(load(found.repaired).run(fresh), load(source).run(fresh), atol=1e-5)


def test_axes_that_are_no_neighbours_are_reversed_one_after_the_other(tmp_path):
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_graph import OPSET
    from netmend.network.backends._tflite_rewrite import written
    from netmend.network.graph import Graph, Node, Signature

    ends = (Signature("x", (None, 2, 9, 8), "float32"),), (Signature("y", (None, 2, 9, 8), "float32"),)
    rows = Node("h", "tflite:REVERSE_V2", ("x", "rows"), ("h",)), Node("y", "tflite:REVERSE_V2", ("h", "last"), ("y",))
    both = (Node("y", "tflite:REVERSE_V2", ("x", "both"), ("y",)),)
    held = {"rows": np.array([1], np.int32), "last": np.array([3], np.int32), "both": np.array([1, 3], np.int32)}
    source, target = tmp_path / "a.tflite", tmp_path / "b.tflite"
    for path, nodes in ((source, rows), (target, both)):
        read = {name: held[name] for node in nodes for name in node.inputs if name in held}
        path.write_bytes(written(Graph(nodes, read, *ends, OPSET)))
    np.savez(tmp_path / "inputs.npz", x=np.random.default_rng(1).normal(size=(8, 2, 9, 8)).astype(np.float32))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    ((_, answer),) = found.observation.observed.examined.causes
    assert [cause.name for cause in answer.causes] == ["refused-operator"]
    fresh = np.random.default_rng(2).normal(size=(4, 2, 9, 8)).astype(np.float32)
    np.testing.assert_array_equal(load(found.repaired).run(fresh), fresh[:, ::-1, :, ::-1])


def test_a_resize_that_is_not_taken_can_be_said_as_a_product_with_matrices():
    from netmend.network.edits import edited
    from netmend.network.graph import Graph, Node, Signature
    from netmend.repairs.conversion.faults._base import evaluated
    from netmend.repairs.conversion.faults._isolation import isolated

    node = Node("r", "Resize", ("x", "", "s"), ("y",), {"mode": "cubic", "antialias": 1})
    held = {"s": np.array([1, 1, 0.5, 0.3], np.float32)}
    ends = (Signature("x", (None, 2, 9, 8), "float32"),), (Signature("y", (None, 2, 4, 2), "float32"),)
    graph = Graph((node,), held, *ends, 18)
    rows = np.random.default_rng(0).normal(size=(4, 2, 9, 8))
    case = isolated(graph, Graph((Node("r", "Relu", ("x",), ("y",)),), {}, *ends, 18), {"x": rows})
    case = watched(replace(case, target=graph))
    found = [edited(graph, each.edits) for each in faults()["refused-operator"].value.alternatives(case)]
    assert all({node.op for node in each.nodes} == {"MatMul", "Transpose"} for each in found)
    right, *proposed = (evaluated(each, {"x": rows}, ["y"])["y"] for each in (graph, *found))
    assert any(np.allclose(each, right, rtol=0, atol=1e-6) for each in proposed)


def test_a_file_that_nothing_mends_is_said_not_to_run(tmp_path):
    source = saved(tmp_path / "a.onnx", "GlobalMaxPool", {})
    target = saved(tmp_path / "b.onnx", "GlobalMaxPool", {"no_such_attribute": 1})
    np.savez(tmp_path / "inputs.npz", x=np.random.default_rng(1).normal(size=(8, 2, 9, 8)).astype(np.float32))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    assert found.repaired is None and "does not run" in found.repairer.judgement.findings[0].message


def test_where_numbers_are_wrong_no_spelling_for_a_runtime_is_proposed():
    shown = {name for name, each in faults().items() if each.value.shows}
    assert "refused-operator" not in shown and {"padding", "unknown-operator"} <= shown
