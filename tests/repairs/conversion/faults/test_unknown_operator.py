"""Operators of other formats that a converter left in an ONNX file are said with operators that it has."""

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import repair_conversion

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

WEIGHT = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
RIGHT = {
    "RELU6": [("Clip", ["h", "low", "high"])],
    "Erfc": [("Erf", ["h"], "e"), ("Sub", ["one", "e"])],
    "TFL_EXPM1": [("Exp", ["h"], "e"), ("Sub", ["e", "one"])],
    "HardSwish_V1": [("HardSwish", ["h"])],
}
CONSTANTS = {"low": np.float32(0), "high": np.float32(6), "one": np.float32(1), "w": WEIGHT}


def saved(path, nodes):
    made = [helper.make_node("MatMul", ["x", "w"], ["h"], name="product")]
    for number, (op, inputs, *output) in enumerate(nodes):
        made.append(helper.make_node(op, inputs, output or ["y"], name=f"it {number}"))
    used = {name for _, inputs, *_ in nodes for name in inputs} | {"w"}
    graph = helper.make_graph(
        made,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 4])],
        [onnx.numpy_helper.from_array(value, name) for name, value in CONSTANTS.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("left", RIGHT)
def test_it_is_said_with_operators_of_the_format(tmp_path, left):
    source = saved(tmp_path / "source.onnx", RIGHT[left])
    target = saved(tmp_path / "target.onnx", [(left, ["h"])])
    np.savez(tmp_path / "inputs.npz", x=2 * np.random.default_rng(1).normal(size=(32, 5)).astype(np.float32))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    ((_, answer),) = found.observation.observed.examined.causes
    assert [cause.name for cause in answer.causes] == ["unknown-operator"]
    fresh = 2 * np.random.default_rng(2).normal(size=(64, 5)).astype(np.float32)
    np.testing.assert_allclose(load(found.repaired).run(fresh), load(source).run(fresh), atol=1e-5)
