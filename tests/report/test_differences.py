from netmend.core.records import Finding
from netmend.report.differences import compare_findings

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
