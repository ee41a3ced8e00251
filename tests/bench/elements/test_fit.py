from bench.elements import fit as fitting
from netmend.corpus.records import read
from netmend.repairs.program.infill import counts, neighbours


def test_the_training_share_is_counted_with_strengths_chosen_on_families_left_out(
    corpus, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(counts, "SHIPPED", tmp_path / "counts.json")
    monkeypatch.setattr(neighbours, "SHIPPED", tmp_path / "neighbours.safetensors")
    fitting.fit(corpus)
    assert len(neighbours.read(tmp_path / "neighbours.safetensors").loudness) == 24
    found = counts.read(tmp_path / "counts.json")
    assert found.models == 24
    assert found.tables["optimiser"]["written"][0][""]["adam"] == 16
    assert set(found.strengths) == {"layer", "activation", "optimiser", "loss", "epochs"}
    assert found.strengths["loss"] == min(fitting.STRENGTHS), "the output tells the loss: what is particular counts"
    assert set(found.strengths.values()) <= set(fitting.STRENGTHS)
    assert "24 models" in capsys.readouterr().out


def test_parts_depend_on_the_family_alone(corpus):
    families = [each.family for each in read(corpus)]
    parts = [fitting._part(family) for family in families]
    assert parts == [fitting._part(family) for family in families]
    assert 0 in parts
    assert len(set(parts)) == fitting.PARTS
