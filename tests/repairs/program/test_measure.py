"""Runs of patched copies: made once, kept in the journal, made again where their files cannot be believed."""

import json
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.errors import EnvironmentFault
from netmend.core.ledger import Ledger
from netmend.program.edits import Change, SourcePatch
from netmend.program.places import Edit, Place
from netmend.program.source import Program
from netmend.repairs.program import measure
from netmend.repairs.program.measure import Measurer, Settings, at_effort, can_continue
from netmend.training import channel
from netmend.training.build import BuildAnswer, Builds
from netmend.training.executors import FreshExecutor
from netmend.training.lanes import Unsuitable
from netmend.training.runs import Lane, Limits
from netmend.training.subject import TrainingProgram
from netmend.training.trace import RunEnd
from netmend.training.workspace import digest
from tests.repairs.program.conftest import TEXT

PLAIN = Settings()


@pytest.fixture
def subject(make_subject):
    return make_subject()


@pytest.fixture
def nothing(subject):
    return SourcePatch(subject.program)


def result_folders(study):
    return sorted((study / "runs").iterdir())


def test_a_run_trains_the_patched_text_under_the_subject_s_own_terms(make_subject, make_measurer, played, patch_of):
    subject = make_subject(arguments=("--data", "x"), environment={"A": "b"}, limits=Limits(seconds=7))
    patch = patch_of(subject.program, learning_rate=0.1)
    result = make_measurer(subject).run(patch, 11, Settings(detail="full", hold_out=0.2))
    (asked,) = played.asked
    assert asked.text == subject.program.main.text.replace("learning_rate=3.0", "learning_rate=0.1")
    request = asked.request
    assert (request.seed, request.detail, request.hold_out, request.script) == (11, "full", 0.2, "train.py")
    assert (request.arguments, request.environment, request.python) == (("--data", "x"), {"A": "b"}, "python3")
    assert request.limits == Limits(seconds=7)
    assert request.folder.resolve() != subject.program.folder.resolve()
    assert result.ok and result.trace.seed == 11


def test_the_user_s_file_is_never_touched(make_measurer, subject, patch_of, user_text):
    before = user_text()
    make_measurer(subject).run(patch_of(subject.program, learning_rate=0.1, epochs=3), 1, replace(PLAIN, effort=0.5))
    assert user_text() == before


def test_what_is_edited_during_a_study_is_not_run(tmp_path, make_measurer, played, patch_of, make_subject):
    """The program and a module of it are edited, and another module goes, between two runs."""
    for name in ("layers", "rates"):
        (tmp_path / "user").mkdir(exist_ok=True)
        (tmp_path / "user" / f"{name}.py").write_text(f"# {name} as they were\n")
    subject = make_subject(f"import layers\nimport rates\n{TEXT}")
    assert {file.name for file in subject.program.files} == {"train.py", "layers.py", "rates.py"}
    seen = []
    run = played.run

    def looked_at(request):
        seen.append({path.name: path.read_text() for path in request.folder.glob("*.py")})
        return run(request)

    played.run = looked_at
    measurer = make_measurer(subject)
    measurer.run(SourcePatch(subject.program), 1, PLAIN)
    (subject.program.folder / "train.py").write_text("raise SystemExit\n")
    (subject.program.folder / "layers.py").write_text("# edited\n")
    (subject.program.folder / "rates.py").unlink()
    measurer.run(SourcePatch(subject.program), 2, PLAIN)
    assert seen[0] == seen[1] == {file.name: file.text for file in subject.program.files}
    measurer.run(patch_of(subject.program, learning_rate=0.1), 3, PLAIN)
    assert seen[2] == {**seen[0], "train.py": seen[0]["train.py"].replace("learning_rate=3.0", "learning_rate=0.1")}


def test_the_same_run_is_made_once(make_measurer, nothing, played):
    measurer = make_measurer()
    first, second = measurer.run(nothing, 1, PLAIN), measurer.run(nothing, 1, PLAIN)
    assert first is second
    assert len(played.asked) == 1
    assert measurer.meter.costs["observe"].runs == 1


@pytest.mark.parametrize(
    "other",
    [Settings(effort=0.5), Settings(detail="full"), Settings(hold_out=0.2), Settings(done_epochs=6)],
    ids=lambda other: str(other)[9:24],
)
def test_another_way_to_run_is_another_run(make_measurer, nothing, played, other):
    measurer = make_measurer()
    measurer.run(nothing, 1, PLAIN)
    measurer.run(nothing, 1, other)
    measurer.run(nothing, 2, PLAIN)
    assert len(played.asked) == 3


