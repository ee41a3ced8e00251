import csv

import numpy as np
import pytest

from bench.elements import faults as measuring
from bench.elements.faults import MEASURES, interval, rows_of
from bench.elements.injected import Found
from netmend.corpus.records import Example, read, write
from netmend.repairs.program.infill import counts

SAID = [
    Found(kind, f"f{number % 7}", 8, 1 + number % 5, 1 + number % 25)
    for number in range(100)
    for kind in ("loss", "epochs")
]


def test_a_row_says_of_a_kind_how_often_its_faults_were_found_and_mended():
    rows = {row["kind"]: row for row in rows_of("counts", SAID)}
    assert list(rows) == ["loss", "epochs", "all"]
    assert rows["loss"]["faults"] == "100"
    assert rows["all"]["element-1"] == "0.200"
    assert rows["all"]["element-3"] == "0.600"
    assert (rows["all"]["fix-1"], rows["all"]["fix-10"], rows["all"]["fix-20"]) == ("0.040", "0.400", "0.800")


def test_the_interval_is_that_of_shares_over_families_drawn_anew():
    measure = MEASURES["fix-10"]
    found = interval(SAID, measure, draws=300)
    draw = np.random.default_rng(0)
    families = sorted({each.family for each in SAID})
    slow = []
    for drawn in draw.integers(len(families), size=(300, len(families))):
        again = [each for number in drawn for each in SAID if each.family == families[number]]
        slow.append(np.mean([measure(each) for each in again]))
    assert found == pytest.approx(tuple(np.percentile(slow, [2.5, 97.5])))


def test_scorers_are_compared_on_the_faults_of_a_share(corpus, tmp_path, monkeypatch, capsys):
    longer = [
        Example(each.repository, "c", "MIT", each.family, each.path, _twice(each.sequence), each.share)
        for each in read(corpus)
    ]
    write(longer, tmp_path / "longer.jsonl")
    known = counts.fit(((each.family, each.sequence) for each in longer if each.share == "train"), {})
    monkeypatch.setattr(measuring, "scorers", lambda corpus: {"counts": known})
    monkeypatch.setattr(measuring, "path_of", lambda share: tmp_path / f"{share}.csv")
    measuring.faults(tmp_path / "longer.jsonl")
    rows = list(csv.DictReader((tmp_path / "validation.csv").open()))
    assert rows[-1]["kind"] == "all"
    assert int(rows[-1]["faults"]) > 4
    assert "7 faults in programs of 4 families" in capsys.readouterr().out


def _twice(sequence):
    """The layer twice, so that there are elements enough."""
    return type(sequence)("keras", sequence.tokens[:3] + sequence.tokens, ("hidden",) * 3 + sequence.roles)
