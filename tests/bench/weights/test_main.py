import json

import pytest

from bench.architecture.results import read
from bench.weights import __main__ as benchmark
from bench.weights import publish
from bench.weights.plan import Only

WORDS = ["method=linearise-solve-verify,fine-tune", "norm=l2,-", "heuristic=last,gradient,analyses", "size=1,2"]
pytestmark = pytest.mark.torch


def rows(folder, what):
    return read(folder / f"small-{what}.csv")


def test_a_run_measures_every_cell_once_and_goes_on_where_it_ended(tiny, tmp_path):

    def run(words):
        benchmark.run({"tiny": tiny}, Only(words), "1/1", 1, 60.0, tmp_path)

    run([*WORDS, "size=1"])
    run([*WORDS[:-1], "size=1"])
    assert {row["size"] for row in rows(tmp_path, "repairs")} == {"1", "2"}
    first = rows(tmp_path, "repairs")
    assert [(row["method"], row["layer"]) for row in first if row["size"] == "1"] == [
        ("linearise-solve-verify", "0"), ("linearise-solve-verify", "1"), ("fine-tune", "all")
    ]  # fmt: skip
    assert [(row["heuristic"], row["order"]) for row in rows(tmp_path, "choices") if row["heuristic"] == "last"] == [
        ("last", "1 0"), ("last", "1 0")
    ]  # fmt: skip
    looks = [(row["size"], json.loads(row["numbers"])["size: points"]) for row in rows(tmp_path, "analyses")]
    assert looks == [("1", 1), ("2", 2)]
    assert all(row["machine"] and "netmend" in row["versions"] and row["date"] for row in first)
    run(WORDS)
    assert rows(tmp_path, "repairs") == first


def test_a_pool_that_is_too_small_and_a_file_that_is_not_there_are_named(tiny, tmp_path, capsys):
    from dataclasses import replace

    subjects = {"tiny": tiny, "lost": replace(tiny, name="lost", files=("no/such.onnx",))}
    benchmark.run(subjects, Only(["size=99"]), "1/1", 1, 60.0, tmp_path)
    said = capsys.readouterr().out
    assert "lost: left out, no/such.onnx is not here" in said
    assert "left out, 99 points are asked for and the pool has 10" in said
    assert not rows(tmp_path, "repairs")


def test_tables_and_figures_come_from_the_rows_alone(tiny, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    benchmark.run({"tiny": tiny}, Only(WORDS), "1/1", 1, 60.0, tmp_path)
    publish.publish("small", tmp_path)
    text = (tmp_path / "small.md").read_text()
    assert "| tiny | flipped | 2 | fine-tune | - | all | 1/1 |" in text and "brute-force" in text
    assert {path.name for path in tmp_path.glob("*.svg")} == {
        f"small-tiny-{what}.svg" for what in ("depth", "drawdown", "seconds")
    }
    publish.publish("nothing", tmp_path)
    assert not (tmp_path / "nothing.md").exists()
