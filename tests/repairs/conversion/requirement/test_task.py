import numpy as np
import pytest

from netmend.core.errors import SubjectError, UsageError
from netmend.repairs.conversion.distance import NONE
from netmend.repairs.conversion.requirement._base import Answers
from netmend.repairs.conversion.requirement.task import Task, imported

RIGHT = np.array([[1.0], [2.0]])


def answers(got):
    return Answers({"y": RIGHT}, {"y": got}, {"y": 1e-6}, {"y": NONE}, ("a", "b"))


def total(outputs, rows):
    assert rows == ("a", "b")
    return outputs["y"].sum()


def test_the_target_must_reach_what_the_source_reaches():
    assert Task("m", total).assess(answers(RIGHT)).holds
    found = Task("m", total).assess(answers(RIGHT - 0.5))
    assert not found.holds and found.score == pytest.approx(-1.0)
    # A sentence begins with a capital letter where it is shown, and the name of a file does not.
    assert found.sentence == "by m: source 3, target 2"


def test_a_tolerance_lets_it_fall_by_so_much():
    assert Task("m", total, 1.0).assess(answers(RIGHT - 0.5)).holds


def test_a_metric_that_fails_is_the_user_s_and_says_so():
    with pytest.raises(SubjectError, match="the metric fails: ZeroDivisionError"):
        Task("m.py:bad", lambda outputs, rows: 1 / 0).assess(answers(RIGHT))


def test_a_metric_is_imported_from_its_file(tmp_path):
    (tmp_path / "metric.py").write_text("def score(outputs, rows):\n    return 7\nnumber = 3\n")
    assert imported(f"{tmp_path}/metric.py:score")({}, ()) == 7


@pytest.mark.parametrize("text", ["metric.py", "missing.py:score", "{0}/metric.py:number", "{0}/metric.py:other"])
def test_what_names_no_callable_is_refused(tmp_path, text):
    (tmp_path / "metric.py").write_text("number = 3\n")
    with pytest.raises(UsageError):
        imported(text.format(tmp_path))


def test_a_file_that_cannot_be_imported_is_the_user_s(tmp_path):
    (tmp_path / "metric.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(SubjectError, match="cannot be imported"):
        imported(f"{tmp_path}/metric.py:score")
