"""What is shown of a repair, compared with the runs it is shown of."""

import math
from dataclasses import replace

import pytest

from netmend.core.budget import Budget
from netmend.core.exhibits import Boxes, Curves, DiffExhibit, Facts, Listing
from netmend.repairs.program import exhibits, study
from netmend.repairs.program.study import Options, diagnose_program, repair_program
from netmend.report.document import document
from netmend.report.html import to_html
from netmend.report.markdown import to_markdown
from netmend.report.text import to_text


@pytest.fixture(autouse=True)
def trainings_are_played(monkeypatch, played):
    monkeypatch.setattr(study, "executor_for", lambda kind, preload: played)


@pytest.fixture
def options(tmp_path):
    return Options(tmp_path / "study", Budget.parse("12runs"), runs=4)


def of(found, kind):
    return [shown for shown in found.exhibits if isinstance(shown, kind)]


def test_a_confirmed_patch_is_shown_with_its_diff_and_its_changes_in_words(make_subject, options):
    found = repair_program(make_subject(goal=0.8), options)
    (diff,) = of(found, DiffExhibit)
    assert "git apply" in diff.caption
    assert diff.changes == tuple(str(change) for change in found.patch.changes)
    removed = [line for line in diff.diff.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert len(removed) == 1 and "learning_rate=3.0" in removed[0]


def test_what_did_not_hold_on_fresh_runs_is_not_shown(make_subject, options, played):
    """It is better on the seeds of the search and on no others, as a lucky patch is."""
    lucky = played.run

    def run(request):
        played.right = lambda values: 0.9 if values["learning-rate"] <= 0.2 and request.seed // 100_000 == 2 else 0.3
        return lucky(request)

    played.run = run
    found = repair_program(make_subject(goal=0.8), replace(options, lanes=1))
    assert found.repair.confirmed is None and found.repair.confirmations
    assert not of(found, DiffExhibit)
    (boxes,) = of(found, Boxes)
    assert [box.label for box in boxes.boxes] == ["before"]


def test_what_is_not_confirmed_says_so(make_subject, options, played):
    play = played.run

    def run(request):
        if request.seed // 100_000 == 3:  # of a confirm draw
            raise KeyboardInterrupt
        return play(request)

    played.run = run
    subject, options = make_subject(goal=0.8), replace(options, lanes=1)
    found = repair_program(subject, options)
    assert found.repair.interrupted and found.repair.confirmed is None
    (diff,) = of(found, DiffExhibit)
    assert "not confirmed" in diff.caption
    page = document(found.repair, status=130, **study.report_facts(subject, options, found))
    assert "\nPatch (not confirmed)\n" in to_text(page) and "\n### Patch (not confirmed)\n" in to_markdown(page)
    assert "<h2>The patch (not confirmed)</h2>" in to_html(page)


def test_suspects_are_marked_where_they_stand(make_subject, options):
    found = diagnose_program(make_subject(), options)
    (listing,) = of(found, Listing)
    lines = listing.text.splitlines()
    assert listing.marks
    rate = next(mark for mark in listing.marks if mark.label.startswith("learning-rate"))
    assert lines[rate.line - 1][rate.column - 1 :].startswith("3.0")
    assert rate.findings
    assert len(listing.marks) <= exhibits.MARKED
    assert list(listing.marks) == sorted(listing.marks, key=lambda mark: (mark.line, mark.column))


def test_the_curves_are_the_losses_of_each_run_before_and_after(make_subject, options):
    found = repair_program(make_subject(goal=0.8), options)
    (curves,) = of(found, Curves)
    runs = {"before": found.repair.before.runs[: options.runs], "after": found.repair.confirmed.evidence.runs}
    expected = {
        (side, run.seed): tuple(epoch.values["loss"] for epoch in run.result.trace.epochs)
        for side, each in runs.items()
        for run in each
    }
    assert {(curve.side, curve.seed): curve.values for curve in curves.curves} == expected


def test_the_boxes_of_a_confirmed_repair_show_rows_no_decision_has_looked_at(make_subject, options):
    found = repair_program(make_subject(goal=0.8), options)
    (boxes,) = of(found, Boxes)
    assert "no decision" in boxes.caption
    before, after = boxes.boxes
    assert after.values == tuple(run.scores.report for run in found.repair.confirmed.evidence.runs)
    assert before.values == tuple(run.scores.report for run in found.repair.before.runs)
    lines = dict(boxes.lines)
    assert lines.pop("goal") == 0.8
    (trivial,) = lines.values()
    mean = sum(run.scores.trivial_report for run in found.repair.before.runs) / len(found.repair.before.runs)
    assert trivial == pytest.approx(mean)


def test_the_boxes_of_a_diagnosis_show_search_rows_and_no_goal_where_none_was_named(make_subject, options):
    found = diagnose_program(make_subject(), options)
    (boxes,) = of(found, Boxes)
    (box,) = boxes.boxes
    assert box.values == tuple(run.scores.search for run in found.observation.evidence.runs)
    assert "goal" not in dict(boxes.lines)


def test_the_facts_say_what_was_measured_and_on_what(make_subject, options):
    found = diagnose_program(make_subject(), options)
    (facts,) = of(found, Facts)
    named = dict(facts.facts)
    assert named["metric"] == found.observation.metric_reason
    assert named["measured on"].startswith("400 rows (evaluate)")
    assert "1,000 parameters" in named["model"] and "keras on jax" in named["model"]
    assert named["versions"] == "keras 3"


def test_a_long_training_is_thinned_and_what_is_not_finite_is_left_out_of_the_line(make_subject, options, played):
    points = exhibits.CURVE_POINTS
    subject = make_subject()
    found = diagnose_program(subject, options)
    trace = found.observation.traces[0]
    epoch = trace.epochs[0]
    losses = [math.nan, math.inf, *(float(number) for number in range(2, 3 * points + 1))]
    long = replace(trace, epochs=tuple(replace(epoch, number=n, values={"loss": v}) for n, v in enumerate(losses, 1)))
    observation = replace(found.observation, traces=(long,))
    shown = exhibits.of_diagnosis(subject.program, observation, found.diagnosis, found.oracle)
    (curve,) = next(each for each in shown if isinstance(each, Curves)).curves
    assert points / 2 < len(curve.values) <= points
    assert curve.values[0] is None
    finite = [value for value in curve.values if value is not None]
    assert finite == sorted(finite) and set(finite) <= set(losses)


def test_a_warning_is_given_once_however_many_runs_give_it(make_subject, options):
    found = diagnose_program(make_subject(), options)
    warned = tuple(replace(trace, warnings=("odd labels", f"run {trace.seed}")) for trace in found.observation.traces)
    sentences = exhibits.warnings(replace(found.observation, traces=warned))
    assert sentences.count("odd labels") == 1
    assert {f"run {trace.seed}" for trace in warned} <= set(sentences)


def test_a_metric_that_a_constant_answer_wins_is_said_to_show_nothing(make_subject, options):
    observation = diagnose_program(make_subject(), options).observation
    said = "Always answering the commonest class is perfect on the evaluation rows (accuracy 1), because they all"

    def with_trivial(value):
        runs = tuple(
            replace(run, scores=replace(run.scores, trivial_search=value)) for run in observation.evidence.runs
        )
        return exhibits.warnings(replace(observation, evidence=replace(observation.evidence, runs=runs)))

    assert any(sentence.startswith(said) for sentence in with_trivial(1.0))
    assert not any(sentence.startswith("Always") for sentence in with_trivial(0.97))
