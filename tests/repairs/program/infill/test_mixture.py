import json

import numpy as np
import pytest

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.repairs.program.infill import counts, encoder, mixture, neighbours
from netmend.repairs.program.infill.mixture import Mixture, pooled

SEQUENCE = Sequence("keras", (Token("loss", "huber"), Token("units", "8")), ("", ""))


class Says:
    """A scorer that always says the same."""

    def __init__(self, seed):
        self.seed = seed

    def log_probabilities(self, sequence, position, candidates):
        values = KINDS[sequence.tokens[position].kind].tokens
        chances = np.random.default_rng(self.seed).dirichlet(np.ones(len(values)))
        return np.log([chances[values.index(each)] for each in candidates])


def test_chances_go_like_the_product_of_powers():
    values = KINDS["loss"].tokens
    mixed = Mixture((Says(1), Says(2)), {"loss": (0.5, 2.0)})
    product = [
        np.exp(Says(1).log_probabilities(SEQUENCE, 0, [value])[0]) ** 0.5
        * np.exp(Says(2).log_probabilities(SEQUENCE, 0, [value])[0]) ** 2
        for value in values
    ]
    found = np.exp(mixed.log_probabilities(SEQUENCE, 0, values))
    assert found == pytest.approx(np.array(product) / sum(product))
    assert mixed.log_probabilities(SEQUENCE, 0, ["mean_squared_error"])[0] == pytest.approx(
        np.log(found[values.index("mean_squared_error")])
    )


def test_a_kind_without_powers_is_the_first_scorer_s():
    values = KINDS["units"].tokens
    mixed = Mixture((Says(1), Says(2)), {"loss": (0.5, 2.0)})
    expected = Says(1).log_probabilities(SEQUENCE, 1, values)
    assert mixed.log_probabilities(SEQUENCE, 1, values) == pytest.approx(expected)


def test_a_single_power_is_a_temperature():
    chances = np.log([0.6, 0.3, 0.1])
    assert np.exp(pooled([chances], [1.0])) == pytest.approx([0.6, 0.3, 0.1])
    colder = np.exp(pooled([chances], [2.0]))
    assert colder == pytest.approx(np.square([0.6, 0.3, 0.1]) / np.square([0.6, 0.3, 0.1]).sum())


def test_the_one_that_comes_with_the_package_mixes_all_three_for_every_kind_of_element():
    found = mixture.read()
    opened = [encoder.read(None), counts.read(None), neighbours.read(None)]
    assert all(one is other for one, other in zip(found.scorers, opened, strict=True))
    assert set(found.powers) == set(ELEMENTS)
    assert all(len(each) == 3 and min(each) >= 0 for each in found.powers.values())


@pytest.mark.parametrize("content", ["{", '{"format": 0}', json.dumps({"format": 1, "powers": {"loss": "x"}})])
def test_a_file_without_powers_is_refused(content, tmp_path):
    (tmp_path / "m.json").write_text(content)
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        mixture.read(tmp_path / "m.json")
