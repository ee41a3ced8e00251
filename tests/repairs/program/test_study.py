"""A whole repair on played trainings: what it hands over, and how a study is continued."""

import shlex
import subprocess
from dataclasses import replace

import pytest

from netmend.core.budget import Budget
from netmend.core.errors import StudyChanged, StudyInUse, SubjectError, UsageError
from netmend.core.exhibits import DiffExhibit
from netmend.core.ledger import Ledger
from netmend.core.records import Outcome, Purpose
from netmend.program.source import Program
from netmend.repairs.program import study
from netmend.repairs.program.study import Options, diagnose_program, exit_status, repair_program, report_facts
from netmend.report.document import document
from netmend.training.runs import Limits
from netmend.training.subject import MetricRequirement
from netmend.training.trace import RunEnd

HOPELESS = 0.3


@pytest.fixture(autouse=True)
def trainings_are_played(monkeypatch, played):
    monkeypatch.setattr(study, "executor_for", lambda kind, preload: played)


@pytest.fixture
def options(tmp_path):
    return Options(tmp_path / "study", Budget.parse("30runs"), runs=4)


def two_faults(values):
    """Both the rate and the loss are wrong; either alone helps a little."""
    return 0.3 + 0.3 * (values["learning-rate"] <= 0.2) + 0.35 * (values["epochs"] >= 10)


def diff_of(found):
    (diff,) = [shown.diff for shown in found.exhibits if isinstance(shown, DiffExhibit)]
    return diff


def told(found):
    """What a search did, without times."""
    return [(trial.patch.id, trial.draw, trial.verdict, trial.proposed_by) for trial in found.repair.trials]


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_the_faulty_element_is_changed_and_git_applies_the_diff(make_subject, options, user_text):
    subject = make_subject(goal=0.8)
    before = user_text()
    found = repair_program(subject, options)
    assert exit_status(found) == 0
    assert [change.kind for change in found.patch.changes] == ["learning-rate"]
    assert found.repair.confirmed.verdict.outcome is Outcome.PLAUSIBLE
    assert user_text() == before
    subprocess.run(["git", "apply"], input=diff_of(found), text=True, cwd=subject.program.folder, check=True)
    assert user_text() == found.patch.patched_program().main.text != before


def test_a_repair_of_two_elements_keeps_both_and_nothing_else(make_subject, options, played):
    played.right = two_faults
    found = repair_program(make_subject(goal=0.9), replace(options, budget=Budget.parse("200runs"), seed=1))
    assert sorted(change.kind for change in found.patch.changes) == ["epochs", "learning-rate"]


def test_what_is_handed_over_held_on_seeds_that_no_decision_has_used(make_subject, options, played):
    found = repair_program(make_subject(goal=0.8), options)
    confirmed = found.repair.confirmed
    assert confirmed.draw.purpose is Purpose.CONFIRM and len(confirmed.evidence.runs) == options.runs
    text = found.patch.patched_program().main.text
    used = [asked.request.seed for asked in played.asked if asked.text != text]
    used += [seed for trial in found.repair.trials for seed in trial.draw.seeds]
    assert not set(confirmed.draw.seeds) & set(used)


def test_nothing_is_left_behind_but_the_study(make_subject, options, temporary, played):
    subject = make_subject(goal=0.8)
    repair_program(subject, options)
    assert not list(temporary.iterdir())
    assert [path.name for path in subject.program.folder.iterdir()] == ["train.py"]
    assert played.closed


def test_a_program_that_meets_its_goal_costs_its_baseline_and_no_more(make_subject, options, played):
    found = repair_program(make_subject(goal=0.2), options)
    assert found.repair.nothing_to_repair and found.patch is None
    assert exit_status(found) == 0
    assert len(played.asked) == options.runs


def test_without_a_better_program_there_is_no_patch(make_subject, options, played):
    played.right = lambda values: HOPELESS
    found = repair_program(make_subject(goal=0.8), options)
    assert found.patch is None and exit_status(found) == 1


