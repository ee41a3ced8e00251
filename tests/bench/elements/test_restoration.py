import csv

from bench.elements import restoration as measuring
from bench.elements.holes import Frequency
from netmend.corpus.records import read
from netmend.repairs.program.infill import counts


def test_scorers_are_compared_on_the_validation_share(corpus, tmp_path, monkeypatch, capsys):
    known = counts.fit(((each.family, each.sequence) for each in read(corpus, "train")), {})
    frequency = Frequency.of(each.sequence for each in read(corpus, "train"))
    monkeypatch.setattr(measuring, "scorers", lambda corpus: {"frequency": frequency, "counts": known})
    monkeypatch.setattr(measuring, "path_of", lambda share: tmp_path / "restoration.csv")
    measuring.restoration(corpus)
    rows = list(csv.DictReader((tmp_path / "restoration.csv").open()))
    found = {(row["scorer"], row["framework"], row["kind"]): row for row in rows}
    assert found["counts", "all", "loss"]["top-1"] == "1.000", "the output tells the loss"
    assert found["frequency", "all", "loss"]["top-1"] == "0.500"
    assert found["counts", "all", "optimiser"]["holes"] == "4", "what no vocabulary has is no hole"
    assert ("counts", "torch", "macro") not in found
    assert found["counts", "all", "macro"]["top-1 95 %"]
    assert 0 <= float(found["counts", "all", "loss"]["calibration-error"]) <= 1
    said = capsys.readouterr().out
    assert "over 6 families" in said
    assert "keras macro" in said