def test_another_patch_is_another_run(make_measurer, subject, nothing, played, patch_of):
    measurer = make_measurer(subject)
    measurer.run(nothing, 1, PLAIN)
    measurer.run(patch_of(subject.program, epochs=7), 1, PLAIN)
    assert len(played.asked) == 2


def closed(measurer):
    measurer.close()
    measurer.ledger.close()


def test_the_journal_answers_a_run_of_an_earlier_session(make_measurer, nothing, played):
    earlier = make_measurer()
    first = earlier.run(nothing, 1, Settings(detail="full"))
    closed(earlier)
    later = make_measurer()
    again = later.run(nothing, 1, Settings(detail="full"))
    assert len(played.asked) == 1
    assert again == first, "end, times, log and the whole trace are the same"
    assert later.meter.costs["observe"].runs == 1, "it counts as if it were made now"
    assert later.meter.costs["observe"].run_seconds == first.seconds + first.overhead_seconds


def test_a_failed_run_is_answered_from_the_journal_too(make_measurer, nothing, played):
    played.ends["Sequential"] = RunEnd.CRASHED
    earlier = make_measurer()
    first = earlier.run(nothing, 1, PLAIN)
    closed(earlier)
    assert make_measurer().run(nothing, 1, PLAIN) == first
    assert (len(played.asked), first.end, first.trace) == (1, RunEnd.CRASHED, None)


def spoil(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def without_an_epoch(file):
    """Every line that is left is whole: only the file as a whole tells that one is gone."""
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if '"number":3' not in line))


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (Path.unlink, channel.FILE),
        (spoil, channel.FILE),
        (without_an_epoch, channel.FILE),
        (Path.unlink, "predictions.npz"),
        (spoil, "predictions.npz"),
    ],
)
def test_a_run_whose_files_cannot_be_believed_is_made_again(make_measurer, nothing, played, tmp_path, harm, name):
    earlier = make_measurer()
    first = earlier.run(nothing, 1, PLAIN)
    closed(earlier)
    (folder,) = result_folders(tmp_path / "study")
    harm(folder / name)
    again = make_measurer().run(nothing, 1, PLAIN)
    assert len(played.asked) == 2
    assert again.ok and again.trace.epochs == first.trace.epochs


def test_an_interpreter_that_did_not_start_is_tried_again_next_time(make_measurer, nothing, played):
    played.ends["Sequential"] = RunEnd.NOT_STARTED
    earlier = make_measurer()
    assert earlier.run(nothing, 1, PLAIN).end is RunEnd.NOT_STARTED
    assert not list(earlier.ledger.of_kind("run"))
    closed(earlier)
    played.ends.clear()
    assert make_measurer().run(nothing, 1, PLAIN).ok


def test_what_the_journal_says_of_a_run_is_plain_data(make_measurer, nothing):
    measurer = make_measurer()
    result = measurer.run(nothing, 4, PLAIN)
    (record,) = measurer.ledger.of_kind("run")
    assert json.loads(json.dumps(record.data)) == record.data
    assert (record.data["seed"], record.data["end"], record.data["seconds"]) == (4, "finished", result.seconds)
    assert not Path(record.data["result"]).is_absolute(), "a study can be moved"


@pytest.mark.parametrize("effort", [1.0, 0.5, 1 / 3, 0.01])
def test_effort_scales_the_epochs_and_nothing_else(make_measurer, subject, nothing, played, effort):
    make_measurer(subject).run(nothing, 1, Settings(effort=effort))
    epochs = {1.0: 6, 0.5: 3, 1 / 3: 2, 0.01: 1}[effort]
    assert played.asked[0].text == subject.program.main.text.replace("epochs=6", f"epochs={epochs}")


def test_effort_is_a_share_of_the_patched_epochs(make_measurer, subject, played, patch_of):
    make_measurer(subject).run(patch_of(subject.program, epochs=40), 1, Settings(effort=0.25))
    assert "epochs=10," in played.asked[0].text


def test_a_program_without_a_number_of_epochs_cannot_be_shortened(make_subject):
    text = make_subject().program.main.text.replace("epochs=6, ", "")
    assert at_effort(make_subject(text).program, 0.5).size == 0


