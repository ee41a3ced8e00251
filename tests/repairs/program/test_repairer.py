"""The five steps on trainings that are played: what is run, how, and what it amounts to."""

import statistics
from dataclasses import replace

import numpy as np
import pytest

from netmend.core.discover import contributions
from netmend.core.errors import EnvironmentFault, SubjectError
from netmend.core.records import Draw, Outcome, Purpose
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.repairs.program.repairer import HOLD_OUT, SHORTEST_LIMIT, SLOWER, ProgramRepairer
from netmend.training.runs import Limits
from netmend.training.trace import RunEnd

AUTO = contributions("netmend.repairs.program.proposers", ProposerKind)["auto"].value
BASELINE = Draw(Purpose.BASELINE, tuple(range(5)))
SCREEN = Draw(Purpose.SCREEN, (200, 201, 202))
CONFIRM = Draw(Purpose.CONFIRM, tuple(range(300, 305)))
CONTROL = Draw(Purpose.CONTROL, tuple(range(100, 105)))


@pytest.fixture
def make_repairer(make_subject, make_measurer):
    def make(observed=True, **subject):
        repairer = ProgramRepairer(make_measurer(make_subject(**subject)), AUTO)
        if observed:
            repairer.observe(BASELINE)
        return repairer

    return make


@pytest.fixture
def patch(make_subject, patch_of):
    return lambda **values: patch_of(make_subject().program, **values)


def requests(played):
    return [asked.request for asked in played.asked]


# --- observe ----------------------------------------------------------------------------------------------------------


def test_the_baseline_is_watched_in_full_and_its_weights_are_kept(make_repairer, played):
    observation = make_repairer().observation
    assert sorted(request.seed for request in requests(played)) == list(BASELINE.seeds)
    assert all(request.detail == "full" and request.checkpoint_out is not None for request in requests(played))
    assert all(request.hold_out == 0 for request in requests(played))
    assert observation.metric_reason.startswith("accuracy")
    assert len(observation.traces) == len(observation.evidence.runs) == 5
    assert observation.elements


def test_scores_are_shares_of_right_answers_on_each_half(make_repairer):
    """The share is computed anew from the predictions, row by row."""
    observation = make_repairer().observation
    for run in observation.evidence.runs:
        with np.load(run.result.trace.evaluation.file) as rows:
            right = [
                int(np.argmax(given) == label) for given, label in zip(rows["y_pred"], rows["y_true"], strict=True)
            ]
            hashes = rows["row_hash"]
        search = observation.split.side(hashes)
        for rows_named, chosen in (("search", search), ("report", ~search)):
            shares = [one for one, wanted in zip(right, chosen, strict=True) if wanted]
            assert getattr(run.scores, rows_named) == pytest.approx(statistics.mean(shares))


def test_the_unit_of_the_budget_is_the_median_run(make_repairer, played):
    repairer = make_repairer()
    times = sorted(run.result.seconds + run.result.overhead_seconds for run in repairer.observation.evidence.runs)
    assert repairer._measurer.meter.unit_seconds == times[2] > 0


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ({"ends": {"keras": RunEnd.CRASHED}}, SubjectError, "the program crashed"),
        ({"ends": {"keras": RunEnd.TIMED_OUT}}, SubjectError, "the program"),
        ({"ends": {"keras": RunEnd.OUT_OF_MEMORY}}, SubjectError, "ran out of memory"),
        ({"ends": {"keras": RunEnd.NOT_STARTED}}, EnvironmentFault, "the program"),
        ({"trains": False}, SubjectError, "no training was seen"),
        ({"evaluates": False, "can_hold_out": False}, SubjectError, "no metric can be measured"),
    ],
)
def test_a_program_that_cannot_be_watched_is_refused_after_one_run(make_repairer, played, fault, error, message):
    for name, value in fault.items():
        setattr(played, name, value)
    with pytest.raises(error, match=message) as raised:
        make_repairer()
    assert len(played.asked) == 1
    assert raised.value.hint


def test_a_program_without_evaluation_data_is_run_again_with_rows_withheld_and_stays_so(make_repairer, played, patch):
    played.evaluates = False
    repairer = make_repairer()
    first, *rest = requests(played)
    assert (first.seed, first.hold_out) == (0, 0.0)
    assert sorted((request.seed, request.hold_out) for request in rest) == [(seed, HOLD_OUT) for seed in range(5)]
    assert repairer.observation.hold_out == HOLD_OUT
    played.asked.clear()
    repairer.try_out(patch(learning_rate=0.1), SCREEN)
    repairer.try_out(patch(learning_rate=0.1), CONFIRM)
    assert {request.hold_out for request in requests(played)} == {HOLD_OUT}


