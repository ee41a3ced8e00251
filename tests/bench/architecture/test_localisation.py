import json

from bench.architecture.localisation import localised, table


def row(*suspects):
    return {"fault": "F1", "suspects": json.dumps(suspects)}


LOSS = ["loss", None, 0.9, ["rule"], True]


def test_only_what_is_named_is_reported():
    found = localised(row(LOSS, ["epochs", None, 0.8, ["rule"], False]), [[("loss", None)]])
    assert (found.reported, found.recall, found.precision) == (("loss",), 1.0, 1.0)
    assert localised(row(LOSS, ["epochs", None, 0.8, ["rule"], True]), [[("loss", None)]]).precision == 0.5


def test_a_fault_that_is_not_named_is_not_recalled():
    assert localised(row(LOSS, ["epochs", None, 0.4, ["b"], False]), [[("epochs", None)]]).recall == 0.0


def test_the_same_kind_in_another_layer_is_another_place():
    assert localised(row(["activation", 1, 0.9, ["a"], True]), [[("activation", 2)]]).recall == 0.0


def test_an_alternative_fix_counts():
    fixes = [[("loss", None), ("epochs", None)], [("activation", 3)]]
    found = localised(row(["activation", 3, 0.9, ["a"], True]), fixes)
    assert (found.recall, found.precision) == (1.0, 1.0)


def test_the_table_sets_published_tools_beside():
    found = localised(row(LOSS), [[("loss", None)]])
    text = table([found])
    assert "netmend, 1 faults" in text
    assert "DeepFD, published" in text
