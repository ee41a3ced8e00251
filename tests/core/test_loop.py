"""The loop on toy subjects: what it accepts, what it must never accept, and what it leaves behind."""

from dataclasses import replace

import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.errors import ControlFailed
from netmend.core.loop import CONFIRMATIONS, Plan, Watcher, nearest, repair
from netmend.core.records import Outcome, Purpose
from netmend.testing.toys import ToySubject

FIX = (("loss", "good"),)
USELESS = (("batch", "64"),)
WORSE = (("rate", "bad"),)
CRASH = (("layer", "broken"),)


def subject(**changes):
    settings = {"loss": "bad", "batch": "32", "rate": "good", "layer": "fine"}
    right = {"loss": "good", "rate": "good", "layer": "fine"}
    given = {"options": (USELESS, WORSE, CRASH, FIX), "crashing": frozenset(CRASH), **changes}
    return ToySubject(settings, right, **given)


def mend(toy, budget="100runs", watch=None, **plan):
    return repair(toy, Plan(**plan), Meter(Budget.parse(budget), unit_seconds=1.0), watch or Watcher())


def test_the_known_fix_is_found_confirmed_and_nothing_else():
    found = mend(subject(goal=0.95))
    assert found.confirmed.patch.changes == FIX
    assert found.confirmed.verdict.outcome is Outcome.PLAUSIBLE
    assert found.confirmed.draw.purpose is Purpose.CONFIRM
    outcomes = {trial.patch.changes: trial.verdict.outcome for trial in found.trials}
    assert outcomes[USELESS] is Outcome.NO_EFFECT
    assert outcomes[WORSE] is Outcome.NO_EFFECT
    assert outcomes[CRASH] is Outcome.INVALID


def test_how_the_search_ended_claims_no_requirement_where_there_was_none():
    toy = subject(goal=0.95)
    assert mend(toy).ended == "a patch meets the requirement"
    judge = toy.judge

    def as_good_as_can_be(*given):
        verdict = judge(*given)
        return replace(verdict, outcome=Outcome.IMPROVED) if verdict.accepted else verdict

    toy.judge = as_good_as_can_be
    assert mend(toy).ended == "a patch leaves nothing to improve"


def test_without_a_goal_the_best_verdict_is_improved():
    found = mend(subject())
    assert found.confirmed.verdict.outcome is Outcome.IMPROVED
    assert not found.confirmed.verdict.accepted


def test_a_subject_that_meets_its_goal_is_left_alone():
    toy = subject(goal=0.5)
    found = mend(toy)
    assert found.nothing_to_repair and not found.trials
    assert toy.runs_made == 5


def test_no_fix_means_no_patch():
    found = mend(subject(options=(USELESS, WORSE, CRASH), goal=0.95))
    assert found.confirmed is None
    assert "nothing" in found.ended


def test_an_oracle_that_believes_anything_is_caught_by_the_control_and_the_diagnosis_is_kept():
    toy = subject(believes_anything=True)
    with pytest.raises(ControlFailed, match="unchanged") as failed:
        mend(toy)
    found = failed.value.found
    assert found.diagnosis == toy.diagnose(None) and found.diagnosis.suspects
    assert found.control.verdict.outcome is Outcome.IMPROVED and not found.trials


def test_the_second_control_is_judged_against_runs_of_its_own():
    """The first baseline came out low by chance: judged against it again, the control would fail again."""
    toy = subject(options=(USELESS, FIX), goal=0.95)
    honest, judged = toy._score, []
    unlucky = set(Plan().draw(Purpose.BASELINE, 5).seeds)
    toy._score = lambda patch, seed: honest(patch, seed) - (0.3 if seed in unlucky and not patch.changes else 0)
    judge = toy.judge
    toy.judge = lambda before, after: judged.append((before, after)) or judge(before, after)
    found = mend(toy)
    assert found.confirmed.patch.changes == FIX
    (first, _), (second, _) = judged[:2]
    assert not set(first.scores) & set(second.scores)
    assert len(found.before.scores) == 20  # every run of the unchanged subject is kept: leaving some out would choose


def test_what_is_not_needed_is_minimised_away():
    found = mend(subject(options=((*USELESS, *FIX),), goal=0.95))
    assert found.confirmed.patch.changes == FIX


def test_of_two_patches_that_do_about_the_same_the_smaller_is_taken():
    both, noise = (*USELESS, *FIX), 0.01
    toy = subject(options=(both, FIX), noise=noise)
    honest = toy._score
    toy._score = lambda patch, seed: honest(patch, seed) + (noise if patch.size == 2 else 0)
    toy.keeps = lambda full, smaller: False  # nothing is minimised away
    assert mend(toy).confirmed.patch.changes == FIX
    toy._score = lambda patch, seed: honest(patch, seed) + (10 * noise if patch.size == 2 else 0)
    assert set(mend(toy).confirmed.patch.changes) == set(both)


def test_what_is_needed_together_stays_together():
    toy = ToySubject(
        {"a": "bad", "b": "bad", "c": "x"},
        {"a": "good", "b": "good"},
        options=((("a", "good"), ("b", "good"), ("c", "y")),),
        goal=0.95,
    )
    assert set(mend(toy).confirmed.patch.changes) == {("a", "good"), ("b", "good")}


