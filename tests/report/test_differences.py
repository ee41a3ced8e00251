import re
from dataclasses import replace

from netmend.core.records import Finding
from netmend.report.differences import compare_findings, fate
from netmend.report.html import to_html
from netmend.report.markdown import to_markdown
from netmend.report.text import to_text

DEAD_2 = Finding("dying-relu", "dense_2", 0.9, places=("train.py:12:1",))
DEAD_3 = Finding("dying-relu", "dense_3", 0.8, places=("train.py:13:1",))
LOSS = Finding("diverging-loss", "loss", 9.0)


def states(before, after):
    return [(change.finding.message, change.state) for change in compare_findings(before, after)]


def test_without_an_after_nothing_is_said_about_it():
    assert states((LOSS,), None) == [("loss", "found")]


def test_findings_are_gone_remaining_or_new():
    assert states((LOSS, DEAD_2), (DEAD_3, DEAD_2)) == [("loss", "gone"), ("dense_2", "remaining"), ("dense_3", "new")]


def test_equal_places_answer_before_the_order_does():
    assert states((DEAD_2, DEAD_3), (DEAD_3,)) == [("dense_2", "gone"), ("dense_3", "remaining")]


def test_a_finding_remains_though_its_line_moved():
    moved = Finding("dying-relu", "dense_2", 0.7, places=("train.py:14:1",))
    (change,) = compare_findings((DEAD_2,), (moved,))
    assert (change.state, change.after) == ("remaining", moved)


def test_every_finding_after_is_accounted_for_once():
    before, after = (DEAD_2, DEAD_3, LOSS), (DEAD_3, DEAD_3, LOSS, LOSS)
    changes = compare_findings(before, after)
    seen = [
        change.after if change.state == "remaining" else change.finding for change in changes if change.state != "gone"
    ]
    assert sorted(finding.message for finding in seen if finding) == sorted(finding.message for finding in after)


def test_of_a_symptom_that_is_gone_no_more_is_said_than_is_known(example):
    """Of a run that learns, few updates are no finding; that there are more of them now would be false."""
    few = Finding("too-few-updates", "The training made only 215 updates.", 215.0, 1000.0, basis="training")
    relu = Finding("wrong-last-activation", "The last activation is relu.")
    page = replace(example("plausible"), findings=compare_findings((few, relu), ()))
    assert [change.state for change in page.findings] == ["gone", "gone"]
    assert [fate(change) for change in page.findings] == ["not found now", "gone"]
    assert re.search("not found now +too-few-updates", to_text(page, width=200))
    assert re.search("too-few-updates.*\\| not found now \\|", to_markdown(page))
    assert ">not found now</span>" in to_html(page)
