import json

import pytest

from bench.architecture.statistics import Changed
from bench.architecture.tables import Reference, Truth, by_fault, overall, side_by_side, summaries

FAULTY = tuple(0.5 + n / 1000 for n in range(15))
REFERENCE = Reference(FAULTY, (0.9,) * 15, 0.4, True, "accuracy")
TRUTH = Truth((Changed("loss", None, "mean_squared_error"),), sensible=True)


def row(technique, patched, *, fault="F1", repeat=0, patch=(), budget=20):
    return {
        "fault": fault,
        "technique": technique,
        "budget": str(budget),
        "repeat": str(repeat),
        "patched": patched,
        "patch": json.dumps(patch),
        "trainings": "20",
        "seconds": "100",
        "suggesting": "1",
    }


RIGHT = [["loss", None, "mean_absolute_error", "mean_squared_error"]]
ROWS = [
    *(row("good", "0.9 0.9", repeat=n, patch=RIGHT) for n in range(3)),
    row("shaky", "0.9 0.9", patch=[*RIGHT, ["epochs", None, "1", "2"]]),
    row("shaky", "failed 0.9", repeat=1, patch=[["epochs", None, "1", "2"]]),
    *(row("idle", "0.5 0.5", repeat=n) for n in range(3)),
]


def found():
    return {one.technique: one for one in summaries(ROWS, {"F1": REFERENCE}, {"F1": TRUTH})}


def test_a_technique_that_reaches_the_fix_in_every_repeat_has_repaired_the_fault():
    good = found()["good"]
    assert (good.repaired, good.sigma, good.size, good.operators, good.exact) == (True, 0.0, 1.0, 1.0, 1.0)
    assert good.p == pytest.approx(1 / 816)  # 1 / C(18, 3)


def test_a_repeat_with_a_failed_run_has_repaired_nothing():
    shaky = found()["shaky"]
    assert shaky.rate == pytest.approx((1.0 + 0.0) / 2, abs=0.01)
    assert not shaky.repaired
    assert (shaky.size, shaky.largest, shaky.operators) == (1.5, 2, 0.5)


def test_a_program_that_always_fails_is_worth_what_the_trivial_predictor_is():
    reference = Reference((None,) * 15, (0.9,) * 15, 0.4, True, "accuracy")
    assert reference.rate((0.65, 0.65)) == pytest.approx(0.5)
    assert reference.rate((0.9,)) == pytest.approx(1.0)


def test_nothing_found_is_no_patch_of_size_zero():
    idle = found()["idle"]
    assert idle.size != idle.size
    assert idle.clipped == 0.0


def test_the_table_by_fault_marks_what_is_significant():
    text = by_fault(list(found().values()), {"F1": REFERENCE}, {"F1": TRUTH}, 20)
    line = next(line for line in text.splitlines() if line.startswith("| F1"))
    good, shaky, idle = line.split("|")[5:8]
    assert "*" in good
    assert "*" not in idle
    assert "0.9" in shaky


def test_faults_that_make_no_sense_are_left_out_of_the_summary():
    unwise = Truth(TRUTH.changes, sensible=False)
    assert "good" not in overall(list(found().values()), {"F1": unwise})
    assert "good" in overall(list(found().values()), {"F1": TRUTH})


def test_techniques_are_compared_on_the_faults_that_all_of_them_have_run():
    rows = [
        *(row(name, "0.9", fault=fault) for name in ("good", "idle") for fault in ("F1", "F2")),
        row("good", "0.9", fault="F3"),
        row("good", "0.9", fault="F1", budget=10),
        row("shaky", "0.9", fault="F1"),
    ]
    faults = ("F1", "F2", "F3")
    every = summaries(rows, dict.fromkeys(faults, REFERENCE), dict.fromkeys(faults, TRUTH))
    compared = {(one.technique, one.fault, one.budget) for one in side_by_side(every, ("good", "idle"))}
    assert compared == {(name, fault, 20) for name in ("good", "idle") for fault in ("F1", "F2")}
