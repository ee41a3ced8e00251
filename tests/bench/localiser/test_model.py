import numpy as np
import pytest

from bench.localiser.model import Table, forest, frequency, logistic

ROWS = [
    {"a": 0.0, "finding x": 1.0},
    {"a": 0.2},
    {"a": 0.1, "finding x": 1.0},
    {"a": 5.0, "b": 2.0},
    {"a": 5.2, "b": 2.0, "finding x": 0.5},
    {"a": 4.9, "b": 2.0},
]
FAULTS = ["loss"] * 3 + ["epochs"] * 3


def test_what_was_not_measured_is_the_mean_and_a_finding_that_is_absent_is_none():
    table = Table.of(ROWS)
    assert table.names == ("a", "b", "finding x")
    assert dict(zip(table.names, table.row({}), strict=True)) == {"a": 0, "b": 0, "finding x": 0}
    row = dict(zip(table.names, table.row({"finding x": 1.0, "a": 0.0, "unheard of": 9.0}), strict=True))
    findings = np.array([1, 0, 1, 0, 0.5, 0])
    values = np.array([row["a"] for row in ROWS])
    assert row["finding x"] == pytest.approx(1 / findings.std())
    assert row["a"] == pytest.approx(-values.mean() / values.std())
    assert table.scale[table.names.index("b")] == 1  # a column that never changes


@pytest.mark.parametrize("fit", [logistic, forest])
def test_models_learn_what_can_be_told_apart(fit):
    pytest.importorskip("sklearn")
    model = fit(ROWS, FAULTS)
    for row, fault in zip(ROWS, FAULTS, strict=True):
        chances = model(row)
        assert sum(chances.values()) == pytest.approx(1) and max(chances, key=chances.get) == fault


def test_frequency_says_the_same_of_every_run():
    model = frequency([{}, {"a": 1.0}, {}], ["loss", "loss", "epochs"])
    assert model({}) == model({"a": 3.0}) == {"loss": 2 / 3, "epochs": 1 / 3}
