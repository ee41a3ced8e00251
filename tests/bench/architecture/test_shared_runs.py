from bench.architecture.shared_runs import SharedRuns
from netmend.core.ledger import Ledger


def study(folder, *keys):
    with Ledger(folder) as ledger:
        ledger.append("study", {"proposer": "auto"})
        for key in keys:
            (folder / "runs" / key).mkdir(parents=True)
            (folder / "runs" / key / "events.jsonl").write_text(f"events of {key}")
            ledger.append("run", {"key": key, "result": f"runs/{key}", "wall": 3.0})
    return folder


def runs(folder):
    with Ledger(folder) as ledger:
        return {record.data["key"] for record in ledger.of_kind("run")}, {record.kind for record in ledger.records}


def test_runs_of_one_study_are_lent_to_the_next_and_nothing_else_of_it(tmp_path):
    shared = SharedRuns(tmp_path / "shared")
    shared.take_back(study(tmp_path / "one", "a", "b"))
    shared.lend(tmp_path / "two")
    assert runs(tmp_path / "two") == ({"a", "b"}, {"run"})
    assert (tmp_path / "two" / "runs" / "a" / "events.jsonl").read_text() == "events of a"


def test_a_run_is_kept_once(tmp_path):
    shared = SharedRuns(tmp_path / "shared")
    shared.take_back(study(tmp_path / "one", "a"))
    shared.take_back(study(tmp_path / "two", "a", "b"))
    assert runs(tmp_path / "shared")[0] == {"a", "b"}


def test_a_run_whose_results_are_gone_is_not_lent(tmp_path):
    folder = study(tmp_path / "one", "a")
    (folder / "runs" / "a" / "events.jsonl").unlink()
    (folder / "runs" / "a").rmdir()
    SharedRuns(tmp_path / "shared").take_back(folder)
    assert runs(tmp_path / "shared")[0] == set()


def test_the_first_technique_finds_nothing(tmp_path):
    SharedRuns(tmp_path / "shared").lend(tmp_path / "one")
    assert not (tmp_path / "one").exists()
