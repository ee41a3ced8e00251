import pytest

from bench.weights import tables
from bench.weights.regret import EVEN, Choice


def cells(text):
    return [[word.strip() for word in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def choice(seed, heuristic, regret):
    setting = ("net", "fog", "10", str(seed), "l2")
    return Choice(setting, heuristic, regret, 0.0, float(regret == 0), 1.0, 0.5)


def test_a_line_holds_the_medians_of_its_seeds_in_points(row):
    rows = [row(0, drawdown, seed=seed) for seed, drawdown in enumerate((0.01, 0.05, 0.02))]
    (line,) = cells(tables.repairs(rows))
    assert line[:8] == ["net", "fog", "10", "linearise-solve-verify", "l2", "0", "3/3", "2.00"]


def test_a_repair_that_misses_a_point_is_no_repair(row):
    (line,) = cells(tables.repairs([row(0, 0.01), row(0, 0.9, shown="0.9900", seed=1)]))
    assert line[6:8] == ["1/2", "1.00"]


def test_sizes_are_in_the_order_of_numbers(row):
    lines = cells(tables.repairs([row(0, 0.01, size=size) for size in (100, 50, 10)]))
    assert [line[2] for line in lines] == ["10", "50", "100"]


def test_the_ratio_is_that_of_the_same_repair(row):
    full = [row(0, 0.1, method="aprnn", norm="l1-linf", proposing=300), row(1, 0.1, method="aprnn", proposing=50)]
    (line,) = cells(tables.ratios([row(0, 0.1, proposing=2), row(2, 0.1, proposing=1), *full]))
    assert line == ["net", "fog", "10", "0", "l2", "1", "1", "300.0", "2.000", "150", "150"]


def test_heuristics_come_best_first_and_better_than_any_layer_is_marked():
    found = [
        choice(seed, name, regret)
        for seed in range(12)
        for name, regret in (("bad", 9.0), (EVEN, 3.0 + seed / 100), ("good", 0.0))
    ]
    lines = cells(tables.heuristics(found))
    assert [line[1] for line in lines] == ["good*", EVEN, "bad"]
    assert lines[0][2:4] == ["12", "0.00 (0.00 to 0.00)"] and lines[0][7] == "100%"


def test_the_interval_of_equal_values_is_a_point_and_holds_the_median_otherwise():
    assert tables.interval([2.0] * 5) == (2.0, 2.0)
    low, high = tables.interval([1.0, 2.0, 3.0, 4.0, 100.0])
    assert 1 <= low <= 3 <= high <= 100 and low == pytest.approx(1)
