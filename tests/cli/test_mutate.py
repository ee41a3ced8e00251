"""`netmend mutate` as a user runs it."""

import csv
import json

import pytest

from netmend.mutation import study as studies
from netmend.mutation.generate import operators_named
from netmend.program.source import Program


@pytest.fixture
def correct(home):
    """The tiny program with a learning rate that works."""
    path = home / "train.py"
    path.write_text(path.read_text().replace("lr=1e-6", "lr=0.5"))
    return home


def test_without_runs_every_mutant_is_written(cli, correct, tmp_path):
    done = cli("mutate", correct / "train.py", "--no-runs", "--out", tmp_path / "out", "--operators", "hlr, WRB")
    assert (done.status, done.stderr) == (0, "")
    page = json.loads((tmp_path / "out" / "mutants.json").read_text())
    assert [mutant["acronym"] for mutant in page["mutants"]] == ["HLR"] * 4 + ["WRB"] * 2
    assert {mutant["status"] for mutant in page["mutants"]} == {"not-run"}
    for mutant in page["mutants"]:
        Program.read(tmp_path / "out" / mutant["folder"] / "train.py")
    assert "HLR  decrease-learning-rate         4 not run" in done.stdout and str(tmp_path / "out") in done.stdout
    assert [path.name for path in correct.iterdir()] == ["train.py"]


def test_all_operators_are_named_once_in_the_summary(cli, correct, tmp_path):
    done = cli("mutate", correct / "train.py", "--no-runs", "--out", tmp_path / "out")
    assert done.status == 0
    acronyms = [operator.acronym for operator in operators_named().values()]
    words = done.stdout.replace(",", " ").replace(":", " ").split()
    assert [acronym for acronym in acronyms if acronym not in words] == []
    assert "not applicable: " in done.stdout


def test_an_unknown_operator_is_wrong_use(cli, correct, tmp_path):
    done = cli("mutate", correct / "train.py", "--operators", "XYZ", "--out", tmp_path / "out")
    assert done.status == 2
    assert "no mutation operator called 'XYZ'" in done.stderr and "HLR" in done.stderr
    assert not (tmp_path / "out").exists()


def test_too_few_runs_are_wrong_use(cli, correct):
    assert cli("mutate", correct / "train.py", "--seeds", "3").status == 2


def test_an_interruption_before_the_first_mutant_says_how_to_go_on(cli, correct, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(studies, "kill", interrupted)
    done = cli("mutate", correct / "train.py", "--out", tmp_path / "out")
    assert done.status == 130
    assert f"continue with: netmend mutate {correct}/train.py --out {tmp_path}/out --resume" in done.stderr


@pytest.mark.torch
def test_mutants_are_made_run_and_reported_and_a_resumed_study_makes_no_run_again(netmend, correct, tmp_path):
    pytest.importorskip("torch")
    counter, out = tmp_path / "counter", tmp_path / "out"
    command = ["mutate", "train.py", "--operators", "ARM,LCH,WRB", "--seeds", "4", "--out", out]
    done = netmend(*command, "--json", "--budget", "10runs", cwd=correct, COUNTER=str(counter))
    assert done.status == 0, done.stderr
    page = json.loads(done.stdout)
    assert page == json.loads((out / "mutants.json").read_text())
    assert page["ended"].startswith("the budget is spent") and "watching 4 runs" in done.stderr
    assert page["runs"] == len(counter.read_text().splitlines())
    counted = {mutant["status"] for mutant in page["mutants"]}
    assert "not-run" in counted and counted & {"killed", "survived", "does-not-train"}
    made = page["runs"]
    again = netmend(*command, "--budget", "10runs", "--resume", cwd=correct, COUNTER=str(counter))
    assert again.status == 0, again.stderr
    assert len(counter.read_text().splitlines()) == made
    assert json.loads((out / "mutants.json").read_text())["mutants"] == page["mutants"]
    with (out / "mutants.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["mutant"] for row in rows] == [mutant["name"] for mutant in page["mutants"]]
    assert "train.py: accuracy" in again.stdout and "mutants.csv" in again.stdout