# --- try out ----------------------------------------------------------------------------------------------------------


def test_a_patch_at_a_larger_share_of_the_epochs_goes_on_from_its_smaller_one(make_repairer, played, patch):
    """Six epochs: a ninth is one, a third is two; a run of another seed or patch starts anew."""
    repairer, tried = make_repairer(), patch(learning_rate=0.1)
    for effort in (1 / 9, 1 / 3):
        repairer.try_out(tried, replace(SCREEN, seeds=SCREEN.seeds[:1], effort=effort))
    played.asked.clear()
    whole = repairer.try_out(tried, SCREEN)
    assert whole.continued
    by_seed = {request.seed: request for request in requests(played)}
    assert [by_seed[seed].initial_epoch for seed in SCREEN.seeds] == [2, 0, 0]
    assert (by_seed[200].checkpoint_in.parent / "log.txt").is_file() and by_seed[201].checkpoint_in is None
    played.asked.clear()
    assert not repairer.try_out(patch(learning_rate=0.05), SCREEN).continued
    assert not repairer.try_out(tried, CONFIRM).continued, "what decides is trained in full"


def test_a_longer_training_at_a_share_of_the_epochs_does_not_start_from_a_longer_one(make_repairer, played, patch):
    """Twelve epochs instead of six, a third of them: the baseline has been trained for more than those four."""
    repairer = make_repairer()
    played.asked.clear()
    repairer.try_out(patch(epochs=12), replace(SCREEN, seeds=SCREEN.seeds[:1], effort=1 / 3))
    assert [(request.checkpoint_in, request.initial_epoch) for request in requests(played)] == [(None, 0)]


def test_a_promising_patch_gets_every_run_it_asked_for(make_repairer, played, patch):
    repairer = make_repairer()
    played.asked.clear()
    evidence = repairer.try_out(patch(learning_rate=0.1), SCREEN)
    assert tuple(run.seed for run in evidence.runs) == SCREEN.seeds
    assert not evidence.stopped and not evidence.continued
    assert all("learning_rate=0.1" in asked.text for asked in played.asked)
    assert {request.detail for request in requests(played)} == {"score"}


@pytest.mark.parametrize("fault", ["worse", "crash"])
def test_a_hopeless_patch_is_given_up_after_one_run(make_repairer, played, patch, fault):
    repairer = make_repairer()
    played.asked.clear()
    played.right = lambda values: 0.1
    if fault == "crash":
        played.ends["learning_rate=0.1"] = RunEnd.CRASHED
    evidence = repairer.try_out(patch(learning_rate=0.1), SCREEN)
    assert len(played.asked) == len(evidence.runs) == 1
    assert evidence.stopped
    assert repairer.judge(repairer.observation.evidence, evidence).outcome in (Outcome.INVALID, Outcome.NO_EFFECT)


@pytest.mark.parametrize("draw", [CONFIRM, CONTROL], ids=["confirm", "control"])
def test_samples_that_decide_are_complete_however_bad_they_look(make_repairer, played, patch, draw):
    repairer = make_repairer()
    played.asked.clear()
    played.right = lambda values: 0.1
    evidence = repairer.try_out(patch(learning_rate=0.1), draw)
    assert tuple(run.seed for run in evidence.runs) == draw.seeds
    assert len(played.asked) == 5 and not evidence.stopped


def test_confirming_is_watched_in_full(make_repairer, played, patch):
    repairer = make_repairer()
    played.asked.clear()
    repairer.try_out(patch(learning_rate=0.1), CONFIRM)
    assert {request.detail for request in requests(played)} == {"full"}


def test_a_longer_training_is_screened_from_the_weights_of_the_baseline(make_repairer, played, patch):
    repairer = make_repairer()
    kept = {run.result.log.parent / "checkpoint.npz" for run in repairer.observation.evidence.runs}
    played.asked.clear()
    played.right = lambda values: 0.5 + values["epochs"] / 100
    evidence = repairer.try_out(patch(epochs=12), SCREEN)
    assert evidence.continued
    assert len(played.asked) == 3
    assert {request.initial_epoch for request in requests(played)} == {6}
    used = [request.checkpoint_in for request in requests(played)]
    assert len(set(used)) == 3 and set(used) <= kept, "each goes on from weights of its own"


