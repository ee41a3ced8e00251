"""Where a version of ONNX has no setting for a way to resize, it is written as a product with constant matrices."""

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import repair_conversion

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

SCALES = np.array([1, 1, 2, 2], np.float32)


def saved(path, op, inputs, attributes, constants, version):
    graph = helper.make_graph(
        [helper.make_node(op, inputs, ["y"], name="resize", **attributes)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 2, 5, 6])],
        [helper.make_value_info("y", helper.make_tensor_type_proto(TensorProto.FLOAT, None))],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_an_old_file_answers_as_the_source(tmp_path, mode):
    how = {"mode": mode, "coordinate_transformation_mode": "half_pixel"}
    source = saved(tmp_path / "a.onnx", "Resize", ["x", "", "scales"], how, {"scales": SCALES}, 13)
    target = saved(tmp_path / "b.onnx", "Upsample", ["x", "scales"], {"mode": "linear"}, {"scales": SCALES}, 9)
    np.savez(tmp_path / "inputs.npz", x=np.random.default_rng(1).normal(size=(8, 2, 5, 6)).astype(np.float32))
    found = repair_conversion((source, target), Options(inputs=tmp_path / "inputs.npz"), tmp_path / "out", Watcher())
    ((_, answer),) = found.observation.observed.examined.causes
    assert [cause.name for cause in answer.causes] == ["resize-as-matrices"]
    fresh = np.random.default_rng(2).normal(size=(4, 2, 5, 6)).astype(np.float32)
    np.testing.assert_allclose(load(found.repaired).run(fresh), load(source).run(fresh), atol=1e-5)
