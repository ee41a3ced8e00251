"""What ONNX Runtime's quantisers write with operators on integers is meant; faults beside it are mended in place."""

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import exit_status, repair_conversion
from tests.repairs.conversion.networks import graph_of, in_blocks, quantised, quantised_dynamically, rows

onnx = pytest.importorskip("onnx")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RANDOM = np.random.default_rng(0)
LAYERS = [
    ("Conv", ["x", "w0", "b0"], ["c0"], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("Relu", ["c0"], ["r0"], {}),
    ("Conv", ["r0", "w1", "b1"], ["c1"], {"pads": [1, 1, 1, 1]}),
    ("Relu", ["c1"], ["r1"], {}),
    ("Flatten", ["r1"], ["f"], {}),
    ("MatMul", ["f", "w2"], ["y"], {}),
]
SHAPES = {"w0": (6, 3, 3, 3), "b0": (6,), "w1": (8, 6, 3, 3), "b1": (8,), "w2": (240, 20)}
HELD = {
    name: RANDOM.standard_normal(shape).astype(np.float32) / (3 if len(shape) > 1 else 30)
    for name, shape in SHAPES.items()
}


def network():
    return graph_of(LAYERS, HELD, (None, 3, 9, 11), ("y", (None, 20)))


def static(folder, **settings):
    from onnxruntime.quantization import QuantFormat

    return quantised(folder, network(), quant_format=QuantFormat.QOperator, **settings)


def dynamic(folder, **settings):
    return quantised_dynamically(folder, network(), **settings)


def by_channel(folder):
    return static(folder, per_channel=True)


def dynamic_by_channel(folder):
    return dynamic(folder, per_channel=True)


def blocks(folder):
    return in_blocks(folder, network(), symmetric=False)


KINDS = {"static": static, "by channel": by_channel, "dynamic": dynamic, "blocks": blocks}


def found_of(paths, folder):
    np.savez(folder / "x.npz", x=rows(24, seed=9))
    return repair_conversion(paths, Options(inputs=folder / "x.npz", seconds=30.0), folder / "out", Watcher())


def changed(path, what, place, value):
    """Put another value in the place of what the last node of some operator reads."""
    model = onnx.load(path)
    node = [each for each in model.graph.node if each.op_type == what][-1]
    stored = {each.name: each for each in model.graph.initializer}
    old = onnx.numpy_helper.to_array(stored[node.input[place]])
    new = onnx.numpy_helper.from_array(np.asarray(value(old), old.dtype), f"{node.input[place]} now")
    node.input[place] = new.name
    model.graph.initializer.append(new)
    onnx.save(model, path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_quantiser_writes_is_meant(tmp_path, kind):
    found = found_of(KINDS[kind](tmp_path), tmp_path)
    assert str(found.repairer.judgement.kind) == "intended precision change"
    assert found.repair.nothing_to_repair and found.repaired is None
    message = found.repair.diagnosis.findings[0].message
    assert ("what else is in the batch" in message) == (kind == "dynamic")


FAULTS = [
    (static, "QLinearConv", 3, lambda codes: codes[::-1], "corrupted-weights"),
    (static, "QLinearConv", 4, lambda scale: scale * 1.37, "quantisation-scale"),
    (static, "QLinearConv", 5, lambda zero: zero + 9, "zero-point"),
    (static, "QLinearConv", 1, lambda scale: scale * 2, "quantisation-scale"),
    (static, "QLinearConv", 8, lambda bias: np.roll(bias, 3) + 1500, "corrupted-weights"),
    (by_channel, "QLinearConv", 4, lambda scale: np.roll(scale, 3) * np.linspace(1, 3, 8), "quantisation-scale"),
    (dynamic, "ConvInteger", 1, lambda codes: codes[::-1], "corrupted-weights"),
    (dynamic, "MatMulInteger", 3, lambda zero: zero + 9, "zero-point"),
    (dynamic_by_channel, "MatMulInteger", 1, lambda codes: codes[:, ::-1], "corrupted-weights"),
    (blocks, "MatMulNBits", 2, lambda scales: scales * 1.5, "quantisation-scale"),
    (blocks, "MatMulNBits", 1, lambda codes: codes[::-1], "corrupted-weights"),
]


@pytest.mark.parametrize(("kind", "op", "place", "value", "name"), FAULTS)
def test_a_fault_beside_quantisation_is_named_and_mended_in_integers(tmp_path, kind, op, place, value, name):
    paths = kind(tmp_path)
    healthy = load(paths[1])
    before = sorted(node.op_type for node in onnx.load(paths[1]).graph.node)
    right = healthy.run(rows(9, seed=77))
    changed(paths[1], op, place, value)
    wrong = np.abs(load(paths[1]).run(rows(9, seed=77)) - right).max()
    found = found_of(paths, tmp_path)
    assert name in {finding.name for finding in found.repair.diagnosis.findings}
    assert exit_status(found) == 0
    assert sorted(node.op_type for node in onnx.load(found.repaired).graph.node) == before
    assert np.abs(load(found.repaired).run(rows(9, seed=77)) - right).max() < wrong / 4


@pytest.mark.parametrize(("kind", "op"), [(static, "QLinearConv"), (dynamic, "ConvInteger")])
def test_a_wrong_setting_beside_quantisation_is_mended_in_integers(tmp_path, kind, op):
    paths = kind(tmp_path)
    model = onnx.load(paths[1])
    node = [each for each in model.graph.node if each.op_type == op][-1]
    next(each for each in node.attribute if each.name == "pads").ints[:] = [0, 0, 2, 2]
    onnx.save(model, paths[1])
    found = found_of(paths, tmp_path)
    assert next(finding.name for finding in found.repair.diagnosis.findings) == "padding"
    mended = [each for each in onnx.load(found.repaired).graph.node if each.op_type == op][-1]
    assert list(next(each for each in mended.attribute if each.name == "pads").ints) == [1, 1, 1, 1]
