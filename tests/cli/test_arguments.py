import os
import shlex
import sys

import pytest

from netmend.cli.arguments import out_folder, resuming, subject
from netmend.core.errors import UsageError
from netmend.core.ledger import Ledger


def script(folder, text="raise ValueError('no data')\n", name="train.py"):
    path = folder / name
    path.write_text(text)
    return path


def options(**more):
    return {"metric": None, "goal": None, "python": None, "timeout": 600.0, "memory": 8.0, **more}


def test_a_subject_is_what_the_arguments_name(tmp_path):
    path = script(tmp_path)
    made = subject(path, ["--lr", "1"], **options(metric="mae", goal=0.5, timeout=7.0, memory=0.5))
    assert (made.program.folder, made.program.main.name) == (tmp_path, "train.py")
    assert made.arguments == ("--lr", "1")
    assert (made.requirement.metric, made.requirement.goal) == ("mean-absolute-error", 0.5)
    assert (made.limits.seconds, made.limits.memory) == (7.0, 2**29)
    assert made.python == sys.executable


def test_new_studies_are_numbered_and_the_newest_is_resumed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = script(tmp_path)
    for age, name in ((30, "train"), (10, "train-2"), (0, "training"), (0, "train-x")):
        assert name.startswith("train-x") or name == "training" or out_folder(path, None, resume=False).name == name
        study = tmp_path / "netmend-out" / name / "study"
        study.mkdir(parents=True)
        os.utime(study, (1_000_000 - age, 1_000_000 - age))
    assert out_folder(path, None, resume=True).name == "train-2"
    assert out_folder(path, tmp_path / "named", resume=True) == tmp_path / "named"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("repair train.py", "netmend repair train.py --out 'my out' --resume"),
        ("repair train.py --out a -- --out b", "netmend repair train.py --out a --resume -- --out b"),
        ("repair train.py --out=a --resume", "netmend repair train.py --out=a --resume"),
        ("repair train.py -- --resume", "netmend repair train.py --out 'my out' --resume -- --resume"),
    ],
)
def test_the_command_to_continue_with_is_the_same_and_resume(tmp_path, command, expected):
    assert resuming(shlex.split(command), tmp_path.relative_to(tmp_path.parent).with_name("my out")) == expected


