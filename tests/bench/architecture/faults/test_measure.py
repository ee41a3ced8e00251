import math

import pytest

from bench.architecture.faults import FAULTS, measure


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Trainings that are asked for, without any; their value is their seed."""
    calls = []

    def train(name, tier, framework, which, seeds):
        calls.append((name, framework, which))
        return [{"value": float(seed), "seconds": 2.0, "trivial": 0.5, "data": "none"} for seed in seeds]

    monkeypatch.setattr(measure, "train", train)
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "measured.csv")
    return calls


def test_a_row_has_mean_and_spread_over_the_seeds(trained):
    measure.measure("core", ("keras",), ["D7"])
    faulty, fixed = measure.read()
    assert (faulty["fault"], faulty["which"], fixed["which"]) == ("D7", "faulty", "fixed")
    assert (faulty["mean"], faulty["sd"], faulty["values"]) == ("1", "1", "0 1 2")
    assert (faulty["trivial"], faulty["seconds"], faulty["metric"]) == ("0.5", "2.0", "mae")


def test_what_the_table_has_is_not_trained_again_unless_asked(trained):
    measure.measure("core", ("keras",), ["D7"])
    measure.measure("core", ("keras", "torch"), ["D7"])
    assert [each for each in trained if each[1] == "keras"] == trained[:2]
    assert len(trained) == 4
    measure.measure("core", ("keras",), ["D7"], again=True)
    assert len(trained) == 6
    assert len(measure.read()) == 4


def test_the_original_that_several_faults_share_is_trained_once(trained):
    measure.measure("core", ("keras",), ["R1", "R2", "R3"])
    assert trained == [
        ("R1", "keras", "faulty"),
        ("R1", "keras", "fixed"),
        ("R2", "keras", "faulty"),
        ("R3", "keras", "faulty"),
    ]
    assert [row["fault"] for row in measure.read() if row["which"] == "fixed"] == ["R1", "R2", "R3"]


def test_a_program_that_fails_ends_the_measurement_with_its_last_line(monkeypatch):
    monkeypatch.setattr(measure, "materialise", lambda *_: "no such program.py")
    with pytest.raises(RuntimeError, match=r"D7 \(core, torch, faulty\) failed: .*no such program"):
        measure.train("D7", "core", "torch", "faulty", (0,))


def test_every_sensible_fault_of_the_committed_table_is_worse_than_its_fix_in_every_training():
    rows = {tuple(row[each] for each in measure.KEY): row for row in measure.read()}
    assert rows
    for name, tier, framework, which in rows:
        fault = FAULTS[name]
        if which == "faulty" or not fault.sensible:
            continue
        sign = 1 if fault.higher_is_better else -1

        def values(row, sign=sign):
            """Greater is better; a training that diverged is the worst."""
            found = [sign * float(value) for value in row["values"].split()]
            return [value if math.isfinite(value) else -math.inf for value in found]

        good, bad = values(rows[name, tier, framework, "fixed"]), values(rows[name, tier, framework, "faulty"])
        assert max(bad) < min(good), (framework, name)
        assert min(good) > sign * float(rows[name, tier, framework, "fixed"]["trivial"]), (framework, name)