def test_a_patch_starts_from_the_trained_weights_its_proposer_names(make_subject, make_measurer, played, patch):
    begun = []
    kind = replace(AUTO, start=lambda start: begun.append(start), by_symptoms=True)
    repairer = ProgramRepairer(make_measurer(make_subject()), kind)
    observation = repairer.observe(BASELINE)
    repairer.propose(observation, repairer.diagnose(observation))
    first, second = patch(learning_rate=0.1), patch(learning_rate=0.2)
    begun[0].go_on(first, repairer.nothing())
    begun[0].go_on(second, first)
    used = []
    for each in (first, second):
        played.asked.clear()
        assert repairer.try_out(each, SCREEN).continued
        assert {request.detail for request in requests(played)} == {"full"}
        assert {request.initial_epoch for request in requests(played)} == {0}
        used.append({request.weights_in.parent for request in requests(played)})
        kept = {request.result for request in requests(played)}
    assert used[0] <= {run.result.log.parent for run in observation.evidence.runs}
    assert not used[0] & used[1] and not used[1] & kept
    played.asked.clear()
    repairer.try_out(second, CONFIRM)
    assert {request.weights_in for request in requests(played)} == {None}, "what is confirmed starts afresh"


@pytest.mark.parametrize("draw", [CONFIRM, CONTROL], ids=["confirm", "control"])
def test_a_longer_training_is_confirmed_from_the_very_beginning(make_repairer, played, patch, draw):
    repairer = make_repairer()
    played.asked.clear()
    assert not repairer.try_out(patch(epochs=12), draw).continued
    assert {(request.checkpoint_in, request.initial_epoch) for request in requests(played)} == {(None, 0)}


def test_a_longer_training_that_changes_something_else_too_begins_anew(make_repairer, played, patch):
    repairer = make_repairer()
    played.asked.clear()
    assert not repairer.try_out(patch(epochs=12, learning_rate=0.1), SCREEN).continued
    assert {request.checkpoint_in for request in requests(played)} == {None}


def test_without_enough_kept_weights_a_longer_training_begins_anew(make_repairer, played, patch):
    repairer = make_repairer()
    for run in repairer.observation.evidence.runs[:3]:
        (run.result.log.parent / "checkpoint.npz").unlink()
    assert not repairer.try_out(patch(epochs=12), SCREEN).continued


@pytest.mark.parametrize(
    ("values", "updates_ratio"),
    [({"learning_rate": 0.1}, 1), ({"epochs": 30}, 5), ({"batch_size": 4}, 4), ({"epochs": 1}, 1 / 6)],
)
def test_screening_runs_are_bounded_by_what_is_expected_of_them(make_repairer, played, patch, values, updates_ratio):
    """A played run is 1.25 s of start-up and 1 s of training an epoch, in proportion to its updates."""
    repairer = make_repairer()
    played.asked.clear()
    repairer.try_out(patch(**values), SCREEN)
    expected = 1.25 + 6 * updates_ratio
    (limit,) = {request.limits.seconds for request in requests(played)}
    assert limit == pytest.approx(max(SHORTEST_LIMIT, SLOWER * expected))


def test_the_user_s_own_limit_is_never_exceeded_and_alone_bounds_what_decides(make_repairer, played, patch):
    repairer = make_repairer(limits=Limits(seconds=30.0))
    played.asked.clear()
    repairer.try_out(patch(epochs=60), SCREEN)
    repairer.try_out(patch(epochs=60), CONFIRM)
    assert {request.limits.seconds for request in requests(played)} == {30.0}


def test_a_patch_that_is_measured_by_other_labels_is_noticed_and_refused(make_repairer, played, patch):
    repairer = make_repairer()
    played.relabels = "learning_rate=0.1"
    for draw in (SCREEN, CONFIRM):
        evidence = repairer.try_out(patch(learning_rate=0.1), draw)
        assert evidence.changed_evaluation
        assert repairer.judge(repairer.observation.evidence, evidence).outcome is Outcome.INVALID


