import json

from bench.architecture.localisation import localised, table


def row(*suspects):
    return {"fault": "F1", "suspects": json.dumps(suspects)}


def test_only_what_a_finding_points_to_is_reported():
    found = localised(row(["loss", None, 0.9, ["rule"]], ["epochs", None, 0.9, []]), [[("loss", None)]], 0.5)
    assert (found.reported, found.recall, found.precision) == (("loss",), 1.0, 1.0)


def test_weak_suspects_are_not_reported():
    found = localised(row(["loss", None, 0.9, ["a"]], ["epochs", None, 0.4, ["b"]]), [[("epochs", None)]], 0.5)
    assert found.reported == ("loss",)
    assert found.recall == 0.0


def test_the_same_kind_in_another_layer_is_another_place():
    found = localised(row(["activation", 1, 0.9, ["a"]]), [[("activation", 2)]], 0.5)
    assert found.recall == 0.0


def test_an_alternative_fix_counts():
    fixes = [[("loss", None), ("epochs", None)], [("activation", 3)]]
    found = localised(row(["activation", 3, 0.9, ["a"]]), fixes, 0.5)
    assert (found.recall, found.precision) == (1.0, 1.0)


def test_the_table_sets_published_tools_beside():
    found = localised(row(["loss", None, 0.9, ["rule"]]), [[("loss", None)]], 0.5)
    text = table([found])
    assert "netmend, 1 faults" in text
    assert "DeepFD, published" in text
