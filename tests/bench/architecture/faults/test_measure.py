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


def test_the_committed_table_shows_every_fault_in_the_core_tier():
    rows = {(row["framework"], row["fault"], row["which"]): row for row in measure.read() if row["tier"] == "core"}
    for fault in FAULTS.values():
        for framework in fault.frameworks:
            if (framework, fault.id, "fixed") not in rows:
                continue
            faulty, fixed = (rows[framework, fault.id, which] for which in ("faulty", "fixed"))
            sign = 1 if fault.higher_is_better else -1
            bad = [sign * float(value) for value in faulty["values"].split()]
            good = [sign * float(value) for value in fixed["values"].split()]
            if fault.sensible:
                assert max(bad) < min(good), (framework, fault.id)
                assert min(good) > sign * float(fixed["trivial"]), (framework, fault.id)