def test_a_checkpoint_is_kept_and_gone_on_from(make_measurer, nothing, played):
    measurer = make_measurer()
    first = measurer.run(nothing, 1, Settings(keep_checkpoint=True))
    kept = first.log.parent
    assert played.asked[0].request.checkpoint_out == kept / "checkpoint.npz"
    measurer.run(nothing, 1, Settings(continue_from=kept, done_epochs=6))
    request = played.asked[1].request
    assert (request.checkpoint_in, request.initial_epoch) == (kept / "checkpoint.npz", 6)
    assert request.checkpoint_out is None and played.asked[0].request.checkpoint_in is None


def test_only_a_patch_that_trains_longer_and_nothing_else_can_be_continued(subject, nothing, patch_of):
    assert can_continue(patch_of(subject.program, epochs=12)) == 6
    assert can_continue(patch_of(subject.program, epochs=3)) == 0
    assert can_continue(patch_of(subject.program, learning_rate=0.1)) == 0
    assert can_continue(patch_of(subject.program, epochs=12, learning_rate=0.1)) == 0
    assert can_continue(nothing) == 0


def test_a_notebook_is_run_as_the_script_its_cells_make(make_subject, make_measurer, played, patch_of):
    source = make_subject().program.main.text
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    subject = make_subject(book, name="train.ipynb")
    patch = patch_of(subject.program, learning_rate=0.1)
    make_measurer(subject).run(patch, 1, Settings(effort=0.5))
    (asked,) = played.asked
    assert asked.request.script == "train.ipynb.py"
    assert "learning_rate=0.1" in asked.text and "epochs=3" in asked.text
    assert {"train.ipynb", "train.ipynb.py"} <= asked.files


def test_private_copies_are_removed_after_each_run_and_their_folder_in_the_end(make_measurer, nothing, temporary):
    measurer = make_measurer()
    (home,) = temporary.iterdir()
    measurer.run(nothing, 1, PLAIN)
    assert not list(home.iterdir())
    measurer.close()
    assert not list(temporary.iterdir())


def test_a_private_copy_is_removed_even_if_the_run_raises(make_measurer, nothing, played, temporary):
    measurer = make_measurer()

    def full(request):
        raise EnvironmentFault("the disk is full")

    played.run = full
    with pytest.raises(EnvironmentFault, match="disk is full"):
        measurer.run(nothing, 1, PLAIN)
    (home,) = temporary.iterdir()
    assert not list(home.iterdir())
    assert not list(measurer.ledger.of_kind("run"))


def test_copies_left_by_a_session_that_was_killed_are_removed_by_the_next(make_measurer, temporary):
    killed = make_measurer()
    killed.ledger.close()
    (left,) = temporary.iterdir()
    (left / "copy").mkdir()
    make_measurer()
    assert not left.exists()
    assert len(list(temporary.iterdir())) == 1


def test_a_journal_that_names_another_folder_is_not_believed(make_measurer, tmp_path, temporary):
    earlier = make_measurer()
    precious = [tmp_path / "netmend-precious", temporary / "precious"]
    for folder in precious:
        folder.mkdir()
        earlier.ledger.append("copies", {"folder": str(folder)})
    closed(earlier)
    make_measurer()
    assert all(folder.is_dir() for folder in precious)


def test_the_study_is_no_part_of_a_copy_though_it_lies_in_the_program_s_folder(
    make_subject, make_measurer, nothing, played
):
    subject = make_subject()
    study = subject.program.folder / "results"
    make_measurer(subject, folder=study).run(nothing, 1, PLAIN)
    assert played.asked[0].files == {"train.py"}


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_runs_are_made_side_by_side_in_as_many_lanes_as_were_asked_for(make_measurer, nothing, played, lanes):
    played.pause = 0.05
    results = make_measurer(lanes=lanes).runs(nothing, range(6), [PLAIN] * 6)
    assert played.most_at_once == lanes
    assert [result.trace.seed for result in results] == list(range(6))


def test_the_number_of_lanes_changes_no_result(make_measurer, nothing, tmp_path):
    one, two = (
        make_measurer(folder=tmp_path / f"study{lanes}", lanes=lanes).runs(nothing, range(4), [PLAIN] * 4)
        for lanes in (1, 2)
    )
    assert [result.trace.epochs for result in one] == [result.trace.epochs for result in two]


def test_everyone_who_wants_to_know_of_runs_is_told_once_for_each(make_measurer, nothing):
    heard = []
    measurer = make_measurer()
    measurer.noticed = heard.append
    results = (
        measurer.runs(nothing, [1, 2, 1], [PLAIN] * 3)
        if False
        else [measurer.run(nothing, s, PLAIN) for s in (1, 2, 1)]
    )
    assert heard == results[:2]


