"""Tiny networks as ONNX files, points they get wrong, and real networks where the data folder is there."""

from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[4] / "shared" / "data"


def stored(value):
    array = np.asarray(value)
    return array.astype(np.int64 if array.dtype.kind == "i" and array.ndim == 1 else np.float32)


def written(path, nodes, inputs, outputs, constants, integers=()):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    graph = helper.make_graph(
        [helper.make_node(op, i, o, **(rest[0] if rest else {})) for op, i, o, *rest in nodes],
        "net",
        [helper.make_tensor_value_info(name, 7 if name in integers else 1, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, 1, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(stored(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def write_onnx(tmp_path):
    """Write any network of standard operators, and read it."""
    from netmend.network.load import load

    def write(nodes, inputs, outputs, constants, integers=()):
        return load(written(tmp_path / "made.onnx", nodes, inputs, outputs, constants, integers))

    return write


@pytest.fixture
def mlp_file(tmp_path):
    """Networks 4-6-3 with a ReLU between, and whatever is to follow the last layer."""

    def write(last=None, name="net.onnx", seed=0):
        random = np.random.default_rng(seed)
        constants = {
            "fc0.weight": random.uniform(-1, 1, (6, 4)),
            "fc0.bias": random.uniform(-1, 1, 6),
            "fc1.weight": random.uniform(-1, 1, (3, 6)),
            "fc1.bias": random.uniform(-1, 1, 3),
        }
        nodes = [
            ("Gemm", ["x", "fc0.weight", "fc0.bias"], ["z0"], {"transB": 1}),
            ("Relu", ["z0"], ["a0"]),
            ("Gemm", ["a0", "fc1.weight", "fc1.bias"], ["z1"], {"transB": 1}),
        ]
        nodes += [] if last is None else [(last, ["z1"], ["y"])]
        return written(tmp_path / name, nodes, {"x": [None, 4]}, {"z1" if last is None else "y": [None, 3]}, constants)

    return write


@pytest.fixture
def sigmoid_file(tmp_path):
    """Networks 4-6-1 that end in a sigmoid, and perhaps in a layout after it."""

    def write(layout=None, name="sigmoid.onnx"):
        random = np.random.default_rng(4)
        constants = {
            "fc0.weight": random.uniform(-1, 1, (6, 4)),
            "fc0.bias": random.uniform(-1, 1, 6),
            "fc1.weight": random.uniform(-1, 1, (1, 6)),
            "fc1.bias": random.uniform(-0.1, 0.1, 1),
        }
        nodes = [
            ("Gemm", ["x", "fc0.weight", "fc0.bias"], ["z0"], {"transB": 1}),
            ("Tanh", ["z0"], ["a0"]),
            ("Gemm", ["a0", "fc1.weight", "fc1.bias"], ["z1"], {"transB": 1}),
            ("Sigmoid", ["z1"], ["y" if layout is None else "p"]),
        ]
        if layout == "Squeeze":
            constants["axes"] = np.array([1])
            nodes.append(("Squeeze", ["p", "axes"], ["y"]))
        elif layout is not None:
            nodes.append((layout, ["p"], ["y"]))
        shape = [None] if layout == "Squeeze" else [None, 1]
        return written(tmp_path / name, nodes, {"x": [None, 4]}, {"y": shape}, constants)

    return write


@pytest.fixture
def conv_file(tmp_path):
    """A grouped convolution with stride and padding, one by one convolution, mean over places: 2x5x5 to 3."""

    def write():
        random = np.random.default_rng(3)
        constants = {
            "c0.weight": random.uniform(-1, 1, (4, 1, 3, 3)),
            "c0.bias": random.uniform(-1, 1, 4),
            "c1.weight": random.uniform(-1, 1, (3, 4, 1, 1)),
        }
        options = {"group": 2, "strides": [2, 1], "pads": [1, 0, 1, 2], "kernel_shape": [3, 3]}
        nodes = [
            ("Conv", ["x", "c0.weight", "c0.bias"], ["z0"], options),
            ("Tanh", ["z0"], ["a0"]),
            ("Conv", ["a0", "c1.weight"], ["z1"]),
            ("GlobalAveragePool", ["z1"], ["p"]),
            ("Flatten", ["p"], ["y"]),
        ]
        return written(tmp_path / "conv.onnx", nodes, {"x": [None, 2, 5, 5]}, {"y": [None, 3]}, constants)

    return write


@pytest.fixture
def mlp(mlp_file):
    from netmend.network.load import load

    return load(mlp_file())


@pytest.fixture
def conv(conv_file):
    from netmend.network.load import load

    return load(conv_file())


@pytest.fixture
def points():
    """Eight inputs of the fully connected network."""
    return np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)


@pytest.fixture
def wrong(mlp, points):
    """The eight inputs with their classes, but for two which want another one."""
    from netmend.repairs.weights.specification import Labels, Specification

    labels = mlp.run(points).argmax(axis=1)
    labels[:2] = (labels[:2] + 1) % 3
    return Specification(points, Labels(labels, 1e-3))


@pytest.fixture
def real():
    """A file of the data folder; skipped where it is absent."""

    def find(name):
        if not (DATA / name).is_file():
            pytest.skip("the folder of real networks and data is not here")
        return DATA / name

    return find


@pytest.fixture
def frames(write_onnx):
    """Films of three frames: folded into the points, then with time first, then into it with the points the fastest."""
    random = np.random.default_rng(4)
    sizes = {"conv": (2, 1, 3, 3), "fc": (32, 5), "late": (5, 5), "mixed": (5, 5), "last": (15, 3)}
    constants = {f"{name}.weight": random.normal(size=size) / 2 for name, size in sizes.items()}
    constants |= {f"{name}.bias": random.normal(size=size) for name, size in {"conv": 2, "late": 5, "mixed": 5}.items()}
    constants = {name: value.astype(np.float32) for name, value in constants.items()}
    shapes = {"pictures": [-1, 2, 4, 4], "apart": [-1, 3, 5], "rows": [-1, 5], "again": [3, -1, 5], "flat": [-1, 15]}
    constants |= {name: np.array(shape) for name, shape in shapes.items()}
    nodes = [
        ("Reshape", ["x", "pictures"], ["folded"]),
        ("Conv", ["folded", "conv.weight", "conv.bias"], ["seen"], {"group": 2, "pads": [1, 1, 1, 1]}),
        ("Relu", ["seen"], ["active"]),
        ("Flatten", ["active"], ["long"], {"axis": 1}),
        ("MatMul", ["long", "fc.weight"], ["short"]),
        ("Reshape", ["short", "apart"], ["films"]),
        ("Transpose", ["films"], ["time"], {"perm": [1, 0, 2]}),
        ("MatMul", ["time", "late.weight"], ["product"]),
        ("Add", ["product", "late.bias"], ["later"]),
        ("Tanh", ["later"], ["bent"]),
        ("Add", ["bent", "time"], ["sum"]),
        ("Reshape", ["sum", "rows"], ["all"]),
        ("Gemm", ["all", "mixed.weight", "mixed.bias"], ["mixed"]),
        ("Reshape", ["mixed", "again"], ["times"]),
        ("Transpose", ["times"], ["back"], {"perm": [1, 0, 2]}),
        ("Reshape", ["back", "flat"], ["whole"]),
        ("MatMul", ["whole", "last.weight"], ["y"]),
    ]
    return write_onnx(nodes, {"x": [None, 3, 2, 4, 4]}, {"y": [None, 3]}, constants)


@pytest.fixture
def packed(write_onnx):
    """Two layers that read a part each of one stored matrix and of one stored bias, as those of attention do."""
    random = np.random.default_rng(5)
    sizes = {"packed.weight": (7, 4), "packed.bias": 7, "last.weight": (7, 3)}
    constants = {name: random.normal(size=size).astype(np.float32) for name, size in sizes.items()}
    constants |= {"rows": np.array([3, 4]), "zero": np.array([0]), "three": np.array([3]), "seven": np.array([7])}
    nodes = [
        ("Split", ["packed.weight", "rows"], ["upper", "lower"], {"axis": 0}),
        ("Slice", ["packed.bias", "zero", "three"], ["first"]),
        ("Slice", ["packed.bias", "three", "seven"], ["second"]),
        ("Gemm", ["x", "upper", "first"], ["one"], {"transB": 1}),
        ("LeakyRelu", ["one"], ["bent"]),
        ("Gemm", ["x", "lower", "second"], ["other"], {"transB": 1}),
        ("Concat", ["bent", "other"], ["both"], {"axis": 1}),
        ("MatMul", ["both", "last.weight"], ["y"]),
    ]
    return write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 3]}, constants)


@pytest.fixture
def einsums(write_onnx):
    """Two heads that an Einsum makes, and one that mixes them, as Keras writes attention."""
    random = np.random.default_rng(6)
    sizes = {"heads": (4, 2, 3), "heads.bias": (2, 3), "mix": (2, 3, 5), "mix.bias": (5,), "last.weight": (5, 3)}
    constants = {name: random.normal(size=size).astype(np.float32) for name, size in sizes.items()}
    nodes = [
        ("Einsum", ["x", "heads"], ["h0"], {"equation": "abc,cde->abde"}),
        ("Add", ["h0", "heads.bias"], ["h1"]),
        ("LeakyRelu", ["h1"], ["h"]),
        ("Einsum", ["h", "mix"], ["m0"], {"equation": "abcd,cde->abe"}),
        ("Add", ["mix.bias", "m0"], ["m"]),
        ("ReduceMean", ["m", "places"], ["mean"], {"keepdims": 0}),
        ("MatMul", ["mean", "last.weight"], ["y"]),
    ]
    constants |= {"places": np.array([1])}
    return write_onnx(nodes, {"x": [None, 6, 4]}, {"y": [None, 3]}, constants)
