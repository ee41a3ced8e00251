"""The toys do what they say, so that a test that plays with them tests the player."""

import statistics

import pytest

from netmend.core.records import Draw, Outcome, Purpose
from netmend.testing.toys import ToyPatch, ToySubject

SEEDS = tuple(range(200))


def draw(seeds=SEEDS[:5]):
    return Draw(Purpose.SCREEN, seeds)


def subject(**changes):
    return ToySubject({"loss": "bad", "rate": "bad"}, {"loss": "good", "rate": "good"}, **changes)


FIX_LOSS, FIX_RATE = (("loss", "good"),), (("rate", "good"),)


@pytest.mark.parametrize(("changes", "lost"), [((), 0.4), (FIX_LOSS, 0.1), (FIX_RATE, 0.3), (FIX_LOSS + FIX_RATE, 0)])
def test_each_wrong_setting_costs_its_weight(changes, lost):
    toy = subject(weights={"loss": 0.3}, noise=0.0)
    assert toy.try_out(ToyPatch(changes), draw()).scores == pytest.approx([1 - lost] * 5)


def test_scores_spread_as_stated_and_depend_on_the_seed_alone():
    scores = subject(noise=0.05).try_out(ToyPatch(), draw(SEEDS)).scores
    assert statistics.stdev(scores) == pytest.approx(0.05, rel=0.2)
    assert statistics.mean(scores) == pytest.approx(0.8, abs=0.02)
    assert subject(noise=0.05).try_out(ToyPatch(), draw(SEEDS)).scores == scores


def test_a_setting_that_crashes_has_no_score():
    toy = subject(crashing=frozenset(FIX_LOSS))
    evidence = toy.try_out(ToyPatch(FIX_LOSS), draw())
    assert set(evidence.scores) == {None}
    assert toy.judge(toy.try_out(ToyPatch(), draw()), evidence).outcome is Outcome.INVALID


def test_every_run_is_counted_and_an_interruption_comes_after_the_stated_number():
    toy = subject(interrupt_after=7)
    toy.try_out(ToyPatch(), draw())
    assert toy.runs_made == 5
    with pytest.raises(KeyboardInterrupt):
        toy.try_out(ToyPatch(), draw())
    assert toy.runs_made == 8


def test_a_patch_is_the_same_whatever_the_order_of_its_changes():
    assert ToyPatch(FIX_LOSS + FIX_RATE).id == ToyPatch(FIX_RATE + FIX_LOSS).id != ToyPatch(FIX_LOSS).id


def test_a_smaller_patch_undoes_one_change(tmp_path):
    both = ToyPatch(FIX_LOSS + FIX_RATE)
    assert {patch.changes for patch in both.smaller()} == {FIX_LOSS, FIX_RATE}
    assert both.size == 2 and not list(ToyPatch().smaller())
    both.write(tmp_path)
    assert (tmp_path / "settings.txt").read_text() == both.describe() == "loss=good, rate=good"


def test_a_judge_that_believes_anything_accepts_what_an_honest_one_does_not():
    for believes, outcome in ((False, Outcome.NO_EFFECT), (True, Outcome.IMPROVED)):
        toy = subject(believes_anything=believes)
        before, again = toy.try_out(ToyPatch(), draw()), toy.try_out(ToyPatch(), draw(SEEDS[:5]))
        assert toy.judge(before, again).outcome is outcome


def test_the_goal_must_hold_in_every_run():
    toy = subject(noise=0.05, goal=0.8)
    scores = toy.try_out(ToyPatch(), draw(SEEDS)).scores
    assert min(scores) < 0.8 < max(scores)
    assert not toy.satisfied(toy.try_out(ToyPatch(), draw(SEEDS)))
    assert toy.satisfied(toy.try_out(ToyPatch(FIX_LOSS + FIX_RATE), draw()))
    assert not subject().satisfied(toy.try_out(ToyPatch(FIX_LOSS + FIX_RATE), draw()))


def test_options_are_proposed_in_order():
    toy = subject(options=(FIX_LOSS, FIX_RATE))
    observation = toy.observe(draw())
    proposer = toy.propose(observation, toy.diagnose(observation))
    assert [proposer.ask().patch.changes for _ in range(2)] == [FIX_LOSS, FIX_RATE]
    assert proposer.ask() is None
