"""Points become patches and scores become losses, and nothing is paid for twice."""

import pytest

from netmend.repairs.program.proposers._sampled import MOST_REPEATS, sampled
from netmend.search import random


@pytest.fixture
def proposer(start, scripted):
    """A proposer over a scripted sampler, and the sampler."""

    def make(*asks, **changes):
        sampler = scripted(asks)
        return sampled(sampler.kind).start(start(**changes)), sampler

    return make


def described(proposal):
    return [(change.kind, change.after) for change in proposal.patch.changes]


def test_the_program_as_it_is_is_told_without_a_run(proposer):
    made, sampler = proposer((0, {}), (1, {"learning-rate": 0.5}))
    assert described(made.ask()) == [("learning-rate", "0.5")]
    assert sampler.told == [(0, -0.25)]


def test_a_point_is_a_patch_of_the_users_program_and_its_score_a_loss(proposer, trial):
    made, sampler = proposer((4, {"learning-rate": 0.123456, "epochs": 1, "units": -1, "loss": "mean_squared_error"}))
    proposal = made.ask()
    assert sorted(described(proposal)) == [("epochs", "54"), ("learning-rate", "0.12"), ("units", "16")]
    assert (proposal.runs, proposal.effort, proposal.reason) == (3, 1.0, "point 4 of the search space")
    made.tell(trial(proposal, 0.75))
    assert sampler.told == [(4, -0.75)]


@pytest.mark.parametrize("score", [None, float("nan"), float("inf")])
def test_a_trial_without_a_finite_score_is_no_loss(proposer, trial, score):
    made, sampler = proposer((1, {"learning-rate": 0.5}))
    made.tell(trial(made.ask(), score))
    assert sampler.told == [(1, None)]


def test_an_error_that_shrinks_is_a_loss_that_shrinks(proposer, trial):
    """`Verdict.score` of an error is its negative, so that greater is better everywhere."""
    made, sampler = proposer((1, {"learning-rate": 0.5}), (2, {"learning-rate": 0.1}), score=-6.7)
    for error in (6.0, 0.1):
        made.tell(trial(made.ask(), -error, metric="mean-absolute-error"))
    assert sampler.told == [(1, 6.0), (2, 0.1)]


def test_points_that_are_one_patch_share_its_answer(proposer, trial):
    same = {"learning-rate": 0.5001}, {"learning-rate": 0.4999}, {"learning-rate": 0.5}
    made, sampler = proposer((1, same[0]), (2, same[1]), (3, {"units": 1}), (4, same[2]), (5, {"units": -1}))
    first, second = made.ask(), made.ask()
    assert described(second) == [("units", "64")], "point 2 waits for point 1, which is under way"
    made.tell(trial(first, 0.5))
    assert sampler.told == [(1, -0.5), (2, -0.5)]
    assert described(made.ask()) == [("units", "16")]
    assert sampler.told == [(1, -0.5), (2, -0.5)], "point 4 is known, but is told after point 3"
    made.tell(trial(second, 0.75))
    assert sampler.told[2:] == [(3, -0.75), (4, -0.5)]


def test_what_cannot_be_written_is_told_as_a_failure(proposer):
    made, sampler = proposer((1, {"loss": "no_loss_of_keras", "units": 1}), (2, {"units": 1}))
    assert described(made.ask()) == [("units", "64")]
    assert sampler.told == [(1, None)]


def test_of_a_layer_that_is_removed_nothing_else_is_changed(proposer):
    made, _ = proposer((1, {"layer": None, "dropout-rate": 0.1}), (2, {"dropout-rate": 0.1}))
    assert described(made.ask()) == [("layer", "(removed)")]
    assert described(made.ask()) == [("dropout-rate", "0.1")]


def test_what_takes_far_too_long_to_train_is_told_as_a_failure(proposer):
    """Eight times the epochs cost 8 runs, a quarter of the rows in a batch 4, and both together 32."""
    made, sampler = proposer((1, {"epochs": 3, "batch-size": -2}), (2, {"epochs": 3}), (3, {"batch-size": -2}))
    assert described(made.ask()) == [("epochs", "216")]
    assert described(made.ask()) == [("batch-size", "25")]
    assert sampler.told == [(1, None)]


def test_the_points_do_not_depend_on_the_budget_until_it_is_spent(start, trial):
    asked = []
    for budget in (10.0, 1000.0):
        made = sampled(random.KIND).start(start(runs_left=lambda budget=budget: budget))
        asked.append([made.ask().patch.id for _ in range(10)])
    assert asked[0] == asked[1]
    assert sampled(random.KIND).start(start(runs_left=lambda: 0.0)).ask() is None


def test_lower_fidelities_are_a_share_of_the_epochs_in_one_run(proposer, trial):
    point = {"learning-rate": 0.5}
    made, sampler = proposer((1, point, 1 / 9), (2, point, 1 / 3, 1), (3, {}, 1 / 3), (4, point, 1.0, 2))
    assert sampler.problem.fidelities == (1 / 9, 1 / 3, 1.0)
    efforts = []
    for score in (0.3, 0.4, 0.5):
        proposal = made.ask()
        efforts.append((proposal.effort, proposal.runs))
        made.tell(trial(proposal, score))
    assert efforts == [(1 / 9, 1), (1 / 3, 1), (1.0, 3)]
    assert sampler.told == [(1, -0.3), (2, -0.4), (3, -0.25), (4, -0.5)], "the program as it is has one answer"


def test_a_sampler_that_awaits_answers_is_asked_again_when_they_have_come(proposer):
    made, sampler = proposer()
    assert made.ask() is None
    sampler.asks.append((1, {"learning-rate": 0.5}))
    assert made.ask() is not None


def test_it_ends_where_nothing_new_turns_up(proposer):
    made, sampler = proposer(*((number, {}) for number in range(10 * MOST_REPEATS)))
    assert made.ask() is None
    assert len(sampler.told) == MOST_REPEATS


def test_a_program_without_a_choice_has_nothing_to_propose(start):
    assert sampled(random.KIND).start(start("import keras\n")).ask() is None


def test_as_published_each_point_is_one_run_and_good_accuracy_ends_the_search(proposer, trial):
    points = [(number, {"learning-rate": float(number)}) for number in range(1, 9)]
    made, sampler = proposer(*points, as_published=True, runs_left=lambda: 0.1)
    assert sampler.problem.fidelities == (1.0,)
    first, second = made.ask(), made.ask()
    assert (first.runs, first.effort) == (1, 1.0)
    made.tell(trial(first, 0.98))
    third = made.ask()
    made.tell(trial(second, 0.99, metric="f1"))
    assert made.ask() is not None, "only accuracy ends it"
    made.tell(trial(third, 0.99))
    assert made.ask() is None


def test_the_report_names_the_implementation_and_what_is_searched(start, scripted, text):
    kind = sampled(scripted([]).kind, published=True)
    told = kind.describe(start())
    assert told.startswith("a test's own, over what can work in the program: ")
    assert "activation (3)" in told and "learning-rate" in told
    published = kind.describe(start(text("Dense(4)", "Dense(3)", "Dense(2)"), as_published=True))
    assert "over the published space" in published
