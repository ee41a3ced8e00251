from pathlib import Path

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.edits import SetConstant, edited
from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import (
    diagnose_conversion,
    digest,
    exit_status,
    repair_conversion,
    report_facts,
)
from netmend.testing.graphs import NETWORKS, inputs_of
from tests.repairs.conversion.networks import NODES, changed, constants, folded, graph_of, quantised, rows, write

WRONG = changed(changed(NODES, 2, count_include_pad=0), 10, axis=0)


def repaired(pair_of, tmp_path, target, **options):
    paths = pair_of(target)
    asked = Options(inputs=tmp_path / "x.npz", **options)
    return repair_conversion(paths, asked, tmp_path / "out", Watcher())


def quantised_of(folder, graph):
    folder.mkdir()
    return quantised(folder, graph)[1]


def test_a_wrong_target_is_mended_and_written_beside_the_report(pair_of, tmp_path):
    found = repaired(pair_of, tmp_path, graph_of(WRONG, prefix="t_"))
    assert exit_status(found) == 0 and found.repaired == tmp_path / "out" / "repaired.onnx"
    source, mended = load(tmp_path / "source.onnx"), load(found.repaired)
    fresh = rows(9, seed=99)
    np.testing.assert_allclose(mended.run(fresh), source.run(fresh), atol=1e-6)
    assert found.repair.after.findings == () and found.repair.confirmed.patch.size == 2


def test_nothing_of_the_user_s_is_touched(pair_of, tmp_path):
    paths = pair_of(graph_of(WRONG, prefix="t_"))
    before = [path.read_bytes() for path in paths]
    repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert [path.read_bytes() for path in paths] == before


def test_an_equivalent_spelling_has_no_edit(pair_of, tmp_path):
    nodes, held = folded()
    found = repaired(pair_of, tmp_path, graph_of(nodes, held, prefix="t_"))
    assert found.repair.nothing_to_repair and found.repaired is None and exit_status(found) == 0
    assert not (tmp_path / "out").exists()


def test_what_onnx_runtime_has_quantised_is_meant_and_a_fault_beside_it_is_mended(tmp_path):
    wrong = graph_of(changed(NODES, 0, pads=[0, 0, 2, 2]))
    paths = quantised(tmp_path), quantised_of(tmp_path / "wrong", wrong)
    np.savez(tmp_path / "x.npz", x=rows(24))
    asked = Options(inputs=tmp_path / "x.npz")
    fine = diagnose_conversion(paths[0], asked, Watcher())
    assert str(fine.repairer.judgement.kind) == "intended precision change"
    found = repair_conversion((paths[0][0], paths[1]), asked, tmp_path / "out", Watcher())
    assert [mend.fault for mend in found.repair.confirmed.patch.mends] == ["padding"]
    mended, right = load(found.repaired).run(rows(9, seed=99)), load(paths[0][1]).run(rows(9, seed=99))
    np.testing.assert_allclose(mended, right, atol=0.05)


def test_what_no_fault_explains_is_no_repair_and_says_where(pair_of, tmp_path):
    nodes = [*NODES[:9], ("Sin", ["f"], ["s"], {}), ("Gemm", ["s", "w2", "b2"], ["q"], {"transB": 1})]
    nodes += [("Cos", ["q"], ["z"], {}), NODES[10]]
    found = repaired(pair_of, tmp_path, graph_of(nodes, prefix="t_"), seconds=0.0)
    assert exit_status(found) == 1 and found.repaired is None
    assert {finding.name for finding in found.repair.diagnosis.findings} == {"unexplained-stretch"}