def test_what_was_cut_short_by_closing_is_not_written_down(make_measurer, nothing, played, temporary):
    measurer = make_measurer()
    real = played.run

    def closing(request):
        result = real(request)
        measurer.close()
        return result

    played.run = closing
    with pytest.raises(CancelledError):
        measurer.run(nothing, 1, PLAIN)
    assert not list(measurer.ledger.of_kind("run"))
    assert played.closed


def test_a_run_that_made_its_copy_while_all_was_closed_clears_up(make_measurer, nothing, played, temporary):
    measurer = make_measurer()

    def closed_while_copying(request):
        measurer.close()
        request.folder.mkdir(parents=True)

    played.run = closed_while_copying
    with pytest.raises(CancelledError):
        measurer.run(nothing, 1, PLAIN)
    assert not list(temporary.iterdir())


# --- whether patches build ------------------------------------------------------------------------------------------


@pytest.fixture
def checked(monkeypatch):
    """Stands in for the build check: patched texts with 77 do not build; remembers what it was asked."""
    calls = []

    def check(executor, request, program, variants):
        calls.append((request, [variant.main.text for variant in variants], sorted(request.folder.iterdir())))
        (request.result / "0").mkdir(parents=True)
        fails = ["units=77" in text or "Dense(77" in text for text in calls[-1][1]]
        return [
            BuildAnswer(Builds.NO if no else Builds.YES, "why" if no else "", 1.0, 0.25, request.result / "0" / "log")
            for no in fails
        ]

    monkeypatch.setattr(measure, "check", check)
    return calls


def test_builds_asks_for_all_patches_together_in_a_private_copy(
    make_measurer, make_subject, checked, patch_of, temporary
):
    subject = make_subject(arguments=("--data", "x"), environment={"A": "b"}, limits=Limits(seconds=7))
    one, other = patch_of(subject.program, units=77), patch_of(subject.program, units=32)
    found = make_measurer(subject).builds([one, other, one], seconds=9.0)
    assert {name: answer.builds for name, answer in found.items()} == {one.id: Builds.NO, other.id: Builds.YES}
    ((request, texts, files),) = checked
    assert texts == [one.patched_program().main.text, other.patched_program().main.text]
    assert (request.script, request.arguments, request.environment) == ("train.py", ("--data", "x"), {"A": "b"})
    assert (request.limits, request.variant_seconds) == (Limits(seconds=7), 9.0)
    assert [file.name for file in files] == ["train.py"]
    assert request.folder.resolve() != subject.program.folder.resolve()
    assert not list(temporary.glob("*/*")), "the copy is gone"


def test_an_answer_is_asked_for_once_and_kept_in_the_journal(make_measurer, subject, checked, patch_of):
    one, other = patch_of(subject.program, units=77), patch_of(subject.program, units=32)
    earlier = make_measurer(subject)
    first = earlier.builds([one])
    assert earlier.builds([one]) == first
    closed(earlier)
    later = make_measurer(subject)
    assert later.builds([one, other])[one.id] == first[one.id]
    assert [len(texts) for _, texts, _ in checked] == [1, 1], "of the second call only what was new"


def test_asking_is_charged_where_the_loop_does_not_count_it(make_measurer, subject, checked, patch_of):
    patches = [patch_of(subject.program, units=units) for units in (77, 32)]
    measurer = make_measurer(subject)
    measurer.builds(patches)
    assert "observe" not in measurer.meter._costs
    measurer.builds(patches, charge=True)
    assert measurer.meter.costs["observe"].propose_seconds == 2.0
    assert measurer.meter.costs["observe"].runs == 0


@pytest.mark.parametrize("ends", ["with answers", "without its files"])
def test_what_is_cut_short_by_closing_is_not_written_down(make_measurer, subject, patch_of, monkeypatch, ends):
    measurer = make_measurer(subject)

    def closing(executor, request, program, variants):
        measurer.close()
        if ends == "without its files":
            request.folder.rmdir()
        return [BuildAnswer(Builds.UNKNOWN, "was stopped by netmend")]

    monkeypatch.setattr(measure, "check", closing)
    with pytest.raises(CancelledError):
        measurer.builds([patch_of(subject.program, units=77)])
    assert not list(measurer.ledger.of_kind("build"))


