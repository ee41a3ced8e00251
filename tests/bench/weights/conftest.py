"""A tiny network with a fault, and cells of it, as the benchmark knows them."""

import numpy as np
import pytest


@pytest.fixture
def tiny(tmp_path):
    """A subject 4-6-3: points that want another class, and other inputs that keep theirs."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    from bench.weights.subjects._base import Case, Subject, drawn, labelled, points
    from netmend.network.load import load
    from netmend.repairs.weights.subject import NetworkUnderRepair

    helper, stored = onnx.helper, onnx.numpy_helper.from_array
    random = np.random.default_rng(0)
    shapes = {"w0": (6, 4), "b0": (6,), "w1": (3, 6), "b1": (3,)}
    constants = [stored(random.uniform(-1, 1, shape).astype(np.float32), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("Gemm", ["x", "w0", "b0"], ["z0"], transB=1),
        helper.make_node("Relu", ["z0"], ["a0"]),
        helper.make_node("Gemm", ["a0", "w1", "b1"], ["y"], transB=1),
    ]
    ends = [helper.make_tensor_value_info(name, 1, [None, width]) for name, width in (("x", 4), ("y", 3))]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], constants)
    path = tmp_path / "net.onnx"
    path.write_bytes(
        onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
    )
    network = load(path)
    inputs = random.normal(size=(60, 4)).astype(np.float32)
    labels = network.run(inputs).argmax(axis=1)

    def make(fault, size, seed):
        chosen = drawn(np.arange(10), size, seed)
        specification = points(inputs[chosen], (labels[chosen] + 1) % 3)
        subject = NetworkUnderRepair(path, network, specification, reference=inputs[10:30])
        parts = [labelled(inputs[part], labels[part]) for part in (slice(10, 30), slice(30, 50), slice(50, 60))]
        return Case(subject, *parts)

    return Subject("tiny", "small", {"flipped": (1, 2, 99)}, make)


@pytest.fixture
def row():
    """A row of the table of repairs."""

    def made(layer, drawdown, **other):
        given = {
            "subject": "net",
            "fault": "fog",
            "size": "10",
            "seed": "0",
            "layer": str(layer),
            "norm": "l2",
            "method": "linearise-solve-verify",
            "layers": "3",
            "shown": "1.0000",
            "proved": "1.0000",
            "drawdown": str(drawdown),
            "choosing_drawdown": str(drawdown),
            "generalisation": "0.1",
            "churn": "0",
            "proposing": "1",
            "checking": "1",
            "peak_mb": "1",
        }
        return given | {name: str(value) for name, value in other.items()}

    return made
