import json

import numpy as np
import pytest

from bench.elements import mix as mixing
from bench.elements.mix import powers
from netmend.corpus.records import read
from netmend.repairs.program.infill import counts, mixture
from netmend.repairs.program.infill.mixture import pooled

RANDOM = np.random.default_rng(0)
RIGHT = RANDOM.integers(5, size=600).tolist()


def says(strength, seed):
    """What somebody says who is right the more often, the stronger; shape (600, 5)."""
    logits = np.random.default_rng(seed).normal(size=(600, 5))
    logits[np.arange(600), RIGHT] += strength
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def test_who_knows_more_has_the_greater_power():
    knows, guesses = says(2.0, 1), says(0.0, 2)
    found = powers(np.stack([knows, guesses], 1), RIGHT)
    assert found[0] > 0.8
    assert found[1] < 0.2


def test_no_other_powers_make_what_is_right_likelier():
    said = np.stack([says(1.0, 3), says(0.7, 4)], 1)

    def likely(tried):
        return pooled(list(said.swapaxes(0, 1)), tried)[np.arange(600), RIGHT].sum()

    best = powers(said, RIGHT)
    grid = np.linspace(0, 2, 21)
    assert likely(best) >= max(likely((a, b)) for a in grid for b in grid) - 2, "but for the pull to equal shares"


def test_who_is_too_sure_is_cooled():
    assert powers(3 * says(1.0, 5)[:, None], RIGHT)[0] < 0.6


def test_the_powers_of_all_kinds_are_written(corpus, tmp_path, monkeypatch, capsys):
    known = counts.fit(((each.family, each.sequence) for each in read(corpus, "train")), {})
    monkeypatch.setattr(mixture, "experts", lambda: (known, known))
    monkeypatch.setattr(mixture, "SHIPPED", tmp_path / "mixture.json")
    mixing.mix(corpus)
    found = json.loads((tmp_path / "mixture.json").read_text())["powers"]
    assert set(found) == {"layer", "activation", "optimiser", "loss", "epochs"}
    assert all(one == pytest.approx(other, abs=0.01) for one, other in found.values()), "of equals each counts as much"
    assert "loss: powers" in capsys.readouterr().out
