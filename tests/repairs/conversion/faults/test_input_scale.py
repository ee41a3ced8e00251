"""A network that answers yes or no, whose input is scaled otherwise."""

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import repair_conversion

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402


def saved(path, scale):
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "scale"], ["scaled"]),
            helper.make_node("Greater", ["scaled", "limit"], ["y"], name="above"),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 7])],
        [helper.make_tensor_value_info("y", TensorProto.BOOL, ["rows", 7])],
        [onnx.numpy_helper.from_array(np.float32(value), name) for name, value in (("scale", scale), ("limit", 0.5))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_it_is_mended(tmp_path):
    source, target = saved(tmp_path / "a.onnx", 1.0), saved(tmp_path / "b.onnx", 0.25)
    np.savez(tmp_path / "inputs.npz", x=np.random.default_rng(1).normal(size=(32, 7)).astype(np.float32))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    fresh = np.random.default_rng(2).normal(size=(64, 7)).astype(np.float32)
    assert (load(found.repaired).run(fresh) == load(source).run(fresh)).all()