def test_better_but_short_of_the_goal_is_shown_and_not_handed_over(make_subject, options):
    found = repair_program(make_subject(goal=0.99), options)
    assert found.repair.confirmed.verdict.outcome is Outcome.IMPROVED
    assert found.patch is None and exit_status(found) == 1
    assert "learning_rate" in diff_of(found)


def test_without_a_goal_better_is_handed_over(make_subject, options):
    found = repair_program(make_subject(), options)
    assert found.patch is not None and exit_status(found) == 0


def test_a_budget_of_runs_is_kept_to_up_to_the_trials_under_way(make_subject, options, played):
    played.right = lambda values: HOPELESS
    found = repair_program(make_subject(goal=0.8), replace(options, budget=Budget.parse("6runs")))
    costs = {phase: cost.runs for phase, cost in found.repair.costs.items()}
    assert 6 <= costs["search"] <= 6 + 2 * options.lanes
    assert costs["observe"] == costs["control"] == options.runs
    assert sum(costs.values()) == len(played.asked)


def test_a_budget_counts_the_clock_or_the_processor(make_subject, options):
    counted = {}
    for processor_time in (False, True):
        given = replace(options, folder=options.folder / str(processor_time), processor_time=processor_time)
        with study.open_study(make_subject(), given, study.Watch(), None) as (repairer, plan, meter, _, _):
            repairer.observe(plan.draw(Purpose.BASELINE, 4))
            counted[processor_time] = meter.unit_seconds
            assert meter.costs["observe"].run_seconds == pytest.approx(4 * meter.unit_seconds)
    assert counted[False] - counted[True] == pytest.approx(0.25), "what a played run costs beyond its processor time"


def test_a_program_that_cannot_be_observed_ends_the_study_and_frees_everything(
    make_subject, options, played, temporary
):
    played.ends["keras"] = RunEnd.CRASHED
    with pytest.raises(SubjectError):
        repair_program(make_subject(), options)
    assert not list(temporary.iterdir())
    Ledger(options.folder).close()  # the lock is free


def test_a_diagnosis_makes_the_baseline_runs_and_names_the_fault(make_subject, options, played):
    found = diagnose_program(make_subject(), options)
    assert len(played.asked) == options.runs
    assert found.diagnosis.suspects[0].label.startswith("learning-rate")
    assert not any(isinstance(shown, DiffExhibit) for shown in found.exhibits)


# --- going on ---------------------------------------------------------------------------------------------------------


def resumed(options, **changes):
    return replace(options, resume=True, **changes)


def test_a_finished_study_is_repeated_without_a_single_run(make_subject, options, played):
    subject = make_subject(goal=0.8)
    first = repair_program(subject, options)
    paid = len(played.asked)
    again = repair_program(subject, resumed(options))
    assert len(played.asked) == paid
    assert told(again) == told(first)
    assert again.patch.id == first.patch.id and diff_of(again) == diff_of(first)
    assert {phase: cost.runs for phase, cost in again.repair.costs.items()} == {
        phase: cost.runs for phase, cost in first.repair.costs.items()
    }


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("after", [9, 14, 20])
def test_an_interrupted_study_goes_on_where_it_was(make_subject, options, played, tmp_path, after, lanes):
    """Interrupted and resumed it does exactly what it does when it is left alone.

    Each run is paid for once, except those of other lanes that the interruption cut short.
    """
    played.right = two_faults
    options = replace(options, lanes=lanes, budget=Budget.parse("200runs"))
    subject = make_subject(goal=0.9)
    whole = repair_program(subject, replace(options, folder=tmp_path / "whole"))
    paid = len(played.asked)
    assert paid > after
    played.asked.clear()
    played.interrupt_after = after
    cut = repair_program(subject, options)
    assert cut.repair.interrupted
    assert exit_status(cut) == 130
    assert told(cut) == told(whole)[: len(told(cut))]
    played.interrupt_after = None
    rest = repair_program(subject, resumed(options))
    assert told(rest) == told(whole)
    assert paid <= len(played.asked) <= paid + lanes - 1


