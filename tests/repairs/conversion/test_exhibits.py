from netmend.core.exhibits import Boxes, Curves, Facts, Table
from netmend.core.loop import Watcher
from netmend.repairs.conversion.exhibits import TENSORS, _shortened, exhibits
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.study import diagnose_conversion, repair_conversion
from tests.repairs.conversion.networks import NODES, changed, folded, graph_of

WRONG = changed(changed(NODES, 2, count_include_pad=0), 10, axis=0)


def captioned(found):
    return {each.caption.partition(":")[0]: each for each in exhibits(found)}


def test_a_repair_shows_edits_check_and_tensors(pair_of, tmp_path):
    paths = pair_of(graph_of(WRONG, prefix="t_"))
    shown = captioned(repair_conversion(paths, Options(), tmp_path / "out", Watcher()))
    edits = shown["The edits"].facts
    assert [row[0] for row in edits] == ["count-include-pad", "softmax-axis"]
    assert "count_include_pad 0 becomes 1" in edits[0][1]
    check = dict(shown["Check in the target's own runtime"].facts)
    assert "on 12 fresh inputs" in check["after"] and check["repaired target"].endswith("repaired.onnx")
    assert check["how to use it"].endswith(f"onnxruntime.InferenceSession({check['repaired target']!r})")
    assert any(isinstance(each, Boxes) for each in shown.values())


def test_tensors_are_listed_along_the_dataflow_with_the_first_divergence_marked(pair_of):
    found = diagnose_conversion(pair_of(graph_of(WRONG, prefix="t_")), Options(), Watcher())
    table = captioned(found)["Tensors along the dataflow"]
    assert [row[0] for row in table.rows] == [f"t_{op} {at}" for at, (op, *_) in enumerate(NODES)]
    marks = {row[0]: row[-1] for row in table.rows if row[-1]}
    assert marks == {"t_AveragePool 2": "first divergence", "t_Softmax 10": "wrong"}


def test_a_curve_shows_where_along_the_network_errors_begin(pair_of):
    found = diagnose_conversion(pair_of(graph_of(WRONG, prefix="t_")), Options(), Watcher())
    (picture,) = (each for each in exhibits(found) if isinstance(each, Curves))
    (curve,) = picture.curves
    assert picture.along == "node" and len(curve.values) == len(NODES)
    assert [place for place, value in enumerate(curve.values) if value > 1] == [2, 10]


def test_what_corresponds_to_nothing_is_said_with_the_reason(pair_of):
    nodes, held = folded()
    found = diagnose_conversion(pair_of(graph_of(nodes, held, prefix="t_")), Options(), Watcher())
    table = captioned(found)["Tensors of the target that correspond to none of the source"]
    assert table.rows == (("t_padded", "a step of another spelling: what is computed from it is recognised"),)


def test_both_sides_are_named_with_the_verdict(pair_of):
    paths = pair_of()
    shown = captioned(diagnose_conversion(paths, Options(), Watcher()))["The two sides"]
    assert isinstance(shown, Facts)
    facts = dict(shown.facts)
    assert facts["verdict"].startswith("Healthy conversion") and str(paths[1]) in facts["target"]


def test_a_long_table_keeps_what_is_near_a_fault():
    rows = [(f"n{at}", "Relu", "s", "0", "1", "wrong" if at == 700 else "") for at in range(1000)]
    short = _shortened(rows)
    names = [row[0] for row in short]
    assert len(short) < TENSORS and "n699" in names and "n0" in names and "n999" in names
    assert names[3] == "694 more without anything wrong"
    assert isinstance(Table("c", ("a",) * 6, short), Table)
