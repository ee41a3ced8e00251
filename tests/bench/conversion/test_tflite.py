"""TFLite targets that the benchmark writes answer in LiteRT as their source does, in real numbers and in integers."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from bench.conversion.files import save  # noqa: E402
from bench.conversion.quantised import quantised  # noqa: E402
from bench.conversion.subjects import SUBJECTS, fed  # noqa: E402
from bench.conversion.tflite import in_tflite  # noqa: E402
from netmend.network.load import load  # noqa: E402
from netmend.repairs.conversion.faults._base import evaluated  # noqa: E402
from netmend.testing.graphs import inputs_of, small_graph  # noqa: E402

MOBILE = SUBJECTS["mobile"]


@pytest.fixture(scope="module")
def plain():
    return in_tflite(MOBILE.graph(), MOBILE.rows(8, 5))


def test_real_numbers_are_the_sources(plain, tmp_path):
    rows = MOBILE.rows(4, 1)
    answers = load(save(plain, tmp_path / "target.tflite")).run(fed(plain, rows))
    right = load(MOBILE.source()).run(rows)
    assert answers.shape == right.shape and np.abs(answers - right).max() <= 1e-6 * np.abs(right).max()


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_integers_are_close_to_the_source_and_stand_on_grids(plain, kind, tmp_path):
    rows = MOBILE.rows(8, 5)
    graph = quantised(plain, fed(plain, rows), kind)
    weights = [graph.quantisation[node.inputs[1]] for node in graph.nodes if node.op == "tflite:CONV_2D"]
    assert {scheme.dtype for scheme in weights} == {kind}
    assert all((scheme.scale.size > 1) == (kind == "int8") for scheme in weights)
    answers = load(save(graph, tmp_path / "target.tflite")).run(fed(graph, rows))
    right = load(MOBILE.source()).run(rows)
    assert np.abs(answers - right).max() <= 0.02 * np.abs(right).max()


def test_the_bias_of_a_channel_without_weights_fits_into_its_integers():
    """Trained networks have such channels (MobileNetV2 has four whose bias would be cut off)."""
    numbers = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    numbers[1] = 0
    bias = np.array([0.5, 20.0, -0.5, 0.1], np.float32)
    step = ("Conv", "x w b", "y", {"pads": [0, 0, 0, 0]})
    graph = small_graph([step], {"x": [None, 3, 8, 8]}, ["y"], {"w": numbers, "b": bias})
    rows = inputs_of(graph, 6, 0)
    plain = in_tflite(graph, rows)
    target = quantised(plain, fed(plain, rows), "int8")
    (node,) = [each for each in target.nodes if each.op == "tflite:CONV_2D"]
    held = target.quantisation[node.inputs[2]].values(target.constants[node.inputs[2]])
    np.testing.assert_allclose(held, bias, atol=1e-3)


@pytest.mark.parametrize("pads", [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], [2, 2, 0, 1]])
def test_paddings_that_tensorflow_has_no_name_for_are_operators(pads):
    numbers = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    step = ("Conv", "x w", "y", {"pads": pads, "strides": [2, 2]})
    graph = small_graph([step], {"x": [None, 3, 8, 8]}, ["y"], {"w": numbers})
    rows = inputs_of(graph, 3, 0)
    target = in_tflite(graph, rows)
    named = target.nodes[-1].attributes["padding"] == "SAME"
    assert named == (pads == [0, 0, 1, 1]) and (len(target.nodes) == 2) == (pads not in ([0, 0, 1, 1], [0, 0, 0, 0]))
    right = evaluated(graph, rows, ["y"])["y"]
    got = evaluated(target, fed(target, rows), ["y"])["y"]
    assert np.allclose(got.transpose(0, 3, 1, 2), right, atol=1e-6)


def test_what_the_writer_cannot_say_gives_no_target():
    graph = small_graph([("Erf", "x", "y")], {"x": [None, 3]}, ["y"], {})
    assert in_tflite(graph, inputs_of(graph, 3, 0)) is None