def test_an_interruption_while_watching_leaves_a_study_to_go_on_with(make_subject, options, played):
    played.interrupt_after = 2
    with pytest.raises(KeyboardInterrupt):
        repair_program(make_subject(goal=0.8), options)
    played.interrupt_after = None
    assert repair_program(make_subject(goal=0.8), resumed(options)).patch is not None


def test_the_budget_may_change_and_pays_for_nothing_twice(make_subject, options, played):
    played.right = lambda values: HOPELESS
    subject = make_subject(goal=0.8)
    first = repair_program(subject, replace(options, budget=Budget.parse("8runs")))
    paid = len(played.asked)
    more = repair_program(subject, resumed(options, budget=Budget.parse("16runs")))
    assert len(played.asked) > paid and len(told(more)) > len(told(first))
    made = [
        (asked.text, asked.request.seed, asked.request.initial_epoch, asked.request.detail) for asked in played.asked
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"text": "epochs=7"}, "program"),
        ({"arguments": ("--more",)}, "arguments"),
        ({"python": "python4"}, "python"),
        ({"environment": {"A": "b"}}, "program"),
        ({"limits": Limits(seconds=9)}, "timeout"),
        ({"limits": Limits(memory=2**20)}, "memory"),
        ({"requirement": MetricRequirement("f1", 0.8)}, "metric"),
        ({"requirement": MetricRequirement(None, 0.7)}, "goal"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_study_is_not_continued_about_something_else(make_subject, options, played, change, named):
    subject = make_subject(goal=0.8)
    repair_program(subject, options)
    paid = len(played.asked)
    if "text" in change:
        text = subject.program.main.text.replace("epochs=6", change["text"])
        other = replace(subject, program=Program.from_text(text))
    else:
        other = replace(subject, **change)
    with pytest.raises(StudyChanged, match=named):
        repair_program(other, resumed(options))
    assert len(played.asked) == paid


@pytest.mark.parametrize(("change", "named"), [({"runs": 3}, "runs"), ({"seed": 1}, "seed")])
def test_a_study_is_not_continued_with_other_samples(make_subject, options, change, named):
    repair_program(make_subject(goal=0.8), options)
    with pytest.raises(StudyChanged, match=named):
        repair_program(make_subject(goal=0.8), resumed(options, **change))


def test_how_many_lanes_there_are_changes_nothing_until_a_patch_meets_the_goal(make_subject, options, tmp_path):
    subject = make_subject(goal=0.8)
    found = [
        repair_program(subject, replace(options, folder=tmp_path / str(lanes), lanes=lanes)).repair for lanes in (1, 2)
    ]
    searches = []
    for repair in found:
        first = next(at for at, trial in enumerate(repair.trials) if trial.verdict.accepted)
        searches.append([(trial.patch.id, trial.verdict.outcome) for trial in repair.trials[: first + 1]])
    assert searches[0] == searches[1]
    assert all(repair.confirmed.verdict.accepted for repair in found)


def test_a_study_is_never_begun_over_another(make_subject, options):
    repair_program(make_subject(goal=0.8), options)
    with pytest.raises(UsageError, match="there is a study in this folder"):
        repair_program(make_subject(goal=0.8), options)


def test_there_must_be_a_study_to_resume(make_subject, options):
    with pytest.raises(UsageError, match="no study to resume"):
        repair_program(make_subject(), resumed(options))
    assert not options.folder.exists()


def test_a_study_has_one_owner_at_a_time(make_subject, options):
    with Ledger(options.folder), pytest.raises(StudyInUse):
        repair_program(make_subject(), options)


@pytest.mark.parametrize(("change", "message"), [({"runs": 2}, "too few"), ({"proposer": "oracle"}, "auto")])
def test_what_cannot_work_is_refused_before_anything_is_run(make_subject, options, played, change, message):
    with pytest.raises(UsageError, match=message):
        repair_program(make_subject(), replace(options, **change))
    assert not played.asked


# --- what is said of it -----------------------------------------------------------------------------------------------


def test_trials_are_written_down_once_however_often_the_study_is_resumed(make_subject, options):
    found = repair_program(make_subject(goal=0.8), options)
    repair_program(make_subject(goal=0.8), resumed(options))
    with Ledger(options.folder) as ledger:
        assert len(list(ledger.of_kind("trial"))) == len(found.repair.trials)
        assert len(list(ledger.of_kind("control"))) == len(list(ledger.of_kind("confirm"))) == 1
        assert len(list(ledger.of_kind("study"))) == 1


def test_damage_of_the_journal_is_told_and_the_rest_is_used(make_subject, options, played):
    repair_program(make_subject(goal=0.8), options)
    paid = len(played.asked)
    journal = options.folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    damaged = next(number for number, line in enumerate(lines) if b'"kind":"run"' in line)
    lines[damaged] = lines[damaged].replace(b"finished", b"finisheD")
    journal.write_bytes(b"".join(lines))
    found = repair_program(make_subject(goal=0.8), resumed(options))
    assert any("damaged" in warning for warning in found.warnings)
    assert len(played.asked) == paid + 1, "the one run that was lost is made again"
    assert found.patch is not None


def test_everyone_who_wants_to_know_of_runs_is_told(make_subject, options, played):
    heard = []
    repair_program(make_subject(goal=0.8), options, noticed=heard.append)
    assert sorted(result.log for result in heard) == sorted(asked.request.result / "log.txt" for asked in played.asked)


def test_the_command_that_gives_the_same_again_names_what_was_unusual(make_subject, options):
    subject = make_subject(
        goal=0.8, metric="accuracy", arguments=("--data", "a b"), limits=Limits(seconds=90.0, memory=2**30)
    )
    found = repair_program(subject, options)
    (command,) = report_facts(subject, options, found)["reproduce"]
    words = shlex.split(command)
    assert words[:3] == ["netmend", "repair", str(subject.program.folder / "train.py")]
    for pair in (
        ["--metric", "accuracy"], ["--goal", "0.8"], ["--budget", "30runs"], ["--seeds", "4"], ["--seed", "0"],
        ["--timeout", "90"], ["--memory", "1"], ["--python", "python3"], ["--", "--data", "a b"],
    ):  # fmt: skip
        at = words.index(pair[0])
        assert words[at : at + len(pair)] == pair


def test_methods_are_cited_only_if_they_were_used(make_subject, options):
    subject = make_subject(goal=0.8)
    found = repair_program(subject, options)
    used = report_facts(subject, options, found)["references"]
    assert "mann-whitney" in used
    assert ("1-minimal" in used) == ("minimise" in found.repair.costs)
    healthy = repair_program(make_subject(goal=0.2), replace(options, folder=options.folder.with_name("other")))
    assert report_facts(subject, options, healthy)["references"] == ()


def test_a_control_that_fails_ends_the_search_and_keeps_the_diagnosis(make_subject, options, played):
    """Its runs come out better than any others, as if the number of a run decided."""
    run = played.run

    def better_as_a_control(request):
        played.right = lambda values: 0.9 if request.seed // 100_000 == list(Purpose).index(Purpose.CONTROL) else 0.3
        return run(request)

    played.run = better_as_a_control
    subject = make_subject()
    found = repair_program(subject, options)
    assert exit_status(found) == 3 and found.patch is None and not found.repair.trials
    page = document(found.repair, status=exit_status(found), **report_facts(subject, options, found))
    assert page.conclusion.result == "control-failed"
    assert {change.finding.name for change in page.findings} and page.suspects
    assert "--seeds" in page.warnings[0]
    assert found.repair.costs["control"].runs == 3 * options.runs  # two controls, and a baseline for the second