def test_a_diagnosis_writes_nothing(pair_of, tmp_path):
    paths = pair_of(graph_of(WRONG, prefix="t_"))
    found = diagnose_conversion(paths, Options(inputs=tmp_path / "x.npz"), Watcher())
    assert [finding.name for finding in found.diagnosis.findings] == ["count-include-pad", "softmax-axis"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.onnx", "target.onnx", "x.npz"]


@pytest.mark.parametrize("verb", ["repair", "diagnose"])
def test_the_command_to_reproduce_names_what_was_given(pair_of, tmp_path, verb):
    asked = Options(inputs=tmp_path / "x.npz", labels=1)
    paths = pair_of()
    found = (
        repair_conversion(paths, asked, tmp_path / "out", Watcher())
        if verb == "repair"
        else diagnose_conversion(paths, asked, Watcher())
    )
    facts = report_facts(found, asked)
    expected = f"netmend {verb} {paths[0]} {paths[1]} --inputs {tmp_path / 'x.npz'} --labels-of top-1"
    assert facts["reproduce"] == (expected,) and facts["kind"] == "conversion"


def test_implicit_quantisation_is_kept_unless_it_is_to_be_undone(pair_of, tmp_path):
    held = constants()
    scale = np.float32(np.abs(held["w1"]).max() / 31)
    held["w1"] = np.round(held["w1"] / scale).astype(np.float32) * scale
    found = repaired(pair_of, tmp_path, graph_of(held=held, prefix="t_"))
    assert found.repair.nothing_to_repair
    assert [finding.name for finding in found.repair.diagnosis.findings] == ["coarser-precision"]
    undone = repaired(pair_of, tmp_path, graph_of(held=held, prefix="t_"), keep=False)
    assert exit_status(undone) == 0 and undone.repaired is not None
    np.testing.assert_array_equal(load(undone.repaired).graph.constants["w1"], constants()["w1"])


FILES = Path(__file__).parents[2] / "network" / "backends" / "data"


@pytest.mark.parametrize("name", ["residual_half", "residual_integers"])
def test_a_conversion_to_fewer_digits_by_a_real_converter_is_intended_and_has_no_edit(tmp_path, name):
    pytest.importorskip("ai_edge_litert")
    paths = FILES / "residual_float.tflite", FILES / f"{name}.tflite"
    found = repair_conversion(paths, Options(), tmp_path / "out", Watcher())
    assert str(found.repairer.judgement.kind) == "intended precision change"
    assert found.repair.nothing_to_repair and found.repaired is None


def test_a_fault_in_a_quantised_target_is_mended_in_its_own_format(tmp_path):
    pytest.importorskip("ai_edge_litert")
    healthy = load(FILES / "residual_integers.tflite")
    bias = next(node.inputs[2] for node in healthy.graph.nodes if node.op == "tflite:CONV_2D")
    healthy.rewrite(tmp_path / "wrong.tflite", [SetConstant(bias, healthy.graph.constants[bias] + 50_000)])
    paths = FILES / "residual_float.tflite", tmp_path / "wrong.tflite"
    found = repair_conversion(paths, Options(), tmp_path / "out", Watcher())
    assert exit_status(found) == 0 and found.repaired.suffix == ".tflite"
    mended = load(found.repaired)
    assert mended.graph.quantisation.keys() == healthy.graph.quantisation.keys()


def test_wrong_preprocessing_is_mended_inside_a_tflite_file(tmp_path):
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_rewrite import written

    random = np.random.default_rng(0)
    held = {"w": random.standard_normal((2, 3, 3, 3)).astype(np.float32), "b": np.float32([1, -1])}
    nodes = (
        Node("c", "tflite:CONV_2D", ("x", "w", "b"), ("c",), {"stride_h": 1, "stride_w": 1, "padding": "SAME"}),
        Node("t", "tflite:TANH", ("c",), ("y",)),
    )
    takes, gives = (Signature(name, (None, 5, 6, size), "float32") for name, size in (("x", 3), ("y", 2)))
    graph = Graph(nodes, held, (takes,), (gives,), 20)
    paths = tmp_path / "source.tflite", tmp_path / "target.tflite"
    for path in paths:
        path.write_bytes(written(graph))
    rows = random.standard_normal((6, 5, 6, 3)).astype(np.float32)
    np.savez(tmp_path / "x.npz", **{"inputs.x": rows, "target.x": rows[..., ::-1] * 0.5 + 0.25})
    found = repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert exit_status(found) == 0 and found.repaired.suffix == ".tflite"
    answer = load(found.repaired).outputs({"x": rows[..., ::-1] * np.float32(0.5) + np.float32(0.25)})["y"]
    np.testing.assert_allclose(answer, load(paths[0]).outputs({"x": rows})["y"], atol=1e-5)


def test_where_the_format_cannot_say_the_plainest_edit_the_report_says_what_was_done_in_its_place(tmp_path):
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_rewrite import written

    window = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
    ends = Signature("x", (None, 2, 9, 8), "float32"), Signature("y", (None, 2, 5, 4), "float32")
    write(tmp_path / "s.onnx", Graph((Node("p", "AveragePool", ("x",), ("y",), window),), {}, ends[:1], ends[1:], 18))
    same = {"padding": "SAME", "stride_h": 2, "stride_w": 2, "filter_height": 3, "filter_width": 3}
    ends = Signature("x", (1, 9, 8, 2), "float32"), Signature("y", (1, 5, 4, 2), "float32")
    pool = Node("p", "tflite:AVERAGE_POOL_2D", ("x",), ("y",), same)
    (tmp_path / "t.tflite").write_bytes(written(Graph((pool,), {}, ends[:1], ends[1:], 20)))
    found = repair_conversion((tmp_path / "s.onnx", tmp_path / "t.tflite"), Options(), tmp_path / "out", Watcher())
    assert exit_status(found) == 0 and found.repaired is not None
    assert any("The plainest mend cannot be written" in each and "in its place" in each for each in found.warnings)


def test_what_may_as_well_be_done_outside_the_network_is_one_sentence(tmp_path):
    from bench.conversion.files import save

    graph = NETWORKS["convolutional"](0)
    divisor = next(node.inputs[1] for node in graph.nodes if node.outputs == ("prepared",))
    wrong = edited(graph, [SetConstant(divisor, 2 * graph.constants[divisor])])
    paths = save(graph, tmp_path / "source.onnx"), save(wrong, tmp_path / "target.onnx")
    np.savez(tmp_path / "x.npz", **inputs_of(graph, 16, 0))
    found = diagnose_conversion(paths, Options(inputs=tmp_path / "x.npz"), Watcher())
    (said,) = (each for each in found.warnings if "In place" in each)
    assert said.startswith("In place of changing the network, change what it is fed: the input is ")


@pytest.mark.parametrize("gone", [False, True], ids=["all can be written", "one mend cannot be written"])
def test_a_tflite_target_that_lacks_an_operator_gets_it_or_the_report_says_why_not(tmp_path, gone):
    """TFLite has a softmax, over the last axis whichever number it has, and no error function."""
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_rewrite import written

    random = np.random.default_rng(0)
    held = {"w": random.standard_normal((5, 4)).astype(np.float32), "b": random.standard_normal(5).astype(np.float32)}
    ends = (Signature("x", (None, 4), "float32"),), (Signature("y", (None, 5), "float32"),)
    last = Node("last", "Erf", ("z",), ("y",)) if gone else Node("last", "Softmax", ("z",), ("y",), {"axis": 1})
    nodes = (Node("fc", "Gemm", ("x", "w", "b"), ("z",), {"transB": 1}), last)
    write(tmp_path / "s.onnx", Graph(nodes, held, *ends, 18))
    wrong = {**held, "b": -held["b"]}
    body = (Node("fc", "tflite:FULLY_CONNECTED", ("x", "w", "b"), ("z",)), Node("e", "tflite:TANH", ("z",), ("y",)))
    body = body if gone else (Node("fc", "tflite:FULLY_CONNECTED", ("x", "w", "b"), ("y",)),)
    (tmp_path / "t.tflite").write_bytes(written(Graph(body, wrong, *ends, 20)))
    np.savez(tmp_path / "x.npz", x=random.standard_normal((12, 4)).astype(np.float32))
    paths = tmp_path / "s.onnx", tmp_path / "t.tflite"
    found = repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert (exit_status(found) == 0) == (not gone)
    said = [*found.warnings, found.repair.ended]
    assert any("Erf" in each for each in said) == gone
    assert found.repaired == tmp_path / "out" / f"{'improved' if gone else 'repaired'}.tflite"
    before, after = (
        {each.name for each in diagnosis.findings} for diagnosis in (found.repair.diagnosis, found.repair.after)
    )
    assert bool(before & after) == gone and before - after, "what was not mended is called what it was"
    fed = {"x": random.standard_normal((9, 4)).astype(np.float32)}
    right, before, after = (load(path).outputs(fed)["y"] for path in (*paths, found.repaired))
    assert np.abs(after - right).max() < np.abs(before - right).max() / 2


def test_the_digest_of_a_folder_is_that_of_names_and_contents(tmp_path):
    for name, data in (("one", b"1"), ("other", b"1"), ("moved", b"2")):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / ("b" if name == "moved" else "a")).write_bytes(b"1")
        (tmp_path / name / "c").write_bytes(data)
    one, other, moved = (digest(tmp_path / name) for name in ("one", "other", "moved"))
    assert one == other != moved
