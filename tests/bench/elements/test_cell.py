"""One cell: a repair, and fresh runs of its patch."""

from types import SimpleNamespace

import pytest

from bench.elements.cell import TECHNIQUES, _first, _judged, run
from bench.elements.subjects import subjects
from netmend.core import loop
from netmend.core.records import Purpose
from netmend.repairs.program.criteria import LOOKS


class Repairer:
    """Gives each run the score that its turn says."""

    def __init__(self, scores):
        self.scores, self.draws = list(scores), []

    def try_out(self, patch, draw):
        self.draws.append(draw)
        found = tuple(self.scores.pop(0) for _ in draw.seeds)
        return SimpleNamespace(scores=lambda rows: found if rows == "report" else ())


def judged(scores, faulty=(0.5, 0.6) * 5):
    repairer = Repairer(scores)
    found = _judged(repairer, loop.Plan(seed=3), None, faulty, 0.5, True)
    return found, repairer.draws


def test_a_patch_that_is_better_gets_all_runs_with_seeds_of_their_own():
    found, draws = judged([0.9] * LOOKS[-1])
    seeds = [seed for draw in draws for seed in draw.seeds]
    assert len(found) == len(set(seeds)) == LOOKS[-1]
    assert {draw.purpose for draw in draws} == {Purpose.CONFIRM}
    used = loop.Plan(seed=3).draw(Purpose.CONFIRM, LOOKS[-1])
    assert not set(seeds) & set(used.seeds)


@pytest.mark.parametrize(("scores", "runs"), [([0.5] * 20, 3), ([0.9] * 3 + [0.1] * 17, 8), ([0.9, None] * 10, 3)])
def test_one_that_is_not_gets_no_more(scores, runs):
    assert len(judged(scores)[0]) == runs


def test_first_counts_from_one_and_nothing_is_nought():
    assert (_first([False, True, True]), _first([False]), _first([])) == (2, 0, 0)


def test_techniques_are_those_of_the_table():
    wanted = {"infill", "frequency", "counts", "autotrainer", "random", "auto", "auto-without-prior"}
    assert wanted <= set(TECHNIQUES)


@pytest.mark.slow
@pytest.mark.torch
def test_a_program_is_repaired_and_its_patch_judged(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    done = run(subjects()["iris_torch"], TECHNIQUES["counts"], "6runs", 5, tmp_path / "cell")
    assert done.metric == "accuracy" and done.higher_is_better
    assert len(done.faulty) == 10
    assert len(done.patched) in (0, *LOOKS)
    assert (done.claim == "none") == (not done.patched)
    assert 0 < done.candidates <= 6
    assert done.exact_rank <= done.candidates and done.first_accepted <= done.candidates
    assert not (tmp_path / "cell").exists()
