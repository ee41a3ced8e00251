"""A small convolutional network as a graph and as an ONNX file, with one branch, and other spellings of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature

DATA = Path(__file__).parents[4] / "shared" / "data"

NODES = [
    ("Conv", ["x", "w0", "b0"], ["c0"], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("Relu", ["c0"], ["r0"], {}),
    ("AveragePool", ["r0"], ["p0"], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("Conv", ["p0", "w1", "b1"], ["c1"], {"pads": [1, 1, 1, 1]}),
    ("BatchNormalization", ["c1", "scale", "shift", "mean", "var"], ["n1"], {"epsilon": 1e-5}),
    ("Relu", ["n1"], ["r1"], {}),
    ("Add", ["r1", "p0"], ["a1"], {}),
    ("GlobalAveragePool", ["a1"], ["g"], {}),
    ("Flatten", ["g"], ["f"], {}),
    ("Gemm", ["f", "w2", "b2"], ["z"], {"transB": 1}),
    ("Softmax", ["z"], ["y"], {"axis": 1}),
]


def constants(seed=0):
    random = np.random.default_rng(seed)
    shapes = {"w0": (4, 3, 3, 3), "b0": (4,), "w1": (4, 4, 3, 3), "b1": (4,), "scale": (4,), "shift": (4,)}
    shapes |= {"mean": (4,), "w2": (5, 4), "b2": (5,)}
    made = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    return {**made, "var": random.uniform(0.5, 2, 4).astype(np.float32)}


def graph_of(nodes=NODES, held=None, shape=(None, 3, 9, 11), output=("y", (None, 5)), prefix=""):
    """A graph; with a prefix every inner name is another."""
    made = {name for _, _, outputs, _ in nodes for name in outputs}

    def named(name):
        return f"{prefix}{name}" if name in made and name != output[0] else name

    body = tuple(
        Node(f"{prefix}{op} {i}", op, tuple(map(named, inputs)), tuple(map(named, outputs)), dict(attributes))
        for i, (op, inputs, outputs, attributes) in enumerate(nodes)
    )
    held = constants() if held is None else held
    return Graph(body, held, (Signature("x", shape, "float32"),), (Signature(*output, "float32"),), 18)


def changed(nodes, place, **attributes):
    """The nodes with other attributes of one."""
    op, inputs, outputs, old = nodes[place]
    return [*nodes[:place], (op, inputs, outputs, {**old, **attributes}), *nodes[place + 1 :]]


def folded():
    """The same network with its batch normalisation folded into the convolution, and a Pad in front of the first."""
    held = constants()
    factor = held["scale"] / np.sqrt(held["var"] + 1e-5)
    held["w1"] = (held["w1"] * factor[:, None, None, None]).astype(np.float32)
    held["b1"] = ((held["b1"] - held["mean"]) * factor + held["shift"]).astype(np.float32)
    held["pads"] = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    nodes = [
        ("Pad", ["x", "pads"], ["padded"], {}),
        ("Conv", ["padded", "w0", "b0"], ["c0"], {"strides": [2, 2]}),
        *NODES[1:3],
        ("Conv", ["p0", "w1", "b1"], ["n1"], {"pads": [1, 1, 1, 1]}),
        *NODES[5:],
    ]
    return nodes, held


def channels_last():
    """The same network for inputs with channels last, as a Transpose makes it."""
    nodes = [("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]})]
    return nodes + [(op, ["t" if name == "x" else name for name in i], o, a) for op, i, o, a in NODES]


def rows(many=6, seed=1):
    return np.random.default_rng(seed).standard_normal((many, 3, 9, 11)).astype(np.float32)


def write(path, graph):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper = onnx.helper
    body = helper.make_graph(
        [helper.make_node(n.op, list(n.inputs), list(n.outputs), n.name, **n.attributes) for n in graph.nodes],
        "net",
        [helper.make_tensor_value_info(each.name, 1, list(each.shape)) for each in graph.inputs],
        [helper.make_tensor_value_info(each.name, 1, list(each.shape)) for each in graph.outputs],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in graph.constants.items()],
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", graph.opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def with_shape(graph, shape):
    return replace(graph, inputs=(Signature("x", shape, "float32"),))


def quantised(folder, graph=None, **settings):
    """A network and what ONNX Runtime's own quantiser makes of it, calibrated on as many rows as a user would take."""
    quantisation = pytest.importorskip("onnxruntime.quantization")
    source, target = folder / "source.onnx", folder / "target.onnx"
    write(source, graph or graph_of())

    class Rows(quantisation.CalibrationDataReader):
        def __init__(self):
            self.left = iter([{"x": rows(64, seed=5)}])

        def get_next(self):
            return next(self.left, None)

    quantisation.quantize_static(source, target, Rows(), **settings)
    return source, target


def quantised_dynamically(folder, graph=None, **settings):
    """A network and what ONNX Runtime's quantiser makes of it where grids follow what is fed."""
    quantisation = pytest.importorskip("onnxruntime.quantization")
    source, target = folder / "source.onnx", folder / "target.onnx"
    write(source, graph or graph_of())
    quantisation.quantize_dynamic(source, target, **settings)
    return source, target


def in_blocks(folder, graph, bits=4, symmetric=True):
    """A network and what ONNX Runtime makes of it with several weights in a byte."""
    package = pytest.importorskip("onnxruntime.quantization.matmul_nbits_quantizer")
    onnx = pytest.importorskip("onnx")
    source, target = folder / "source.onnx", folder / "target.onnx"
    write(source, graph)
    how = package.DefaultWeightOnlyQuantConfig(block_size=16, is_symmetric=symmetric, bits=bits)
    quantiser = package.MatMulNBitsQuantizer(onnx.load(source), algo_config=how)
    quantiser.process()
    quantiser.model.save_model_to_file(str(target))
    return source, target
