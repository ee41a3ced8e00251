from dataclasses import replace

import pytest

from netmend.core.records import Diagnosis, Finding, Outcome, Suspect, Verdict
from netmend.report.conclusion import BASES, MEANINGS, conclude, conclude_diagnosis
from netmend.report.document import document
from netmend.report.encoding import from_json, to_json
from netmend.report.html import to_html
from netmend.report.markdown import to_markdown
from netmend.report.text import to_text


@pytest.mark.parametrize(
    ("name", "result", "headline", "accepted"),
    [
        ("plausible", "repaired", "Repair found: the requirement is met", True),
        ("improved", "improved", "Improvement found and confirmed", False),
        ("goal_missed", "improved", "Improved, but the requirement is not met", False),
        ("no_repair", "no-repair", "No repair found", False),
        ("nothing_to_repair", "nothing-to-repair", "Nothing to repair", False),
        ("interrupted", "interrupted", "Stopped before a repair was confirmed", False),
        ("diagnosis", "diagnosed", "3 findings", False),
    ],
)
def test_each_end_has_its_headline(example, name, result, headline, accepted):
    conclusion = example(name).conclusion
    assert (conclusion.result, conclusion.headline, conclusion.accepted) == (result, headline, accepted)


def test_the_confirm_trial_decides_and_not_the_best_of_the_search(finished_repair):
    verdict = Verdict(Outcome.NO_EFFECT, "accuracy 0.10 on fresh runs")
    refuted = replace(finished_repair, confirmed=replace(finished_repair.confirmed, verdict=verdict))
    conclusion = conclude(refuted, requirement="0.95", basis="statistical", status=1)
    assert (conclusion.result, conclusion.headline) == ("no-repair", "No repair confirmed")
    assert conclusion.sentence == "accuracy 0.10 on fresh runs"
    assert not conclusion.accepted


def test_a_repair_that_costs_too_much_elsewhere_is_an_end_of_its_own(finished_repair):
    refused = replace(finished_repair, confirmed=None)
    conclusion = conclude(refused, requirement="x", basis="exact", status=1, harmful="39 % are lost.")
    assert (conclusion.result, conclusion.sentence, conclusion.accepted) == ("harmful", "39 % are lost.", False)
    confirmed = conclude(finished_repair, requirement="x", basis="exact", status=0, harmful="39 % are lost.")
    assert confirmed.result == "repaired"


def test_a_failed_control_overrules_everything(finished_repair):
    accepted = replace(finished_repair.control, verdict=Verdict(Outcome.PLAUSIBLE, "0.96 with nothing changed"))
    conclusion = conclude(replace(finished_repair, control=accepted), requirement="", basis="statistical", status=3)
    assert conclusion.result == "control-failed"
    assert "0.96 with nothing changed" in conclusion.sentence


def test_a_confirmed_patch_counts_though_the_user_stopped_afterwards(finished_repair):
    conclusion = conclude(replace(finished_repair, interrupted=True), requirement="", basis="statistical", status=0)
    assert (conclusion.result, conclusion.interrupted) == ("repaired", True)


def test_an_interrupted_search_names_its_best(example):
    assert "Best so far, not confirmed: learning rate of SGD: 5.0 to 0.05" in example("interrupted").conclusion.sentence


def test_a_patch_that_failed_is_no_best_so_far(finished_repair):
    failed = replace(finished_repair.confirmed, verdict=Verdict(Outcome.INVALID, "it crashed"))
    stopped = replace(finished_repair, confirmed=None, best=failed, interrupted=True, ended="interrupted")
    conclusion = conclude(stopped, requirement="", basis="statistical", status=130)
    assert conclusion.sentence == "Interrupted."


