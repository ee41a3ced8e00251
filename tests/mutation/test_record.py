import csv
import io
import json
import math
import subprocess
import sys

import pytest

from netmend.mutation import record
from netmend.mutation.generate import refusals
from netmend.mutation.killing import decide
from netmend.mutation.operators._examples import torch
from netmend.mutation.study import MutationStudy, Tried, not_run
from netmend.program.places import Edit
from netmend.program.source import Program
from netmend.training.metrics._base import metric_named
from netmend.training.subject import TrainingProgram

ACCURACY = metric_named("accuracy")
ORIGINAL = (0.9, 0.91, 0.92, 0.93)


@pytest.fixture
def subject(tmp_path):
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    text = (
        torch().replace("import torch\n", "import torch\nfrom layers import width\n", 1)
        + 'open("data.csv")\nopen("big.bin")\n'
    )
    (home / "train.py").write_bytes(text.replace("\n", "\r\n").encode())
    (home / "layers.py").write_text("width = 16\n")
    (home / "data.csv").write_text("1,2\n")
    (home / "big.bin").write_bytes(b"0" * (record.COPIED_UP_TO + 1))
    (home / "secret.txt").write_text("not named by the program")
    return TrainingProgram(Program.read(home / "train.py"), sys.executable)


@pytest.fixture
def written(subject, tmp_path):
    """A study with played scores: mutants that are worse, that do not train, that are as good, that have no spread."""
    made, refused = not_run(subject, ["HLR", "ACH", "TCL", "WRB"])
    tried = []
    for number, each in enumerate(made):
        scores = [(0.5, 0.51, 0.52, 0.53), (None,) * 4, ORIGINAL, (0.3,) * 4][number % 4]
        tried.append(Tried(each.mutant, decide(ORIGINAL, scores, ACCURACY), "", scores, (1, 2, 3, 4)))
    tried.append(Tried(made[0].mutant, decide((0.9,) * 4, (0.5,) * 4, ACCURACY), "", (0.5,) * 4, (1, 2, 3, 4)))
    study = MutationStudy(
        subject,
        ACCURACY,
        "asked for",
        ORIGINAL,
        (5, 6, 7, 8),
        math.nan,
        tuple(tried),
        refused,
        "every mutant was tried",
    )
    page = record.document(subject.program, tried, refused, study)
    record.write(page, tried, tmp_path / "out")
    return subject, tried, page, tmp_path / "out"


def test_the_document_is_what_lies_in_the_folder(written):
    _, _, page, out = written
    assert json.loads((out / "mutants.json").read_text()) == page
    assert page["original"] == {"scores": list(ORIGINAL), "seeds": [5, 6, 7, 8], "mean": pytest.approx(0.915)}
    assert page["trivial"] is None
    assert page["mutants"][-1]["d"] == "inf"


def test_the_ground_truth_in_the_document_undoes_each_mutant_byte_for_byte(written):
    subject, tried, page, out = written
    original = (subject.program.folder / "train.py").read_bytes()
    for each, known in zip(tried, page["mutants"], strict=True):
        mutated = out / known["folder"] / "train.py"
        assert mutated.read_bytes() == each.mutant.program.main.raw != original
        program = Program.read(mutated)
        assert program.patched(tuple(Edit(**edit) for edit in known["inverse"])).main.raw == original
        forward = subject.program.patched(tuple(Edit(**edit) for edit in known["edits"]))
        assert forward.main.raw == mutated.read_bytes()


def test_a_folder_holds_the_programs_files_and_what_it_names_and_no_more(written):
    subject, _, page, out = written
    for known in page["mutants"]:
        folder = out / known["folder"]
        assert sorted(path.name for path in folder.iterdir()) == ["big.bin", "data.csv", "layers.py", "train.py"]
        assert (folder / "big.bin").is_symlink() and not (folder / "data.csv").is_symlink()
        assert (folder / "big.bin").resolve() == (subject.program.folder / "big.bin").resolve()
        assert (folder / "layers.py").read_text() == "width = 16\n"


def test_mutants_are_counted_by_operator_and_no_name_comes_twice(written):
    _, tried, page, _ = written
    names = [known["name"] for known in page["mutants"]]
    assert len(set(names)) == len(names) == len(tried)
    assert names[:2] == ["change-activation-1", "change-activation-2"]


def test_the_table_has_a_line_for_each_mutant_with_its_numbers(written):
    _, tried, page, out = written
    rows = list(csv.DictReader(io.StringIO((out / "mutants.csv").read_text())))
    assert tuple(rows[0]) == record.COLUMNS
    assert len(rows) == len(tried)
    for row, each, known in zip(rows, tried, page["mutants"], strict=True):
        assert row["mutant"] == known["name"] and row["status"] == each.decision.status.value
        assert row["original"] == "0.9 0.91 0.92 0.93" and row["seeds"] == "1 2 3 4"
        scores = [None if score == "failed" else float(score) for score in row["mutated"].split()]
        assert scores == [None if score is None else pytest.approx(score) for score in each.scores]
        assert (float(row["p"]) if row["p"] else math.nan) == pytest.approx(each.decision.p, rel=1e-4, nan_ok=True)
        assert row["selected"] == str(each.decision.selected).lower()
        assert int(row["line"]) == each.mutant.mutations[0].opportunity.place.line


def test_what_was_not_made_is_listed_with_its_reason(written):
    subject, _, page, _ = written
    expected = [(each.operator, each.value, each.why.reason.value) for each in refusals(subject.program, ["ACH"])]
    found = [(each["operator"], each["value"], each["reason"]) for each in page["not_applicable"]]
    assert set(expected) <= set(found)
    assert all(each["sentence"] for each in page["not_applicable"])


def test_writing_again_leaves_nothing_of_an_earlier_mutant(written):
    _, tried, page, out = written
    stray = out / page["mutants"][0]["folder"] / "stray.txt"
    stray.write_text("of an earlier session")
    record.write(page, tried, out)
    assert not stray.exists()


def test_a_mutant_is_a_program_that_runs_where_it_lies(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "train.py").write_text(
        'import keras\nopt = keras.optimizers.Adam(learning_rate=0.1)\nprint(open("data.txt").read())\n'
    )
    (home / "data.txt").write_text("its data")
    (home / "keras.py").write_text("class optimizers:\n    Adam = dict\n")
    subject = TrainingProgram(Program.read(home / "train.py"), sys.executable)
    tried, refused = not_run(subject, ["HLR"])
    page = record.document(subject.program, tried, refused)
    record.write(page, tried, tmp_path / "out")
    folder = tmp_path / "out" / page["mutants"][0]["folder"]
    done = subprocess.run([sys.executable, "train.py"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "its data\n"
