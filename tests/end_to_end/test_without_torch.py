"""Conversions between ONNX and TFLite are diagnosed and mended where there is no torch."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load

pytest.importorskip("onnxruntime")
pytest.importorskip("ai_edge_litert")

from bench.conversion.files import save
from bench.conversion.tflite import in_tflite

COMMAND = "import sys; sys.modules['torch'] = None; from netmend.cli.main import main; main()"
NODES = (
    Node("first", "Conv", ("x", "w0", "b0"), ("c0",), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    Node("relu", "Relu", ("c0",), ("r0",)),
    Node("second", "Conv", ("r0", "w1", "b1"), ("c1",), {"pads": [1, 1, 1, 1]}),
    Node("sum", "Add", ("c1", "r0"), ("a",)),
    Node("mean", "GlobalAveragePool", ("a",), ("g",)),
    Node("flat", "Flatten", ("g",), ("f",)),
    Node("head", "Gemm", ("f", "w2", "b2"), ("y",), {"transB": 1}),
)
SHAPES = {"w0": (4, 3, 3, 3), "b0": (4,), "w1": (4, 4, 3, 3), "b1": (4,), "w2": (5, 4), "b2": (5,)}


def network():
    random = np.random.default_rng(3)
    stored = {name: random.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}
    x, y = Signature("x", (None, 3, 9, 11), "float32"), Signature("y", (None, 5), "float32")
    return Graph(NODES, stored, (x,), (y,), 18)


def rows(seed):
    return np.random.default_rng(seed).standard_normal((16, 3, 9, 11)).astype(np.float32)


def wrong(graph, ending):
    """The same network with a padding moved, or in TFLite with a bias lost."""
    if ending == ".onnx":
        first = replace(graph.nodes[0], attributes={"pads": [2, 2, 0, 0], "strides": [2, 2]})
        return replace(graph, nodes=(first, *graph.nodes[1:]))
    lite = in_tflite(graph, {"x": rows(0)})
    return replace(lite, constants={**lite.constants, "c1/bias": np.zeros(4, np.float32)})


def told(words, folder):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "--json"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("ending", "said"), [(".onnx", "pads [2, 2, 0, 0] becomes [1, 1, 1, 1]"), (".tflite", "c1/bias")]
)
def test_a_wrong_conversion_is_found_and_mended(ending, said, tmp_path):
    source, target = save(network(), tmp_path / "a.onnx"), save(wrong(network(), ending), tmp_path / f"b{ending}")
    np.savez(tmp_path / "inputs.npz", x=rows(1))
    page = told(["repair", source.name, target.name, "--inputs", "inputs.npz", "--out", "out"], tmp_path)
    assert said in str(next(each for each in page["exhibits"] if each.get("caption") == "The edits"))
    fresh = rows(2)
    turned = fresh.transpose(0, 2, 3, 1) if ending == ".tflite" else fresh
    mended = load(tmp_path / "out" / f"repaired{ending}").run(turned)
    np.testing.assert_allclose(mended, load(source).run(fresh), rtol=0, atol=1e-4)


def test_a_healthy_conversion_is_left_alone(tmp_path):
    source = save(network(), tmp_path / "a.onnx")
    target = save(in_tflite(network(), {"x": rows(0)}), tmp_path / "b.tflite")
    np.savez(tmp_path / "inputs.npz", x=rows(1))
    page = told(["diagnose", source.name, target.name, "--inputs", "inputs.npz"], tmp_path)
    assert "Healthy conversion" in str(page)
