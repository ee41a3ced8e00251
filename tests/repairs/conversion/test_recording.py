from dataclasses import replace

import numpy as np
import pytest

from netmend.network.load import load
from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.distance import NONE
from netmend.repairs.conversion.recording import answers, as_source, own_outputs, quantised, recorded
from netmend.repairs.conversion.segments import Correspondence, Match
from tests.repairs.conversion.networks import graph_of, rows, write


@pytest.fixture
def network(tmp_path):
    return load(write(tmp_path / "n.onnx", graph_of()))


def test_many_rows_are_run_in_parts_and_are_the_same(network):
    many = rows(70)
    np.testing.assert_allclose(own_outputs(network, {"x": many})["y"], network.run(many), rtol=1e-6)


def test_rounding_is_small_and_not_nothing(network):
    found = recorded(network, {"x": rows()})
    assert 0 < found.rounding["y"].largest < 1e-5 and found.coarse["y"] == NONE


def test_an_output_that_depends_on_the_batch_is_replayed_with_its_batch(tmp_path):
    nodes = [("Softmax", ["x"], ["y"], {"axis": 0})]
    network = load(write(tmp_path / "b.onnx", graph_of(nodes, {}, (None, 4), ("y", (None, 4)))))
    value = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    assert recorded(network, {"x": value}).rounding["y"].largest < 1e-6


def test_a_network_that_does_not_run_is_recorded_as_such(tmp_path):
    nodes = [("Reshape", ["x", "s"], ["y"], {})]
    graph = graph_of(nodes, {"s": np.array([7, 11])}, (None, 4), ("y", (7, 11)))
    found = recorded(load(write(tmp_path / "b.onnx", graph)), {"x": np.zeros((3, 4), np.float32)})
    assert found.failure and not found.outputs


def test_an_output_in_another_layout_is_brought_to_the_source_s():
    right = np.random.default_rng(0).standard_normal((2, 4, 4, 3))
    np.testing.assert_array_equal(as_source(right, right.transpose(0, 3, 2, 1), 2), right)
    assert as_source(right, right[..., :2], 2).shape == (2, 4, 4, 2)


def test_answers_allow_sixteen_times_the_rounding_of_either_side(network):
    found = recorded(network, {"x": rows()})
    pairs = ((network.graph.outputs[0], network.graph.outputs[0]),)
    said = answers(found, found, (network.graph, network.graph), pairs, ("r",) * 6)
    least = 16 * found.rounding["y"].largest
    assert least < said.rounding["y"] < least + 1e-6 and said.coarse["y"] == NONE


def test_quantising_the_source_is_measured_at_the_grids_of_the_target(network):
    from dataclasses import replace

    from netmend.network.quantisation import Scheme

    source, feeds = graph_of(), {"x": rows()}
    target = graph_of(prefix="t_")
    same = [Correspondence("x", "x", None, None, (-1, 3, 9, 11))]
    matches = align(source, target, {"x": rows(2)}, same, [("y", "y")], 1e-4).matches
    assert quantised(source, target, matches, feeds)["y"] == NONE
    effects = []
    for scale in (0.01, 0.1):
        scheme = Scheme(np.array([scale], np.float32), np.array([0]), "int16")
        coarse = replace(target, quantisation={"t_c0": scheme})
        effects.append(quantised(source, coarse, matches, feeds)["y"].typical)
    assert 0 < effects[0] < effects[1]


def test_the_budget_holds_what_rounding_stored_integers_does(tmp_path):
    random = np.random.default_rng(0)
    weight, x = random.standard_normal((30, 20)).astype(np.float32), random.standard_normal((4, 30)).astype(np.float32)
    scale = np.float32(np.abs(weight).max(0) / 127)
    nodes = [("DequantizeLinear", ["w", "s"], ["r"], {"axis": 1}), ("MatMul", ["x", "r"], ["y"], {})]
    held = {"w": np.rint(weight / scale).astype(np.int8), "s": scale}
    target = load(write(tmp_path / "q.onnx", graph_of(nodes, held, (None, 30), ("y", (None, 20)))))
    found = recorded(target, {"x": x}).coarse["y"]
    # Of 30 errors, each uniform within half a step, times numbers of variance one.
    expected = float(np.sqrt(30 / 12) * np.sqrt(np.mean(scale.astype(float) ** 2)))
    assert 0.8 * 2 * expected < found.typical < 1.4 * 2 * expected
    off = target.run(x) - x @ weight
    assert np.abs(off).max() <= found.largest and np.sqrt(np.mean(off**2)) <= found.typical


def test_the_budget_of_grids_that_follow_the_numbers_is_what_rounding_to_them_does(tmp_path):
    source = graph_of([("Relu", ["x"], ["r"], {}), ("Neg", ["r"], ["y"], {})], {}, (None, 40), ("y", (None, 40)))
    x = np.random.default_rng(0).uniform(-1, 3, (5, 40)).astype(np.float32)
    target = replace(source, ranges=frozenset(["r"]))
    matches = {"r": Match(Correspondence("r", "r"), "value", 0.0)}
    found = quantised(source, target, matches, {"x": x})["y"]
    step = float(x.max()) / 255
    assert 0.4 * step < found.largest <= 0.5 * step * 1.001 and found.typical < step / 3**0.5 / 2


def test_answers_that_are_known_are_not_computed_again(network):
    from netmend.network.executions import counted

    many = rows(40)
    known = network.outputs({"x": many})
    with counted() as count:
        found = own_outputs(network, {"x": many}, known)
    np.testing.assert_array_equal(found["y"], known["y"])
    assert count.runs == 4


def test_but_where_rows_depend_on_one_another(tmp_path):
    nodes = [("Softmax", ["x"], ["y"], {"axis": 0})]
    network = load(write(tmp_path / "b.onnx", graph_of(nodes, {}, (None, 4), ("y", (None, 4)))))
    value = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    known = network.outputs({"x": value})
    np.testing.assert_array_equal(
        own_outputs(network, {"x": value}, known)["y"], own_outputs(network, {"x": value})["y"]
    )
    assert np.abs(own_outputs(network, {"x": value}, known)["y"] - known["y"]).max() > 0.01
