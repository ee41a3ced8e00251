"""In a target of integers a fault is told from what its grids do."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.edits import SetAttribute, SetConstant, SetScheme, edited
from netmend.network.graph import Signature
from netmend.network.load import load
from netmend.repairs.conversion.examine import examine
from netmend.repairs.conversion.given import Options, read_pair
from netmend.repairs.conversion.study import exit_status, repair_conversion
from tests.repairs.conversion.networks import constants, graph_of, write

pytest.importorskip("ai_edge_litert")

SAME = {"pads": [1, 1, 1, 1]}
NODES = [
    *[("Conv", ["x", "w0", "b0"], ["c0"], SAME), ("Relu", ["c0"], ["r0"], {})],
    *[("Conv", ["r0", "w1", "b1"], ["left"], SAME), ("Relu", ["left"], ["r1"], {})],
    *[("Conv", ["r0", "w1", "mean"], ["right"], SAME), ("Relu", ["right"], ["r2"], {})],
    *[("Concat", ["r1", "r2"], ["both"], {"axis": 1}), ("Conv", ["both", "last", "b2"], ["y"], {})],
]
HELD = constants() | {"last": np.random.default_rng(5).standard_normal((5, 8, 1, 1)).astype(np.float32)}


def pictures(many, seed):
    return np.random.default_rng(seed).standard_normal((many, 3, 12, 16)).astype(np.float32)


@pytest.fixture
def causes(tmp_path):
    """What is found wrong with a network of bytes after some edits, which are made of the healthy one."""
    from bench.conversion.files import save
    from bench.conversion.quantised import quantised
    from bench.conversion.tflite import in_tflite

    def of(kind, edits):
        source = graph_of(NODES, HELD, (None, 3, 12, 16), ("y", (None, 5, 12, 16)))
        seen = pictures(64, 0)
        plain = in_tflite(source, {"x": seen})
        healthy = quantised(plain, {"x": seen.transpose(0, 2, 3, 1)}, kind)
        target = save(edited(healthy, edits(healthy)), tmp_path / "target.tflite")
        np.savez(tmp_path / "x.npz", x=pictures(16, 1))
        paths = write(tmp_path / "source.onnx", source), target
        pair, _ = read_pair(paths, Options(inputs=tmp_path / "x.npz"))
        found = [answer for _, answer in examine(pair, pair.target.graph, pair.inputs.source).causes]
        return [(cause.name, cause.hypothesis.node) for answer in found for cause in answer.causes]

    return of


KINDS = pytest.mark.parametrize("kind", ["uint8", "int8"])


@KINDS
def test_a_healthy_network_has_no_cause(causes, kind):
    assert causes(kind, lambda healthy: []) == []


@KINDS
def test_what_a_layer_with_an_activation_makes_is_not_taken_for_the_source_s_before_it(causes, kind):
    def edits(healthy):
        return [SetAttribute("r1", name, 2) for name in ("dilation_h_factor", "dilation_w_factor")]

    assert causes(kind, edits) == [("dilations", "r1")]


@KINDS
def test_a_bias_that_is_off_by_a_step_or_two_is_found_though_rounding_makes_as_large_errors(causes, kind):
    def edits(healthy):
        name = next(node.inputs[2] for node in healthy.nodes if node.outputs == ("r2",))
        step = float(healthy.quantisation["r2"].scale[0]) / healthy.quantisation[name].scale.astype(float)
        return [SetConstant(name, healthy.constants[name] + (1.5 * step * [1, -1, 1, -1]).round().astype(np.int32))]

    assert [node for _, node in causes(kind, edits)] == ["r2"]


@KINDS
def test_few_weights_that_were_exchanged_are_found(causes, kind):
    def edits(healthy):
        name = next(node.inputs[1] for node in healthy.nodes if node.outputs == ("r2",))
        codes = healthy.constants[name].copy()
        codes[1, 1, 1, :2] = codes[1, 1, 1, :2][::-1]
        return [SetConstant(name, codes)]

    assert causes(kind, edits) == [("corrupted-weights", "r2")]


def test_the_zero_point_of_weights_is_told_from_the_source_s(causes):
    def edits(healthy):
        name = next(node.inputs[1] for node in healthy.nodes if node.outputs == ("r2",))
        return [SetScheme(name, replace(healthy.quantisation[name], zero_point=np.array([57])))]

    assert causes("uint8", edits) == [("zero-point", "r2")]


@KINDS
def test_a_network_that_takes_and_gives_bytes_may_be_the_source(tmp_path, kind):
    from bench.conversion.files import save
    from bench.conversion.quantised import quantised
    from bench.conversion.tflite import in_tflite

    real = graph_of(NODES, HELD, (None, 3, 12, 16), ("y", (None, 5, 12, 16)))
    plain = in_tflite(real, {"x": pictures(64, 0)})
    source = quantised(plain, {"x": pictures(64, 0).transpose(0, 2, 3, 1)}, kind)
    inner = tuple(node for node in source.nodes if node.op not in ("tflite:QUANTIZE", "tflite:DEQUANTIZE"))
    takes, gives = (Signature(name, (None, 12, 16, size), kind) for name, size in (("x/codes", 3), ("y", 5)))
    source = replace(source, nodes=inner, inputs=(takes,), outputs=(gives,))
    bias = next(node.inputs[2] for node in source.nodes if node.outputs == ("r2",))
    target = edited(source, [SetConstant(bias, np.zeros_like(source.constants[bias]))])
    paths = save(source, tmp_path / "source.tflite"), save(target, tmp_path / "target.tflite")
    same = repair_conversion((paths[0], save(source, tmp_path / "same.tflite")), Options(), tmp_path / "a", Watcher())
    assert same.repair.nothing_to_repair
    found = repair_conversion(paths, Options(), tmp_path / "b", Watcher())
    assert exit_status(found) == 0
    np.testing.assert_array_equal(load(found.repaired).graph.constants[bias], source.constants[bias])


LAYERS = {
    "CONV_2D": [("Conv", ["x", "w0", "b0"], ["c0"], SAME), ("Relu", ["c0"], ["y"], {})],
    "DEPTHWISE_CONV_2D": [("Conv", ["x", "w3", "b3"], ["c0"], SAME | {"group": 3}), ("Relu", ["c0"], ["y"], {})],
}


@KINDS
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_of_integers_that_reads_no_bias_gets_one_on_the_grid_of_its_products(tmp_path, kind, layer):
    from bench.conversion.files import save
    from bench.conversion.quantised import quantised
    from bench.conversion.tflite import in_tflite

    chance = np.random.default_rng(8)
    held = constants() | {
        "w3": chance.standard_normal((3, 1, 3, 3)).astype(np.float32),
        "b3": np.array([1.5, -2, 0.7], np.float32),
    }
    outputs = 3 if layer.startswith("DEPTHWISE") else len(held["b0"])
    source = graph_of(LAYERS[layer], held, (None, 3, 12, 16), ("y", (None, outputs, 12, 16)))
    seen = pictures(64, 0)
    healthy = quantised(in_tflite(source, {"x": seen}), {"x": seen.transpose(0, 2, 3, 1)}, kind)
    place = next(at for at, node in enumerate(healthy.nodes) if node.op == f"tflite:{layer}")
    node = healthy.nodes[place]
    without = replace(node, inputs=node.inputs[:2])
    target = replace(healthy, nodes=(*healthy.nodes[:place], without, *healthy.nodes[place + 1 :]))
    np.savez(tmp_path / "x.npz", x=pictures(16, 1))
    paths = write(tmp_path / "source.onnx", source), save(target, tmp_path / "target.tflite")
    found = repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert exit_status(found) == 0
    mended = load(found.repaired).graph
    bias = next(each.inputs[2] for each in mended.nodes if each.op == f"tflite:{layer}")
    grids = [mended.quantisation[name] for name in (node.inputs[0], node.inputs[1], bias)]
    assert grids[2].dtype == "int32"
    np.testing.assert_allclose(grids[2].scale, grids[0].scale * grids[1].scale, rtol=1e-6)
    np.testing.assert_allclose(
        grids[2].values(mended.constants[bias]),
        healthy.quantisation[node.inputs[2]].values(healthy.constants[node.inputs[2]]),
        atol=0.05,
    )