def test_a_patch_that_did_not_hold_on_fresh_runs_is_said_in_the_headline(finished_repair):
    verdict = Verdict(Outcome.NO_EFFECT, "accuracy 0.10 on fresh runs")
    tried = (replace(finished_repair.confirmed, verdict=verdict),)
    refuted = replace(finished_repair, confirmed=None, best=None, confirmations=tried, ended="nothing is left to try")
    conclusion = conclude(refuted, requirement="0.95", basis="statistical", status=1)
    assert (conclusion.result, conclusion.headline) == ("no-repair", "No repair confirmed")
    assert conclusion.sentence == "Nothing is left to try."


def test_a_proof_is_the_basis_of_a_proved_outcome(finished_repair):
    proved = replace(finished_repair.confirmed, verdict=Verdict(Outcome.PROVED, "holds", accepted=True))
    conclusion = conclude(replace(finished_repair, confirmed=proved), requirement="", basis="exact", status=0)
    assert (conclusion.basis, conclusion.headline) == ("proof", "Repaired, with proof")


def test_silence_is_not_called_health():
    conclusion = conclude_diagnosis(Diagnosis(), status=0)
    assert conclusion.headline == "Nothing suspicious found"
    assert "does not show that the program is right" in conclusion.sentence


def test_one_finding_is_singular():
    assert conclude_diagnosis(Diagnosis((Finding("a", "b"),)), status=0).headline == "1 finding"


def test_suspects_to_which_no_finding_points_are_said_to_be_ranked_by_experience_alone():
    suspect = Suspect("train.py:1:1", "optimiser of SGD: sgd", 0.1)
    findings = (Finding("a", "b."),)
    alone = conclude_diagnosis(Diagnosis(findings, (suspect,)), status=0)
    assert alone.sentence == "b. No finding points to a line; the suspects below are ranked by experience alone."
    accused = conclude_diagnosis(Diagnosis(findings, (replace(suspect, findings=("a",)),)), status=0)
    assert accused.sentence == "b."


def test_a_diagnosis_without_a_run_says_so_first():
    read = conclude_diagnosis(Diagnosis((Finding("a", "b"),)), status=0, ran=False)
    assert (read.headline, read.sentence) == ("Read, not run: 1 finding", "b")
    suspect = Suspect("train.py:1:1", "loss of compile: hinge", 0.1)
    assert "No static rule fired" in conclude_diagnosis(Diagnosis((), (suspect,)), status=0, ran=False).sentence


def test_every_outcome_has_a_meaning_and_none_says_correct():
    assert set(MEANINGS) == set(Outcome)
    assert not any("correct" in text for text in (*MEANINGS.values(), *BASES.values()))


def test_a_gain_without_a_finding_is_not_passed_off_as_a_repair_of_a_fault(finished_repair):
    found = finished_repair
    assert "tuning" not in conclude(found, requirement="", basis="statistical", status=0).meaning
    sound = replace(found, diagnosis=replace(found.diagnosis, findings=()))
    assert "tuning" in conclude(sound, requirement="", basis="statistical", status=0).meaning


def test_a_diagnosis_may_have_a_verdict_of_its_kind():
    found = conclude_diagnosis(Diagnosis(), status=0, verdict=("Healthy conversion", "All agree."))
    assert (found.result, found.headline, found.sentence) == ("diagnosed", "Healthy conversion", "All agree.")


def test_the_conclusion_is_whole_and_what_was_refuted_is_listed_in_every_form(finished_repair):
    """Of ten changes each is named; only the messages of crashes have no bound of their own."""
    verdict = Verdict(Outcome.NO_EFFECT, "accuracy 0.10 on fresh runs")
    tried = (replace(finished_repair.confirmed, verdict=verdict),)
    ended = "; ".join(f"change {index} of a layer whose name is long enough to be read" for index in range(20))
    refuted = replace(finished_repair, confirmed=None, best=None, after=None, confirmations=tried, ended=ended)
    page = document(refuted, kind="program", subject="train.py", status=1)
    assert from_json(to_json(page)) == page
    for text in (to_text(page, width=4000, verbose=True), to_markdown(page), to_html(page)):
        assert "change 19 of a layer whose name is long enough to be read." in text
        assert "accuracy 0.10 on fresh runs" in text