def test_a_run_s_time_before_training_survives_in_the_journal(make_measurer, subject, nothing, played):
    played.setup = 2.5
    earlier = make_measurer(subject)
    earlier.run(nothing, 1, PLAIN)
    closed(earlier)
    assert make_measurer(subject).run(nothing, 1, PLAIN).setup_seconds == 2.5


def test_a_full_disk_is_said_to_be_one(make_measurer, subject, patch_of, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(measure, "check", full)
    with pytest.raises(EnvironmentFault, match="cannot ask whether patches build"):
        make_measurer(subject).builds([patch_of(subject.program, units=77)])


STANDS_IN_FOR_TORCH = {
    "torch/__init__.py": "from torch import random, optim\nmanual_seed = set_num_threads = lambda number: None\n"
    "set_num_interop_threads = set_num_threads\n",
    "torch/random.py": "manual_seed = lambda seed: None\n",
    "torch/optim/__init__.py": "from torch.optim import optimizer\n",
    "torch/optim/optimizer.py": "def register_optimizer_step_pre_hook(made):\n    global step\n    step = made\n",
}

SMALL = """import torch
import helper
if helper.width(3) > 4:
    raise ValueError("shapes do not fit")
torch.optim.optimizer.step(None, (None,), {})
open("trained", "w").close()
"""


def test_patches_of_a_real_program_are_asked_in_one_process_and_the_study_remembers(tmp_path, temporary):
    """Script and module in the user's folder, a real executor, a journal; only PyTorch is a stand-in."""
    user, packages = tmp_path / "user", tmp_path / "packages"
    for path, text in STANDS_IN_FOR_TORCH.items():
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(text)
    user.mkdir()
    (user / "train.py").write_text(SMALL)
    (user / "helper.py").write_text("def width(units):\n    return units + 1\n")
    before = digest(user)
    subject = TrainingProgram(Program.read(user / "train.py"), "", environment={"PYTHONPATH": str(packages)})

    def patch(file, old, new):
        start = subject.program.file(file).text.index(old)
        edit = Edit(file, start, start + len(old), new)
        return SourcePatch(subject.program, (Change("units", Place(file, 1, 1), "it", old, new, (edit,)),))

    patches = [patch("train.py", "width(3)", f"width({units})") for units in (1, 2, 9)]
    patches += [patch("helper.py", "units + 1", "units + 9"), patch("helper.py", "units + 1", "units")]
    asked = []

    class Counted(FreshExecutor):
        def run(self, request):
            asked.append(request)
            return super().run(request)

    for _ in range(2):
        with Ledger(tmp_path / "study") as ledger:
            measurer = Measurer(subject, Counted(), ledger, Meter(Budget.parse("9x")), ledger.folder)
            found = measurer.builds(patches, seconds=20.0)
            measurer.close()
        assert [found[each.id].builds.value for each in patches] == ["built"] * 2 + ["does not build"] * 2 + ["built"]
        assert found[patches[2].id].detail == "ValueError: shapes do not fit (train.py:4)"
    assert len(asked) == 1, "the second time the journal answers"
    assert digest(user) == before
    assert not list(temporary.iterdir())


def test_lanes_are_trained_in_a_private_copy_of_the_patched_program_within_their_limit(
    make_subject, make_measurer, patch_of, temporary, monkeypatch
):
    subject = make_subject(limits=Limits(seconds=50), environment={"A": "b"})
    patch, asked = patch_of(subject.program, learning_rate=0.1), []

    def train_lanes(request, program, lanes):
        asked.append((request, (request.folder / request.script).read_text(), program.main.text, lanes))
        return Unsuitable("its net is odd", 1.0)

    monkeypatch.setattr(measure, "train_lanes", train_lanes)
    measurer = make_measurer(subject)
    home = list(temporary.iterdir())
    assert measurer.lanes_of(patch, [Lane(3)], hold_out=0.2, seconds=20) == Unsuitable("its net is odd", 1.0)
    ((request, text, patched, lanes),) = asked
    assert text == patched == subject.program.main.text.replace("learning_rate=3.0", "learning_rate=0.1")
    assert (request.hold_out, request.environment, request.limits.seconds) == (0.2, {"A": "b"}, 20)
    assert lanes == [Lane(3)]
    assert [list(folder.iterdir()) for folder in home] == [[]], "the copy is gone"
    measurer.lanes_of(patch, [Lane(3)], hold_out=0.2, seconds=80)
    assert asked[1][0].limits.seconds == 50