# --- judge, and the questions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "outcome"), [(0.8, Outcome.PLAUSIBLE), (None, Outcome.IMPROVED), (0.99, Outcome.IMPROVED)]
)
def test_a_patch_that_helps_is_plausible_if_it_meets_a_goal_and_improved_if_not(make_repairer, patch, goal, outcome):
    repairer = make_repairer(goal=goal)
    after = repairer.try_out(patch(learning_rate=0.1), CONFIRM)
    assert repairer.judge(repairer.observation.evidence, after).outcome is outcome


def test_nothing_changed_is_judged_a_repair_about_as_rarely_as_the_level_says(make_repairer):
    """At a level of 0.05 three or more of eight controls are accepted with a chance of 0.006."""
    repairer = make_repairer(goal=0.8)
    nothing = repairer.try_out(repairer.nothing(), replace(CONTROL, seeds=tuple(range(100, 140))))
    controls = [replace(nothing, runs=nothing.runs[first : first + 5]) for first in range(0, 40, 5)]
    verdicts = [repairer.judge(repairer.observation.evidence, control) for control in controls]
    assert not any(verdict.accepted for verdict in verdicts)
    assert sum(verdict.outcome is Outcome.IMPROVED for verdict in verdicts) <= 2


def test_a_goal_is_met_only_if_it_is_met_on_both_halves(make_repairer):
    repairer = make_repairer(goal=0.8)
    good = repairer.observation.evidence
    scored = [replace(run, scores=replace(run.scores, search=0.9, report=0.9)) for run in good.runs]
    half = [replace(run, scores=replace(run.scores, search=0.9, report=0.7)) for run in good.runs]
    assert repairer.satisfied(replace(good, runs=tuple(scored)))
    assert not repairer.satisfied(replace(good, runs=tuple(half)))
    assert not repairer.satisfied(good)


def test_without_a_goal_nothing_is_ever_satisfied(make_repairer, played):
    played.right = lambda values: 1.0
    repairer = make_repairer()
    assert not repairer.satisfied(repairer.observation.evidence)


def test_pooling_keeps_every_run_of_both_samples(make_repairer):
    repairer = make_repairer()
    one, other = repairer.observation.evidence, repairer.try_out(repairer.nothing(), CONTROL)
    both = repairer.pool(one, other)
    assert both.runs == one.runs + other.runs
    assert both.draw.seeds == BASELINE.seeds + CONTROL.seeds
    assert both.rows == one.rows


def test_a_smaller_patch_that_loses_is_not_kept(make_repairer, patch):
    repairer = make_repairer()
    good, bad = (repairer.try_out(patch(learning_rate=rate), CONFIRM) for rate in (0.1, 2.0))
    assert not repairer.keeps(good, bad)
    assert repairer.keeps(bad, good)


def test_a_diagnosis_names_the_fault_and_a_repaired_program_no_longer_has_it(make_repairer, patch):
    repairer = make_repairer()
    observation = repairer.observation
    before = repairer.diagnose(observation)
    assert "rate-unusual-for-optimiser" in {finding.name for finding in before.findings}
    assert before.suspects[0].label.startswith("learning-rate")
    mended = patch(learning_rate=0.01)
    after = repairer.rediagnose(observation, mended, repairer.try_out(mended, CONFIRM))
    assert "rate-unusual-for-optimiser" not in {finding.name for finding in after.findings}


def test_what_is_proposed_first_changes_the_first_suspect(make_repairer):
    repairer = make_repairer()
    proposer = repairer.propose(repairer.observation, repairer.diagnose(repairer.observation))
    proposal = proposer.ask()
    assert [change.kind for change in proposal.patch.changes] == ["learning-rate"]
    assert proposal.runs == 3, "of 10 runs before and 3 after: 1 / C(13, 3) = 1 / 286 < 0.01 < 1 / C(12, 2)"


def test_a_search_proposes_nothing_that_the_rest_of_its_budget_cannot_pay_for(make_subject, make_measurer, played):
    measurer = make_measurer(make_subject(), budget="2runs")
    repairer = ProgramRepairer(measurer, AUTO)
    observation = repairer.observe(BASELINE)
    proposer = repairer.propose(observation, repairer.diagnose(observation))
    proposed = [proposal.patch for proposal in (proposer.ask() for _ in range(60)) if proposal is not None]
    assert proposed
    for patch in proposed:
        epochs = [int(change.after) for change in patch.changes if change.kind == "epochs"]
        assert all((1.25 + epoch) / 7.25 <= 2 for epoch in epochs), patch.describe()
