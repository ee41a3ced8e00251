import numpy as np
import pytest

from netmend.repairs.program.learned.forest import Forest, Table

TABLE = Table(("a", "b", "finding x"), (1.0, -2.0, 0.0))
LEFT = [0, 0.5, {"0": 1.0}, [2, 0.1, {"1": 1.0}, {"0": 0.25, "1": 0.75}]]
RIGHT = [1, -2.0, {"1": 1.0}, {"0": 1.0}]
FOREST = Forest(TABLE, ("loss", "epochs"), (LEFT, RIGHT))


def left(a, x):
    """The first tree as its author would write it: the chance of the loss."""
    if a <= 0.5:
        return 1.0
    return 0.0 if x <= 0.1 else 0.25


@pytest.mark.parametrize("a", [0.0, 0.5, 0.6])
@pytest.mark.parametrize("x", [0.0, 0.2])
@pytest.mark.parametrize("b", [-3.0, -2.0, -1.0])
def test_a_forest_is_the_mean_of_its_trees(a, b, x):
    said = FOREST({"a": a, "b": b, "finding x": x})
    assert said["loss"] == pytest.approx((left(a, x) + (b > -2)) / 2)
    assert sum(said.values()) == pytest.approx(1)


def test_what_was_not_measured_is_the_mean_and_what_is_unheard_of_is_ignored():
    assert FOREST({"unheard of": 9.0}) == FOREST({"a": 1.0, "b": -2.0, "finding x": 0.0})


def test_a_table_knows_means_of_measurements_and_absence_of_findings():
    table = Table.of([{"a": 1.0, "finding x": 1.0}, {"a": 2.0, "b": 4.0}, {"b": 5.0}])
    assert table == Table(("a", "b", "finding x"), (1.5, 4.5, 0.0))
    assert np.array_equal(table.row({"b": 7.0, "finding x": 0.5}), np.array([1.5, 7.0, 0.5], np.float32))
