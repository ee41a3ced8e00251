"""What the tables say of repairs and ranks."""

import pytest

from bench.architecture import results
from bench.elements import references, tables

FAULTY, FIXED = [0.5, 0.55, 0.45] * 7, [0.9, 0.92, 0.88] * 7


@pytest.fixture
def referred(monkeypatch, tmp_path):
    path = tmp_path / "references.csv"
    monkeypatch.setattr(references, "RESULTS", path)
    for which, scores in (("faulty", FAULTY), ("fixed", FIXED)):
        for batch in (0, 1):
            part = scores[:3] if batch == 0 else scores[3:]
            row = {"program": "one", "which": which, "batch": str(batch), "scores": results.written(part)}
            results.append(path, row)
    return path


def row(**changes):
    return {
        "program": "one", "technique": "infill", "budget": "30runs", "metric": "accuracy", "higher_is_better": "True",
        "faulty": results.written(FAULTY[:10]), "patched": results.written(FIXED[:20]), "trivial": "0.5",
        "claim": "improved", "exact_rank": "0", "candidates": "7", "first_accepted": "3", "trainings": "12",
        "wall_seconds": "90",
    } | changes  # fmt: skip


def test_batches_of_references_are_one_sample(referred):
    assert references.scores("one", "fixed") == tuple(FIXED)
    assert references.scores("two", "fixed") == ()


@pytest.mark.parametrize(
    ("patched", "weak", "strong"),
    [(FIXED[:20], True, True), (FAULTY[:20], False, False), ([0.7, 0.72] * 10, True, False), (FIXED[:8], False, False),
     ([], False, False)],
)  # fmt: skip
def test_a_patch_is_judged_by_all_runs_of_the_references(referred, patched, weak, strong):
    found = tables.judged(row(patched=results.written(patched)))
    assert (found.weak, found.strong) == (weak, strong)


def test_without_runs_of_the_fix_a_patch_is_not_strong(referred):
    found = tables.judged(row(program="two"))
    assert (found.weak, found.strong) == (True, False)


def test_counts_have_intervals_and_medians_are_of_what_there_is(referred):
    text = tables.repairs([row(), row(claim="none", patched="", exact_rank="4", first_accepted="0", candidates="31")])
    line = text.splitlines()[2]
    assert "| 2 | 1 (50%, 9% to 91%) | 1 (50%, 9% to 91%) | 1 (50%, 9% to 91%) | 1 (50%," in line
    assert "| 19 | 31 | 3 |" in line


def test_wilson_intervals_are_the_roots_of_their_equation():
    for hits, of in ((0, 10), (5, 51), (45, 51), (51, 51)):
        for bound in tables.wilson(hits, of):
            share = hits / of
            assert (share - bound) ** 2 == pytest.approx(1.959964**2 * bound * (1 - bound) / of, abs=1e-9)


def test_each_program_has_a_line_with_what_each_technique_reached(referred):
    text = tables.programs([row(), row(technique="random", patched="", claim="none", exact_rank="2")])
    assert text.splitlines()[2] == "| one | accuracy | 0.5 | 0.9 | 0.901 weak, strong | none, matched |"


def test_places_are_shares_of_programs_and_0_is_none():
    rows = [
        {"scorer": "counts", "place": place, "part": part, "whole": whole}
        for place, part, whole in (("1", "4", "0"), ("3", "0", "0"))
    ]
    cells = tables.places(rows).splitlines()[2].split(" | ")
    assert cells[2:7] == ["50%", "100%", "100%", "100%", "100%"]
    assert cells[7:12] == ["0%", "0%", "50%", "50%", "50%"]
    assert cells[12].startswith("0%")


def test_fault_and_fix_of_a_program_are_compared_by_all_their_runs(referred):
    name = "iris_torch"
    for which, scores in (("faulty", "0.4 0.3 failed"), ("fixed", "0.9 0.8 1")):
        metric = {"metric": "accuracy", "higher_is_better": "True", "trivial": "0.3333"}
        path = referred.with_name("own.csv")
        results.append(path, {"program": name, "which": which, "batch": "0", "scores": scores, **metric})
    references.RESULTS = path
    assert tables.faults().splitlines()[2:] == [
        "| iris_torch | learning-rate | accuracy | 0.35 | 0.9 | 0.333 | 3 and 3 | 0.05 |"
    ]


def test_tables_are_written_beside_the_results(referred, tmp_path, capsys):
    tables.publish([row()], [], tmp_path / "programs.md")
    assert (tmp_path / "programs.md").read_text().startswith("# Benchmark of elements")
    assert "## By program" in capsys.readouterr().out
