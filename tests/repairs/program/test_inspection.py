import pytest

from netmend.core.errors import SubjectError
from netmend.core.exhibits import Listing, Table
from netmend.program.source import Program
from netmend.repairs.program.inspection import NOT_RUN, UNREADABLE, inspect, report_facts

TEXT = """
import keras
from keras import layers
raise SystemExit("this must not run")
model = keras.Sequential([layers.Dense(64, activation="{hidden}"), layers.Dense(10, activation="{last}")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=10)
"""


def read(hidden="relu", last="softmax"):
    return inspect(Program.from_text(TEXT.format(hidden=hidden, last=last)))


def test_what_no_rule_knows_of_is_ranked_by_how_odd_it_is():
    found = read(hidden="tanh").diagnosis
    assert not found.findings
    assert found.suspects[0].label == "activation of Dense 1: tanh"
    assert found.suspects[0].experience.startswith("a model of correct programs expects relu here")
    assert not any(suspect.named for suspect in found.suspects)


def test_what_a_rule_says_is_a_finding_and_what_a_model_says_is_none():
    found = read(last="relu").diagnosis
    assert [finding.name for finding in found.findings] == ["wrong-last-activation"]
    first = found.suspects[0]
    assert first.named and first.label == "activation of Dense 2: relu"
    assert "expects softmax here" in first.experience


def test_the_report_says_that_nothing_was_run_and_shows_what_was_expected():
    found = read(hidden="tanh")
    assert found.warnings == (NOT_RUN,)
    listing, table = found.exhibits
    assert isinstance(listing, Listing) and [mark.line for mark in listing.marks][:1] == [5]
    assert isinstance(table, Table) and table.rows[0][1] == "activation of Dense 1: tanh"
    program = Program.from_text(TEXT)
    facts = report_facts(program, found)
    assert facts["ran"] is False
    assert facts["reproduce"][0].endswith("train.py --no-run")


def test_a_program_the_model_cannot_read_is_ranked_by_rules_alone():
    found = inspect(Program.from_text("import keras\nmodel = make()\nmodel.fit(x, y, epochs=10)\n"))
    assert UNREADABLE in found.warnings
    assert not any(suspect.experience for suspect in found.diagnosis.suspects)


def test_a_program_without_a_training_is_refused():
    with pytest.raises(SubjectError, match="nothing of a training"):
        inspect(Program.from_text("print(1)\n"))