WRONG = {
    "a folder": (["{home}"], "this is a folder", "name a script (.py) or notebook (.ipynb)"),
    "no such file": (["{home}/absent.py"], "cannot read source: no such file", "check the path"),
    "another kind of file": (["{home}/data.csv"], "unknown kind of file '.csv'", "name a script"),
    "an unknown metric": (["{train}", "--metric", "nonsense"], "nonsense", "accuracy"),
    "a misspelt metric": (["{train}", "--metric", "acuracy"], "acuracy", "accuracy"),
    "a share written as a percentage": (
        ["{train}", "--metric", "accuracy", "--goal", "95"],
        "the goal 95 cannot be reached: accuracy of flawless answers is 1",
        "--goal 0.95, not 95",
    ),
    "a negative error": (
        ["{train}", "--metric", "mae", "--goal=-1"],
        "the goal -1 cannot be reached: mean-absolute-error of flawless answers is 0",
        "--goal",
    ),
    "a goal that is no number": (["{train}", "--goal", "nan"], "the goal must be a number", "--goal 0.95"),
    "a budget without a unit": (["{train}", "--budget", "12"], "budget '12' is not understood", "write 20x"),
    "a budget of nothing": (["{train}", "--budget", "0x"], "budget '0x' is not understood", "write 20x"),
    "a negative budget": (["{train}", "--budget=-5m"], "budget '-5m' is not understood", "write 20x"),
    "an unknown proposer": (["{train}", "--proposer", "magic"], "no proposer called 'magic'", "auto"),
    "an unknown filler": (["{train}", "--proposer", "infill", "--filler", "x"], "no scorer is called 'x'", "counts"),
    "a filler without a server": (["{train}", "--proposer", "infill", "--filler", "llm"], "needs --endpoint", "http"),
    "a filler without a model": (["{train}", "--proposer", "infill", "--filler", "unixcoder"], "a model", "--model"),
    "a filler that nobody asks": (["{train}", "--filler", "counts"], "auto asks no filler", "--proposer infill"),
    "a protocol that was not published": (["{train}", "--as-published"], "no published protocol for auto", "random"),
    "an unknown executor": (["{train}", "--executor", "magic"], "unknown executor 'magic'", "fresh"),
    "an interpreter that is not there": (["{train}", "--python", "/no/python"], "does not exist", "--python"),
    "an interpreter that is none": (["{train}", "--python", "{home}/data.csv"], "is not executable", "--python"),
    "a file for a folder": (["{train}", "--out", "{home}/data.csv"], "--out must name a folder", "name another"),
    "nothing to resume": (["{train}", "--resume"], "there is no study of train.py to resume", "leave out --resume"),
    "nothing to resume there": (
        ["{train}", "--resume", "--out", "{home}/none"],
        "there is no study to resume",
        "leave out --resume",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_named_with_what_to_do_and_nothing_is_made(cli, tmp_path, name):
    arguments, says, hint = WRONG[name]
    home = tmp_path / "home"
    home.mkdir()
    script(home)
    (home / "data.csv").write_text("1,2\n")
    words = [argument.format(home=home, train=home / "train.py") for argument in arguments]
    done = cli("repair", *words)
    assert done.status == 2, done.stderr
    first, *rest = done.stderr.splitlines()
    assert first.startswith("netmend: ") and says in first
    assert hint in " ".join(rest)
    assert done.stdout == ""
    assert sorted(path.name for path in home.iterdir()) == ["data.csv", "train.py"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["{train}", "--seeds", "2"],
        ["{train}", "--nonsense"],
        ["{train}", "--goal", "high"],
        ["{train}", "--timeout", "0"],
        ["{train}", "--timeout", "inf"],
        ["{train}", "--memory", "nan"],
        ["{train}", "--seeds", "1001"],
        [],
    ],
)
def test_wrong_options_are_refused_with_a_way_to_help(cli, tmp_path, arguments):
    train = script(tmp_path)
    done = cli("repair", *[argument.format(train=train) for argument in arguments])
    assert done.status == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_in_use_is_left_alone(cli, tmp_path):
    train = script(tmp_path)
    with Ledger(tmp_path / "out" / "study") as ledger:
        done = cli("repair", train, "--out", tmp_path / "out")
        assert not ledger.records
    assert done.status == 4
    assert f"the study is in use by process {os.getpid()}" in done.stderr
    assert "use --out DIR" in done.stderr


@pytest.fixture
def begun(cli, tmp_path):
    """A study that ended at once, because its program crashes."""
    train = script(tmp_path)
    done = cli("repair", train, "--out", tmp_path / "out", "--goal", "0.5")
    assert done.status == 5, done.stderr
    return train


def test_a_study_is_not_begun_twice(cli, tmp_path, begun):
    done = cli("repair", begun, "--out", tmp_path / "out", "--goal", "0.5")
    assert done.status == 2
    assert "there is a study in this folder already" in done.stderr
    assert "--resume" in done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (["--goal", "0.6"], "goal changed"),
        (["--goal", "0.5", "--metric", "f1"], "metric changed"),
        (["--goal", "0.5", "--seeds", "4", "--seed", "1"], "runs, seed changed"),
        (["--goal", "0.5", "--timeout", "9"], "timeout changed"),
        (["--goal", "0.5", "--", "--lr", "1"], "arguments changed"),
    ],
)
def test_a_study_is_not_resumed_with_other_options(cli, tmp_path, begun, change, named):
    done = cli("repair", begun, "--out", tmp_path / "out", "--resume", *change)
    assert done.status == 2
    assert f"the study cannot be continued: {named} since it began" in done.stderr


def test_a_study_is_not_resumed_with_a_changed_program(cli, tmp_path, begun):
    begun.write_text("print('better now')\n")
    done = cli("repair", begun, "--out", tmp_path / "out", "--resume", "--goal", "0.5")
    assert done.status == 2
    assert "program changed since it began" in done.stderr


def test_a_study_is_resumed_with_another_budget(cli, tmp_path, begun):
    done = cli("repair", begun, "--out", tmp_path / "out", "--resume", "--goal", "0.5", "--budget", "7x")
    assert done.status == 5
    assert "the program crashed: ValueError: no data" in done.stderr


def test_unreadable_metric_lists_do_not_hide_the_name(tmp_path):
    with pytest.raises(UsageError, match="nonsense"):
        subject(script(tmp_path), None, **options(metric="nonsense"))
