"""Tiny networks as ONNX files."""

from pathlib import Path

import numpy as np
import pytest

MODELS = Path(__file__).parents[3] / "shared" / "data" / "models"


@pytest.fixture
def onnx_file(tmp_path):
    """Write an ONNX file: (operator, inputs, outputs[, attributes]) for each node; sizes None for any."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")

    def write(nodes, inputs, outputs, constants=None, opset=18, name="net.onnx", types=None):
        helper, numpy_helper = onnx.helper, onnx.numpy_helper
        kind = {key: helper.np_dtype_to_tensor_dtype(np.dtype(value)) for key, value in (types or {}).items()}
        made = [helper.make_node(op, i, o, **(rest[0] if rest else {})) for op, i, o, *rest in nodes]
        graph = helper.make_graph(
            made,
            "net",
            [helper.make_tensor_value_info(key, kind.get(key, 1), shape) for key, shape in inputs.items()],
            [helper.make_tensor_value_info(key, kind.get(key, 1), shape) for key, shape in outputs.items()],
            [numpy_helper.from_array(np.asarray(value), key) for key, value in (constants or {}).items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return path

    return write


@pytest.fixture
def mlp_file(onnx_file):
    """A ReLU network 4-6-3 with random weights in [-1, 1]."""

    def write(seed=0, **options):
        random = np.random.default_rng(seed)
        constants = {
            "fc0.weight": random.uniform(-1, 1, (6, 4)).astype(np.float32),
            "fc0.bias": random.uniform(-1, 1, 6).astype(np.float32),
            "fc1.weight": random.uniform(-1, 1, (3, 6)).astype(np.float32),
            "fc1.bias": random.uniform(-1, 1, 3).astype(np.float32),
        }
        nodes = [
            ("Gemm", ["x", "fc0.weight", "fc0.bias"], ["z0"], {"transB": 1}),
            ("Relu", ["z0"], ["a0"]),
            ("Gemm", ["a0", "fc1.weight", "fc1.bias"], ["z1"], {"transB": 1}),
        ]
        return onnx_file(nodes, {"x": [None, 4]}, {"z1": [None, 3]}, constants, **options)

    return write


@pytest.fixture
def real():
    """A real network by name; skipped where the data folder is absent."""

    def find(name):
        path = MODELS / name
        if not path.is_file():
            pytest.skip("the folder of real networks is not here")
        return path

    return find
