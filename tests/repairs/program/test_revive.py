"""A program that crashes: which single change stands in for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmend.core.errors import SubjectError
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program
from netmend.repairs.program.measure import Settings
from netmend.repairs.program.revive import may_be_revived, revive
from netmend.training.build import BuildAnswer, Builds
from netmend.training.runs import RunResult
from netmend.training.symptoms._examples import healthy_torch
from netmend.training.trace import Evaluation, RunEnd
from tests.repairs.program.conftest import TEXT

CRASHED = RunResult(RunEnd.CRASHED, "ValueError: shapes (train.py:9)", 1.0, 1.0, 0.1, 1, Path("log"))
FAULTY = TEXT.replace('"sparse_categorical_crossentropy"', '"categorical_crossentropy"')


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, True),
        ({"setup_seconds": 0.3}, False),
        ({"setup_seconds": 0.3, "detail": "ValueError: Expected more than 1 value per channel when training"}, True),
        ({"setup_seconds": 0.3, "detail": "KeyError: 'val_acc' (train.py:9)"}, True),
        ({"setup_seconds": 0.3, "detail": "KeyError: 'account' (train.py:9)"}, False),
        ({"missing": "pandas"}, False),
        ({"missing": "keras.layers.core"}, True),
        ({"detail": "AssertionError: Torch not compiled with CUDA enabled (train.py:2)"}, False),
        ({"end": RunEnd.TIMED_OUT}, False),
        ({"detail": "ended itself by sys.exit(1) (train.py:3)"}, False),
        ({"detail": "waits for input, and there is none (train.py:3)"}, False),
    ],
)
def test_only_a_crash_of_its_own_before_the_first_update_may_be_mended(changes, answer):
    assert may_be_revived(replace(CRASHED, **changes), Program.from_text(FAULTY)) is answer


IDLE = replace(CRASHED, end=RunEnd.FINISHED, detail="ran to its end, but no training was seen", exit_code=0)
NO_STEP = torch_program().replace("        optimiser.step()\n", "")


DROPPED = torch_program().replace("shuffle=True", "shuffle=True, drop_last=True")


@pytest.mark.parametrize(("text", "answer"), [(NO_STEP, True), (DROPPED, True), (torch_program(), False)])
def test_a_program_that_ends_untrained_may_be_mended_where_its_training_step_says_why(text, answer):
    assert may_be_revived(IDLE, Program.from_text(text)) is answer


@pytest.mark.parametrize(("order", "answer"), [("labels, model(rows)", True), ("model(rows), labels", False)])
def test_so_may_one_that_crashes_in_a_later_update(order, answer):
    text = torch_program().replace("model(rows), labels", order)
    assert may_be_revived(replace(CRASHED, setup_seconds=0.3), Program.from_text(text)) is answer


def test_only_its_training_step_is_changed_then(make_measurer, make_subject, played, monkeypatch):
    measurer = make_measurer(make_subject(NO_STEP))
    asked = []

    def builds(patches):
        asked.extend((patch.changes[0].kind, patch.changes[0].after) for patch in patches)
        return {patch.id: BuildAnswer(Builds.YES) for patch in patches}

    monkeypatch.setattr(measurer, "builds", builds)
    _, crash = revive(measurer, None, IDLE, 0, [Settings()])
    assert [kind for kind, _ in asked] == ["training-step"]
    assert (crash.kind, crash.before, crash.crashed) == ("training-step", "no step", False)


@pytest.fixture
def measurer(make_measurer, make_subject, played, monkeypatch):
    """Of a program that builds with two other losses alone, and crashes with its own."""
    made = make_measurer(make_subject(FAULTY))
    losses = ("sparse_categorical_crossentropy", "mean_squared_error")
    made.asked = []

    def builds(patches):
        made.asked += [str(patch.changes[0].after) for patch in patches]
        answers = [Builds.YES if patch.changes[0].after in losses else Builds.NO for patch in patches]
        return {patch.id: BuildAnswer(answer) for patch, answer in zip(patches, answers, strict=True)}

    monkeypatch.setattr(made, "builds", builds)
    played.ends = {'"categorical_crossentropy"': RunEnd.CRASHED}
    return made


def test_what_trains_with_the_mildest_findings_stands_in(measurer, played):
    patch, crash = revive(measurer, None, CRASHED, 0, [Settings(detail="full")])
    assert [change.after for change in patch.changes] == ["sparse_categorical_crossentropy"]
    assert (crash.kind, crash.value) == ("loss", "sparse_categorical_crossentropy")
    assert crash.detail == CRASHED.detail
    assert len(played.asked) == 2, "only what builds is trained"
    assert "adam" not in measurer.asked, "what does not decide whether a program builds is not asked about"


def test_rows_are_withheld_where_nothing_else_can_be_measured(measurer, played):
    played.evaluates, played.can_hold_out = False, True
    revive(measurer, None, CRASHED, 0, [Settings(), Settings(hold_out=0.2)])
    assert [asked.request.hold_out for asked in played.asked][:2] == [0.0, 0.2]


def test_a_program_that_no_change_mends_is_refused_with_what_it_died_of(measurer, played):
    played.ends = {"keras": RunEnd.CRASHED}
    with pytest.raises(SubjectError, match=r"ValueError: shapes \(train.py:9\)"):
        revive(measurer, None, CRASHED, 0, [Settings()])


TOO_GREAT = replace(CRASHED, detail="IndexError: Target 7 is out of bounds. (train.py:9)")


@pytest.fixture
def willing(make_measurer, make_subject, played, monkeypatch):
    """A measurer of a program of which every change builds."""
    made = make_measurer(make_subject(FAULTY))
    made.asked = []

    def builds(patches):
        made.asked += [(patch.changes[0].kind, str(patch.changes[0].after)) for patch in patches]
        return {patch.id: BuildAnswer(Builds.YES) for patch in patches}

    monkeypatch.setattr(made, "builds", builds)
    return made


def test_a_label_without_an_output_may_come_in_a_later_update(willing, played):
    late = replace(TOO_GREAT, setup_seconds=0.3)
    assert may_be_revived(late, Program.from_text(FAULTY))
    _, crash = revive(willing, None, late, 0, [Settings()])
    assert willing.asked == [("units", "1000")], "of other changes nobody could say whether they let it train"
    assert (crash.kind, crash.value, crash.before, crash.owner) == ("units", 1000, 4, "Dense 2")


def test_what_the_program_computes_changes_only_where_nothing_else_lets_it_train(willing, played):
    _, crash = revive(willing, None, TOO_GREAT, 0, [Settings()])
    assert {kind for kind, _ in willing.asked} > {"units", "loss", "activation"}
    assert crash.kind == "units"


EMBEDDED = torch_program("Embedding(len(words), 8)", "Flatten()", "Linear(80, 2)")


MEASURED = replace(healthy_torch(), evaluation=Evaluation("evaluate", Path("predictions.npz"), 10))


def asked_for(row, rows):
    return f"IndexError: index out of range in self: an embedding of {rows} rows was asked for row {row} (train.py:9)"


@pytest.mark.parametrize(("text", "rows", "value"), [(EMBEDDED, 50, "+12"), (EMBEDDED, 55, "+7"), (None, 50, 62)])
def test_an_embedding_gets_rows_until_no_later_number_lacks_one(
    text, rows, value, make_measurer, make_subject, monkeypatch
):
    made = make_measurer(make_subject(text or EMBEDDED.replace("len(words)", "50")))
    monkeypatch.setattr(made, "builds", lambda patches: {patch.id: BuildAnswer(Builds.YES) for patch in patches})
    tried = []

    def run(patch, seed, how):
        after = patch.changes[0].after
        tried.append(after)
        has = rows + int(after.removeprefix("len(words) + ")) if after.startswith("len") else int(after)
        lacking = next((number for number in (56, 58, 61) if number >= has), None)
        if lacking is None:
            return replace(CRASHED, end=RunEnd.FINISHED, detail="ran to its end", trace=MEASURED)
        return replace(CRASHED, detail=asked_for(lacking, has), setup_seconds=0.3)

    monkeypatch.setattr(made, "run", run)
    late = replace(CRASHED, detail=asked_for(56, rows), setup_seconds=0.3)
    assert may_be_revived(late, made.subject.program)
    _, crash = revive(made, None, late, 0, [Settings()])
    assert (crash.kind, crash.value, len(tried)) == ("vocabulary-size", value, 3)
    assert crash.change == ("with vocabulary-size 62" if value == 62 else f"with {value[1:]} more rows in Embedding")
