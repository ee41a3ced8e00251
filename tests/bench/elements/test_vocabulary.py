from bench.elements.vocabulary import vocabulary


def test_what_is_written_and_not_in_the_vocabulary_is_not_covered(corpus, capsys):
    vocabulary(corpus)
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()[1:]}
    assert rows["optimiser"][:3] == ["30", "66.7%", "0.0%"]
    assert rows["epochs"][:2] == ["30", "100.0%"]
    assert "learning-rate" not in rows, "none is written"