def test_samples_never_share_a_seed():
    draws = []
    toy = subject(goal=0.95)
    measure = toy.try_out
    toy.try_out = lambda patch, draw: draws.append(draw) or measure(patch, draw)
    mend(toy)
    seeds = {}
    for draw in draws:
        for seed in draw.seeds:
            assert seeds.setdefault(seed, draw.purpose) is draw.purpose
    assert set(seeds.values()) == set(Purpose)


def test_a_patch_that_was_only_lucky_is_not_confirmed_and_tries_are_few():
    """It scores well on screening seeds only, as a patch chosen among many does."""
    toy = subject(options=tuple((("batch", str(n)),) for n in range(40)), noise=0.01)
    honest = toy._score

    def lucky(patch, seed):
        screening = seed // 100_000 == list(Purpose).index(Purpose.SCREEN)
        return honest(patch, seed) + (0.08 if screening and patch.changes else 0)

    toy._score = lucky
    found = mend(toy)
    assert found.confirmed is None
    confirmations = [trial for trial in found.trials if trial.draw.purpose is Purpose.CONFIRM]
    assert not confirmations  # kept apart from the trials of the search
    assert found.best.verdict.outcome is Outcome.IMPROVED
    assert CONFIRMATIONS == 3 == len(found.confirmations)
    last = found.confirmations[-1].patch.describe()
    assert f"; on fresh runs 3 patches did not hold, the last of them: {last} (" in found.ended
    refuted = {trial.patch.id for trial in found.confirmations}
    assert len(refuted) == 3 and found.best.patch.id not in refuted


def test_what_was_no_better_or_did_not_hold_is_no_best_so_far():
    assert mend(subject(options=(USELESS, WORSE, CRASH), goal=0.95)).best is None
    toy = subject(options=(USELESS, WORSE))
    honest = toy._score

    def lucky(patch, seed):
        screening = seed // 100_000 == list(Purpose).index(Purpose.SCREEN)
        return honest(patch, seed) + (0.08 if screening and patch.changes == USELESS else 0)

    toy._score = lucky
    found = mend(toy)
    assert found.best is None and found.confirmed is None
    assert [trial.patch.changes for trial in found.confirmations] == [USELESS]
    assert "; on fresh runs this did not hold: batch=64 (" in found.ended
    near = nearest(found.trials)  # what an exact kind reports
    assert near.patch.changes == USELESS and near.verdict.outcome is Outcome.IMPROVED


def test_the_larger_sample_of_a_patch_speaks_for_it():
    """Two changes are lucky on the runs of the search; those for minimising show that they are no better."""
    both = (*USELESS, *WORSE)
    toy = subject(options=(both,))
    honest, measure, again = toy._score, toy.try_out, set()

    def once(patch, seed):
        lucky = patch.changes == both and seed not in again
        again.add(seed)
        return honest(patch, seed) + (0.2 if lucky else 0)

    def stopped(patch, draw):
        if draw.purpose is Purpose.CONFIRM:
            raise KeyboardInterrupt
        return measure(patch, draw)

    toy._score, toy.try_out = once, stopped
    found = mend(toy)
    outcomes = [trial.verdict.outcome for trial in found.trials if trial.patch.changes == both]
    assert outcomes == [Outcome.IMPROVED, Outcome.NO_EFFECT]
    assert found.interrupted and found.best is None


def test_the_budget_ends_the_search():
    toy = subject(options=tuple((("batch", str(n)),) for n in range(500)))
    meter = Meter(Budget("runs", 20), unit_seconds=1.0)
    measure = toy._score

    def counted(patch, seed):
        meter.ran(0.0)
        return measure(patch, seed)

    toy._score = counted
    found = repair(toy, Plan(), meter, Watcher())
    assert found.ended == "the budget is spent"
    assert 4 <= len(found.trials) <= 6  # 20 runs at 5 a trial, and what was under way


def test_an_interruption_hands_over_the_best_so_far():
    toy = subject(options=(FIX, *[(("batch", str(n)),) for n in range(50)]), goal=1.5, interrupt_after=40)
    found = mend(toy)
    assert found.interrupted
    assert found.best.patch.changes == FIX


def test_every_trial_is_recorded_before_it_is_told():
    written = []
    watch = Watcher(record=lambda kind, data: written.append((kind, data["number"])))
    found = mend(subject(goal=0.95), watch=watch)
    assert next(kind for kind, _ in written) == "control"
    assert [number for kind, number in written if kind == "trial"] == [trial.number for trial in found.trials]
    assert written[-1][0] == "confirm"


def test_equal_seeds_give_equal_repairs_whatever_the_number_of_lanes():
    told = [[trial.patch.id for trial in mend(subject(goal=0.95), lanes=lanes).trials][:4] for lanes in (1, 2, 4)]
    assert told[0] == told[1] == told[2]


def test_costs_are_stated_by_phase():
    assert {"observe", "control", "search", "confirm"} <= mend(subject(goal=0.95)).costs.keys()


def test_of_two_patches_under_way_that_meet_the_goal_the_better_is_taken():
    good, better = (("loss", "good"),), (("loss", "good"), ("batch", "64"))
    toy = subject(options=(good, better), goal=0.95)
    honest = toy._score
    toy._score = lambda patch, seed: honest(patch, seed) + (0.05 if ("batch", "64") in patch.changes else 0)
    assert mend(toy).confirmed.patch.changes == better
    assert mend(toy, lanes=1).confirmed.patch.changes == good
